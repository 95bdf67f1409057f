// Writing npy and npz: whole arrays, or (bins, units) outputs row by row without ever holding all of them.
import { zipSync } from 'fflate';
import { SpikebridgeError } from '../errors.ts';

/** Array types that are written; the descr is NumPy's. */
export type NpyWritable =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | BigInt64Array;
/** NumPy type codes of the arrays above. */
export type NpyDescr = '<f8' | '<f4' | '<i4' | '<u4' | '<u2' | '|i1' | '|u1' | '<i8';

const ITEM: Readonly<Record<NpyDescr, number>> = {
  '<f8': 8,
  '<f4': 4,
  '<i4': 4,
  '<u4': 4,
  '<u2': 2,
  '|i1': 1,
  '|u1': 1,
  '<i8': 8,
};

/** npy header (version 1), padded to a multiple of 64 bytes as NumPy does, so that the data can be mapped. */
export function npyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const total = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const bytes = new Uint8Array(total).fill(0x20);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (total - 10) & 255, (total - 10) >> 8]);
  for (let i = 0; i < dict.length; i++) bytes[10 + i] = dict.charCodeAt(i);
  bytes[total - 1] = 0x0a;
  return bytes;
}

/** A whole array as npy bytes. The length must be the product of the shape. @throws E_NPY_ROWS. */
export function encodeNpy(data: NpyWritable, shape: readonly number[] = [data.length]): Uint8Array {
  const count = shape.reduce((a, b) => a * b, 1);
  if (count !== data.length) {
    throw new SpikebridgeError(
      'E_NPY_ROWS',
      `An array of ${data.length} numbers has no shape (${shape.join(', ')}).`,
    );
  }
  return concat(npyHeader(descrOf(data), shape), bytesOf(data));
}

/** Fixed-width text (NumPy '<U'). */
export function encodeNpyText(text: readonly string[]): Uint8Array {
  // Loops, not spreads: one label a spike makes these lists far longer than an argument list may be.
  let width = 1;
  for (const t of text) width = Math.max(width, Array.from(t).length);
  const codes = new Uint32Array(text.length * width);
  text.forEach((t, i) => {
    let at = i * width;
    for (const letter of t) codes[at++] = letter.codePointAt(0) ?? 0;
  });
  return concat(npyHeader(`<U${width}`, [text.length]), bytesOf(codes));
}

/** Several npy files as one npz. Deflated unless `stored`. */
export function encodeNpz(arrays: Readonly<Record<string, Uint8Array>>, stored = false): Uint8Array {
  const files = Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes] as const);
  // A fixed date keeps equal content equal, byte for byte.
  return zipSync(Object.fromEntries(files), { level: stored ? 0 : 6, mtime: new Date(1980, 0, 1) });
}

/** Streams rows of a (rows, columns) array to `append`: the header first, rows as they come, a check at the end. */
export class NpyRowWriter {
  readonly #append: (bytes: Uint8Array) => void;
  readonly #descr: NpyDescr;
  readonly #rows: number;
  readonly #columns: number;
  #written = 0;

  constructor(append: (bytes: Uint8Array) => void, descr: NpyDescr, rows: number, columns: number) {
    this.#append = append;
    this.#descr = descr;
    this.#rows = rows;
    this.#columns = columns;
    append(npyHeader(descr, [rows, columns]));
  }

  /** Bytes of the whole file. */
  get totalBytes(): number {
    return (
      npyHeader(this.#descr, [this.#rows, this.#columns]).length +
      this.#rows * this.#columns * ITEM[this.#descr]
    );
  }

  /** Appends whole rows. The bytes given to `append` are a view: they must be written before the call returns. @throws E_NPY_ROWS. */
  write(rows: NpyWritable): void {
    if (descrOf(rows) !== this.#descr || rows.length % this.#columns !== 0) {
      throw new SpikebridgeError(
        'E_NPY_ROWS',
        `Rows of ${this.#columns} numbers of type ${this.#descr} were announced; received ${rows.length} of ${descrOf(rows)}.`,
      );
    }
    this.#written += rows.length / this.#columns;
    if (this.#written > this.#rows) throw this.#wrongCount();
    this.#append(bytesOf(rows));
  }

  /** Call when all rows are written. @throws E_NPY_ROWS where some are missing. */
  finish(): void {
    if (this.#written !== this.#rows) throw this.#wrongCount();
  }

  #wrongCount(): SpikebridgeError {
    return new SpikebridgeError(
      'E_NPY_ROWS',
      `${this.#rows} rows were announced, ${this.#written} were written.`,
    );
  }
}

function descrOf(data: NpyWritable): NpyDescr {
  if (data instanceof Float64Array) return '<f8';
  if (data instanceof Float32Array) return '<f4';
  if (data instanceof Int32Array) return '<i4';
  if (data instanceof Uint32Array) return '<u4';
  if (data instanceof Uint16Array) return '<u2';
  if (data instanceof Int8Array) return '|i1';
  if (data instanceof BigInt64Array) return '<i8';
  return '|u1';
}

function bytesOf(data: NpyWritable): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function concat(head: Uint8Array, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(head.length + body.length);
  out.set(head);
  out.set(body, head.length);
  return out;
}
