// Streams one array to a .npy file (NumPy format version 1.0), rows as they come, whole or not at all.
import type { PendingFile } from './files.ts';
import { pendingFile } from './files.ts';

export type NpyType = '|u1' | '<u4' | '<f4' | '<f8';

/** Header of a C-ordered array; the data starts at a multiple of 64 bytes, as the format asks. */
export function npyHeader(type: NpyType, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${String(shape[0])},)` : `(${shape.join(', ')})`;
  const dict = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const padded = `${dict.padEnd(Math.ceil((dict.length + 11) / 64) * 64 - 11)}\n`;
  const text = new TextEncoder().encode(padded);
  const header = new Uint8Array(10 + text.length);
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8]);
  header.set(text, 10);
  return header;
}

/** A .npy file of known shape (bins, units) being written; `finish` checks that every row came. */
export class NpyWriter {
  readonly #file: PendingFile;
  readonly #expected: number;
  #written = 0;

  constructor(path: string, type: NpyType, shape: readonly number[]) {
    this.#file = pendingFile(path);
    this.#expected = shape.reduce((product, extent) => product * extent, Number(type.slice(2)));
    this.#file.write(npyHeader(type, shape));
  }

  /** Appends values in C order; hosts are little-endian, as every platform Node and Deno run on. */
  write(values: Uint8Array | Uint32Array | Float32Array | Float64Array): void {
    this.#file.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    this.#written += values.byteLength;
  }

  finish(): void {
    if (this.#written !== this.#expected) {
      this.#file.abandon();
      throw new Error(`array holds ${this.#written} bytes, its shape says ${this.#expected}`);
    }
    this.#file.finish();
  }

  abandon(): void {
    this.#file.abandon();
  }
}
