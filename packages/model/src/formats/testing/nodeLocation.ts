// Locations over the local disk and over bytes in memory, for tests only: hosts bring their own.
import { closeSync, existsSync, fstatSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { memorySource } from '../bytes.ts';
import type { ByteSource, Location } from '../types.ts';

/** Opens a local file by descriptor and reads ranges of it. */
export function nodeSource(path: string): ByteSource {
  const descriptor = openSync(path, 'r');
  const size = fstatSync(descriptor).size;
  let open = true;
  return {
    name: basename(path),
    size,
    read(offset, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      let filled = 0;
      while (filled < bytes.length) {
        const got = readSync(descriptor, bytes, filled, bytes.length - filled, offset + filled);
        if (got === 0) break;
        filled += got;
      }
      return bytes.subarray(0, filled);
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

/** A local file or folder. */
export function nodeLocation(path: string): Location {
  const folder = statSync(path).isDirectory();
  return {
    name: basename(path),
    kind: folder ? 'folder' : 'file',
    list: () =>
      folder
        ? readdirSync(path, { withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => entry.name)
            .sort()
        : [],
    open: (name) => nodeSource(name === undefined ? path : join(path, name)),
    sibling: (name) => {
      const beside = join(dirname(path), name);
      return folder || !existsSync(beside) ? undefined : nodeSource(beside);
    },
  };
}

/** A file in memory. */
export function memoryFile(name: string, bytes: Uint8Array): Location {
  return { name, kind: 'file', list: () => [], open: () => memorySource(name, bytes) };
}

/** A folder in memory. */
export function memoryFolder(name: string, files: Readonly<Record<string, Uint8Array | string>>): Location {
  return {
    name,
    kind: 'folder',
    list: () => Object.keys(files).sort(),
    open: (file) => {
      const content = file === undefined ? undefined : files[file];
      if (file === undefined || content === undefined) throw new Error(`no ${file ?? 'file'} in ${name}`);
      return memorySource(file, typeof content === 'string' ? new TextEncoder().encode(content) : content);
    },
  };
}

/** Folder with the real recordings (`spikes/` of docs/data.md), or undefined where it is absent. */
export function realSpikes(): string | undefined {
  const root = process.env['SPIKEBRIDGE_DATA'] ?? join(import.meta.dirname, '../../../../../data');
  const spikes = join(root, 'spikes');
  return existsSync(spikes) ? spikes : undefined;
}
