// HDF5 bytes for tests, written by h5wasm into its memory file system and read back as a buffer.
import h5wasm from 'h5wasm';
import type { File } from 'h5wasm';

let serial = 0;

/** Bytes of an HDF5 file filled by `build`. */
export async function hdf5Bytes(build: (file: File) => void): Promise<Uint8Array> {
  const { FS } = await h5wasm.ready;
  const path = `/scratch-${serial++}.h5`;
  const file = new h5wasm.File(path, 'w');
  build(file);
  file.flush();
  file.close();
  const bytes = FS.readFile(path);
  FS.unlink(path);
  return bytes.slice();
}

/** A compound table of 64-bit integers, 32-bit integers or doubles, column by column. */
export function table(
  file: File,
  path: string,
  columns: Readonly<Record<string, Float64Array | Int32Array | BigInt64Array>>,
): void {
  const data = new Map<string, Float64Array | Int32Array | BigInt64Array>(Object.entries(columns));
  file.create_dataset({ name: path, data });
}

/** Creates all groups of a path. */
export function groups(file: File, path: string): void {
  let at = '';
  for (const name of path.split('/').filter((n) => n !== '')) {
    at += `/${name}`;
    if (file.get(at) === null) file.create_group(at.slice(1));
  }
}
