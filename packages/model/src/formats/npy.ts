// NumPy arrays: npy versions 1 to 3, any byte order, C or Fortran order, numbers, text and flat structured types; never pickles.
// Layout: numpy/lib/format.py. Reading is by blocks, so that a file is never in memory twice.
import { SpikebridgeError } from '../errors.ts';
import { MAX_EXACT, hasAscii, readExact, readHead, truncated, viewOf } from './bytes.ts';
import type { PythonValue } from './pythonLiteral.ts';
import { pythonLiteral } from './pythonLiteral.ts';
import type { ByteSource } from './types.ts';

/** One scalar type of a file: `kind` as NumPy writes it (b i u f S U), size in bytes. */
export interface NpyType {
  readonly kind: 'b' | 'i' | 'u' | 'f' | 'S' | 'U';
  readonly bytes: number;
  readonly little: boolean;
  readonly descr: string;
}

/** A field of a structured type. */
export interface NpyField extends NpyType {
  readonly name: string;
  readonly offset: number;
}

/** What the header says. `fields` has one nameless entry for a plain array. */
export interface NpyHeader {
  readonly shape: readonly number[];
  readonly fortran: boolean;
  readonly structured: boolean;
  readonly fields: readonly NpyField[];
  readonly itemBytes: number;
  readonly dataOffset: number;
  /** Product of the shape. */
  readonly count: number;
}

const BLOCK_BYTES = 4 * 1024 * 1024;
const MAX_HEADER = 1024 * 1024;

/** True when the first bytes are those of an npy file. */
export function isNpy(source: ByteSource): boolean {
  const head = readHead(source, 6);
  return head.length === 6 && head[0] === 0x93 && hasAscii(head, 'NUMPY', 1);
}

/**
 * Header of an npy file.
 * @throws E_NPY_HEADER, E_NPY_PICKLED for object arrays, E_NPY_DTYPE for types that are no numbers or text, E_FILE_TRUNCATED.
 */
export function readNpyHeader(source: ByteSource): NpyHeader {
  if (!isNpy(source)) {
    throw headerError(source, source.size === 0 ? 'the file is empty' : 'it does not start like an npy file');
  }
  const head = readExact(source, 0, 10, 'npy header');
  const [major, start] = [head[6], head[6] === 1 ? 10 : 12];
  if (major < 1 || major > 3) throw headerError(source, `version ${major} is unknown`);
  const sizes = viewOf(readExact(source, 8, start - 8, 'npy header'));
  const length = major === 1 ? sizes.getUint16(0, true) : sizes.getUint32(0, true);
  if (length > MAX_HEADER) throw headerError(source, `a header of ${length} bytes is claimed`);
  const bytes = readExact(source, start, length, 'npy header');
  const text = new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(bytes);
  const value = pythonLiteral(text.trim());
  if (value === undefined || value === null || typeof value !== 'object' || !('dict' in value)) {
    throw headerError(source, 'its header is no dictionary');
  }
  const shape = value.dict.get('shape');
  const fortran = value.dict.get('fortran_order');
  if (!isShape(shape) || typeof fortran !== 'boolean')
    throw headerError(source, 'shape or fortran_order is missing');
  const descr = value.dict.get('descr');
  const fields =
    typeof descr === 'string' ? [{ ...typeOf(descr, source), name: '', offset: 0 }] : fieldsOf(descr, source);
  const last = fields[fields.length - 1];
  const itemBytes = last.offset + last.bytes;
  const count = shape.reduce((a, b) => a * b, 1);
  const dataOffset = start + length;
  if (itemBytes === 0 && count > 0) throw dtypeError(source, 'items of no bytes', 'numbers or text');
  if (!(count * itemBytes <= source.size - dataOffset)) {
    throw truncated(
      source.name,
      'npy data',
      `shape (${shape.join(', ')}) needs ${count * itemBytes} bytes, ${source.size - dataOffset} are there`,
    );
  }
  return { shape, fortran, structured: typeof descr !== 'string', fields, itemBytes, dataOffset, count };
}

/**
 * Numbers of a plain array as doubles, in C order.
 * @throws E_NPY_DTYPE for text and structured arrays, E_NUMBER_RANGE for 64-bit integers above 2^53, and what the header throws.
 */
