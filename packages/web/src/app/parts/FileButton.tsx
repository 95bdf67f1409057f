// A button that opens the browser's dialogue for files.
import { pickedFiles } from '../../host/dropped.ts';
import type { PickedFile } from '../../host/file-location.ts';

interface Props {
  readonly label: string;
  readonly onFiles: (files: readonly PickedFile[]) => void;
  /** One file of these types, several files, or a folder with all that is in it. */
  readonly pick: 'several' | 'folder' | { readonly accept: string };
}

export function FileButton({ label, onFiles, pick }: Props) {
  const kind =
    pick === 'several'
      ? { multiple: true }
      : pick === 'folder'
        ? { webkitdirectory: '' }
        : { accept: pick.accept };
  return (
    <label className="button">
      {label}
      <input
        type="file"
        {...kind}
        onChange={({ target }) => {
          if (target.files !== null && target.files.length > 0) onFiles(pickedFiles(target.files));
          // The same file may be picked again.
          target.value = '';
        }}
      />
    </label>
  );
}
