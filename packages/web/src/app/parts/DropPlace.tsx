// Where files and folders come in: dropped, or picked.
import { useState } from 'react';
import type { DragEvent, ReactNode } from 'react';
import { droppedFiles } from '../../host/dropped.ts';
import type { PickedFile } from '../../host/file-location.ts';
import { watched } from '../state/faults.ts';
import { FileButton } from './FileButton.tsx';

interface Props {
  readonly label: string;
  readonly onFiles: (files: readonly PickedFile[]) => Promise<unknown>;
  /** What may be dropped, in words. */
  readonly says: ReactNode;
  /** Beside the two buttons. */
  readonly more?: ReactNode;
  /** Below them. */
  readonly children?: ReactNode;
}

export function DropPlace({ label, onFiles, says, more, children }: Props) {
  const [over, setOver] = useState(false);
  const take = (files: readonly PickedFile[]): void => watched(onFiles(files));
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    watched(droppedFiles(event.dataTransfer.items).then(onFiles));
  };
  return (
    <section
      aria-label={label}
      className={over ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <p>{says}</p>
      <div className="row">
        <FileButton label="Files ..." pick="several" onFiles={take} />
        <FileButton label="Folder ..." pick="folder" onFiles={take} />
        {more}
      </div>
      {children}
    </section>
  );
}