export function readNpyNumbers(source: ByteSource): {
  shape: readonly number[];
  data: Float64Array;
  dtype: NpyType;
} {
  const header = readNpyHeader(source);
  const field = header.fields[0];
  if (header.structured || field.kind === 'S' || field.kind === 'U')
    throw dtypeError(source, describe(header), 'numbers');
  const data = readColumn(source, header, field);
  return { shape: header.shape, data: header.fortran ? toCOrder(data, header.shape) : data, dtype: field };
}

/**
 * A vector: shape (n), (n, 1) or (1, n).
 * @throws E_NPY_SHAPE, E_NPY_DTYPE for a mask of booleans (no time and no index is one), and what readNpyNumbers throws.
 */
export function readNpyVector(source: ByteSource): { data: Float64Array; dtype: NpyType } {
  const { shape, data, dtype } = readNpyNumbers(source);
  if (dtype.kind === 'b') throw dtypeError(source, dtype.descr, 'a column of numbers');
  if (shape.filter((n) => n !== 1).length > 1) {
    throw new SpikebridgeError(
      'E_NPY_SHAPE',
      `The array has shape (${shape.join(', ')}): one column was expected.`,
      {
        where: source.name,
        fix: 'Save a one-dimensional array.',
      },
    );
  }
  return { data, dtype };
}

/** Named columns of a structured array. @throws E_NPY_DTYPE where a column is missing. */
export function readNpyRecords(source: ByteSource, names: readonly string[]): Map<string, Float64Array> {
  const header = readNpyHeader(source);
  return new Map(
    names.map((name) => {
      const field = header.fields.find((f) => f.name === name && f.kind !== 'S' && f.kind !== 'U');
      if (field === undefined) throw dtypeError(source, describe(header), `a numeric field ${name}`);
      return [name, readColumn(source, header, field)];
    }),
  );
}

/** Text of an array of fixed-width strings, or the numbers of a numeric one as text (unit ids come as either). */
export function readNpyLabels(source: ByteSource): string[] {
  const header = readNpyHeader(source);
  const field = header.fields[0];
  if (header.structured) throw dtypeError(source, describe(header), 'labels');
  if (field.kind !== 'S' && field.kind !== 'U') return Array.from(readColumn(source, header, field), String);
  const bytes = readExact(source, header.dataOffset, header.count * header.itemBytes, 'npy data');
  const view = viewOf(bytes);
  return Array.from({ length: header.count }, (_, i) => {
    const at = i * header.itemBytes;
    let text = '';
    for (let b = 0; b < field.bytes; b += field.kind === 'U' ? 4 : 1) {
      const code = field.kind === 'U' ? view.getUint32(at + b, field.little) : bytes[at + b];
      text += String.fromCodePoint(code <= 0x10ffff ? code : 0xfffd);
    }
    return text.replace(/\0+$/, '');
  });
}

function readColumn(source: ByteSource, header: NpyHeader, field: NpyField): Float64Array {
  const out = new Float64Array(header.count);
  const stride = header.itemBytes;
  const rows = Math.max(1, Math.floor(BLOCK_BYTES / Math.max(1, stride)));
  for (let row = 0; row < header.count; row += rows) {
    const here = Math.min(rows, header.count - row);
    const bytes = readExact(source, header.dataOffset + row * stride, here * stride, 'npy data');
    decode(viewOf(bytes), field, stride, here, out.subarray(row, row + here), source.name);
  }
  return out;
}

