// Files that a user dropped or picked, as the readers see them. Nothing is loaded whole: a worker can read a Blob's ranges synchronously.
import type { ByteSource, Location } from '@spikebridge/model';
import { SpikebridgeError } from '@spikebridge/model';
import { blockSource } from './block-cache.ts';

/** One file of a drop; `path` is relative to what was dropped, parts joined by '/'. */
export interface PickedFile {
  readonly path: string;
  readonly file: File;
}

/** @throws E_FILE_ACCESS where the file changed or went away since it was picked */
export function fileSource(file: File): ByteSource {
  const reader = new FileReaderSync();
  return blockSource({
    name: file.name,
    size: file.size,
    fetch(offset, length) {
      try {
        return new Uint8Array(reader.readAsArrayBuffer(file.slice(offset, offset + length)));
      } catch (cause) {
        throw new SpikebridgeError('E_FILE_ACCESS', 'the browser can no longer read this file', {
          where: file.name,
          fix: 'it was moved, changed or unplugged since it was picked: pick it again',
          cause,
        });
      }
    },
  });
}

/**
 * The place that a drop names: a folder, or the first file, with the files beside it at hand.
 * @throws E_FILE_MISSING for an empty drop
 */
export function fileLocation(files: readonly PickedFile[]): Location {
  if (files.length === 0)
    throw new SpikebridgeError('E_FILE_MISSING', 'nothing that can be read was dropped', {
      fix: 'drop a file, or a folder of a spike sorter',
    });
  const [first] = files;
  const top = first.path.includes('/') ? first.path.slice(0, first.path.indexOf('/')) : null;
  if (top === null) return alone(first.file, new Map(files.map(({ path, file }) => [path, file])));
  // One level, as readers want it: a spike sorter's output lies in the folder that was dropped.
  const inside = new Map(
    files.flatMap(({ path, file }) => {
      const name = path.slice(top.length + 1);
      return name.includes('/') ? [] : [[name, file] as const];
    }),
  );
  return {
    name: top,
    kind: 'folder',
    list: () => [...inside.keys()].sort(),
    open: (name) => fileSource(named(inside, name ?? top)),
  };
}

const alone = (file: File, beside: ReadonlyMap<string, File>): Location => ({
  name: file.name,
  kind: 'file',
  list: () => [],
  open: () => fileSource(file),
  sibling: (name) => {
    const other = beside.get(name);
    return other === undefined ? undefined : fileSource(other);
  },
});

function named(files: ReadonlyMap<string, File>, name: string): File {
  const file = files.get(name);
  if (file === undefined)
    throw new SpikebridgeError('E_FILE_MISSING', 'there is no such file in the folder', { where: name });
  return file;
}