/** Decodes `count` numbers that stand `stride` bytes apart; shared with compound HDF5 tables. */
export function decode(
  view: DataView,
  type: { kind: NpyType['kind']; bytes: number; little: boolean; offset: number },
  stride: number,
  count: number,
  out: Float64Array,
  file: string,
): void {
  const { kind, bytes, little, offset } = type;
  const key = `${kind}${bytes}`;
  for (let i = 0, at = offset; i < count; i++, at += stride) {
    switch (key) {
      case 'b1':
      case 'u1':
        out[i] = view.getUint8(at);
        break;
      case 'i1':
        out[i] = view.getInt8(at);
        break;
      case 'u2':
        out[i] = view.getUint16(at, little);
        break;
      case 'i2':
        out[i] = view.getInt16(at, little);
        break;
      case 'u4':
        out[i] = view.getUint32(at, little);
        break;
      case 'i4':
        out[i] = view.getInt32(at, little);
        break;
      case 'f2':
        out[i] = half(view.getUint16(at, little));
        break;
      case 'f4':
        out[i] = view.getFloat32(at, little);
        break;
      case 'f8':
        out[i] = view.getFloat64(at, little);
        break;
      default: {
        const low = view.getUint32(little ? at : at + 4, little);
        const high =
          kind === 'i'
            ? view.getInt32(little ? at + 4 : at, little)
            : view.getUint32(little ? at + 4 : at, little);
        const value = high * 4294967296 + low;
        if (!(Math.abs(value) <= MAX_EXACT)) {
          throw new SpikebridgeError(
            'E_NUMBER_RANGE',
            `The 64-bit integer number ${i} is about ${value}, beyond 2^53.`,
            {
              where: file,
              fix: 'Spike times must be below 2^53 ticks: subtract the start of the recording before saving.',
            },
          );
        }
        out[i] = value;
      }
    }
  }
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function toCOrder(data: Float64Array, shape: readonly number[]): Float64Array {
  if (shape.filter((n) => n > 1).length <= 1) return data;
  const out = new Float64Array(data.length);
  const index = new Array<number>(shape.length).fill(0);
  const strides = shape.map((_, d) => shape.slice(0, d).reduce((a, b) => a * b, 1));
  for (let i = 0; i < out.length; i++) {
    let at = 0;
    for (let d = 0; d < shape.length; d++) at += index[d] * strides[d];
    out[i] = data[at];
    for (let d = shape.length - 1; d >= 0 && ++index[d] === shape[d]; d--) index[d] = 0;
  }
  return out;
}

function typeOf(descr: string, source: ByteSource): NpyType {
  const match = /^([<>|=]?)([a-zA-Z])(\d*)$/.exec(descr);
  if (match === null) throw dtypeError(source, descr, 'numbers or text');
  const [, order, kind, digits] = match;
  if (kind === 'O') {
    throw new SpikebridgeError(
      'E_NPY_PICKLED',
      'The array holds pickled Python objects, which can run code when opened.',
      {
        where: source.name,
        fix: 'In Python: load it yourself and save plain numbers, one array a column (np.save with allow_pickle=False).',
      },
    );
  }
  const letters = Number(digits);
  const bytes = kind === 'U' ? letters * 4 : letters;
  const allowed: Readonly<Record<string, readonly number[] | undefined>> = {
    b: [1],
    i: [1, 2, 4, 8],
    u: [1, 2, 4, 8],
    f: [2, 4, 8],
  };
  const text = kind === 'S' || kind === 'U';
  if (!(text ? letters <= 65536 : (allowed[kind] ?? []).includes(bytes)))
    throw dtypeError(source, descr, 'numbers or text');
  return { kind: kind as NpyType['kind'], bytes, little: order !== '>', descr };
}

function fieldsOf(descr: PythonValue | undefined, source: ByteSource): NpyField[] {
  if (!isList(descr) || descr.length === 0) throw dtypeError(source, 'a nameless type', 'numbers or text');
  let offset = 0;
  return descr.map((entry) => {
    if (
      !isList(entry) ||
      entry.length !== 2 ||
      typeof entry[0] !== 'string' ||
      typeof entry[1] !== 'string'
    ) {
      throw dtypeError(source, 'nested fields', 'flat fields');
    }
    // Padding is a nameless void field: it only moves the offset.
    const padding = /^\|V(\d+)$/.exec(entry[1]);
    const type: NpyType =
      padding === null
        ? typeOf(entry[1], source)
        : { kind: 'S', bytes: Math.min(Number(padding[1]), 65536), little: true, descr: entry[1] };
    const field = { ...type, name: entry[0], offset };
    offset += type.bytes;
    return field;
  });
}

function isList(value: PythonValue | undefined): value is readonly PythonValue[] {
  return Array.isArray(value);
}

function isShape(value: PythonValue | undefined): value is readonly number[] {
  return (
    isList(value) &&
    value.length <= 32 &&
    value.every((n) => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0)
  );
}

function describe(header: NpyHeader): string {
  return header.fields.map((f) => (f.name === '' ? f.descr : `${f.name} ${f.descr}`)).join(', ');
}

function dtypeError(source: ByteSource, got: string, wanted: string): SpikebridgeError {
  return new SpikebridgeError('E_NPY_DTYPE', `The array holds ${got}: ${wanted} was expected.`, {
    where: source.name,
    fix: 'Save the array as integers or doubles.',
  });
}

function headerError(source: ByteSource, detail: string): SpikebridgeError {
  return new SpikebridgeError('E_NPY_HEADER', `This is no readable npy file: ${detail}.`, {
    where: source.name,
    fix: 'Save it again with numpy.save.',
  });
}
