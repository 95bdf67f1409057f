// MATLAB level 5 files (save -v6, -v7) as a tree of values: numbers, text, cells and structs, compressed or not, either byte order.
// Layout: MathWorks, "MAT-File Format" (R2023b), chapter 1.
import { SpikebridgeError } from '../errors.ts';
import { MAX_EXACT, hasAscii, readExact, readHead, truncated, viewOf } from './bytes.ts';
import { inflateZlib } from './inflate.ts';
import type { ByteSource } from './types.ts';

/** One MATLAB value. `dims` as MATLAB prints them; data in column-major order. */
export type MatValue =
  | {
      readonly kind: 'numeric';
      readonly dims: readonly number[];
      readonly data: Float64Array;
      readonly complex: boolean;
    }
  | { readonly kind: 'char'; readonly dims: readonly number[]; readonly rows: readonly string[] }
  | { readonly kind: 'cell'; readonly dims: readonly number[]; readonly cells: readonly MatValue[] }
  | {
      readonly kind: 'struct';
      readonly dims: readonly number[];
      readonly elements: readonly ReadonlyMap<string, MatValue>[];
    }
  | { readonly kind: 'other'; readonly dims: readonly number[]; readonly className: string };

/** Kind of MATLAB file by its first bytes: level 5, 7.3 (HDF5 inside) or neither. */
export function matVersion(source: ByteSource): 5 | 7.3 | undefined {
  const head = readHead(source, 128);
  if (hasAscii(head, 'MATLAB 7.3 MAT-file')) return 7.3;
  if (head.length < 128) return undefined;
  const mark = String.fromCharCode(head[126], head[127]);
  const version = mark === 'IM' ? head[125] : head[124];
  return (mark === 'IM' || mark === 'MI') && version === 1 ? 5 : undefined;
}

/**
 * All variables of a level 5 file, by name, in file order.
 * @throws E_MAT_VERSION, E_MAT_DAMAGED, E_FILE_TRUNCATED, E_FILE_DAMAGED, E_NUMBER_RANGE.
 */
export function readMat5(source: ByteSource): Map<string, MatValue> {
  const variables = new Map<string, MatValue>();
  for (const element of topElements(source)) {
    const what = `Variable ${variables.size + 1}`;
    let body = readExact(source, element.offset, element.size, what);
    let type = element.type;
    if (type === MI.compressed) {
      const inner = inflateZlib(body, {
        file: source.name,
        what,
        expected: (head) => {
          if (head.length < 8) return undefined;
          const tag = readTag(viewOf(head), 0, element.little);
          return tag.small ? 8 : 8 + tag.size;
        },
      });
      const tag = readTag(viewOf(inner), 0, element.little);
      type = tag.type;
      body = inner.subarray(tag.data, tag.data + tag.size);
    }
    if (type !== MI.matrix) continue;
    const parser = new MatrixParser(body, element.little, source.name);
    const { name, value } = parser.matrix(0, body.length, 0);
    // Names are empty for the subsystem data that MATLAB appends for objects.
    if (name !== '') variables.set(name, value);
  }
  return variables;
}

/** Name, class and first field names of each variable, from the first bytes of each: what a sniff may cost. */
export function peekMat5(source: ByteSource): { className: string; text: string }[] {
  const found: { className: string; text: string }[] = [];
  for (const element of topElements(source)) {
    if (found.length >= 64) break;
    let head = readExact(source, element.offset, Math.min(element.size, 4096), 'Variable');
    if (element.type === MI.compressed) {
      head = inflateZlib(head, { file: source.name, what: 'Variable', partial: true, expected: () => 2048 });
      head = head.subarray(8);
    }
    if (head.length < 16) continue;
    const flags = viewOf(head).getUint32(8, element.little) & 0xff;
    found.push({ className: CLASSES[flags] ?? 'unknown', text: String.fromCharCode(...head) });
  }
  return found;
}

const MI = {
  int8: 1,
  uint8: 2,
  int16: 3,
  uint16: 4,
  int32: 5,
  uint32: 6,
  single: 7,
  double: 9,
  int64: 12,
  uint64: 13,
  matrix: 14,
  compressed: 15,
  utf8: 16,
  utf16: 17,
  utf32: 18,
} as const;
const BYTES: Readonly<Record<number, number | undefined>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 2,
  5: 4,
  6: 4,
  7: 4,
  9: 8,
  12: 8,
  13: 8,
  16: 1,
  17: 2,
  18: 4,
};
const CLASSES: Readonly<Record<number, string | undefined>> = {
  1: 'cell',
  2: 'struct',
  3: 'object',
  4: 'char',
  5: 'sparse',
  6: 'double',
  7: 'single',
  8: 'int8',
  9: 'uint8',
  10: 'int16',
  11: 'uint16',
  12: 'int32',
  13: 'uint32',
  14: 'int64',
  15: 'uint64',
  16: 'function handle',
  17: 'opaque',
};
const MAX_DEPTH = 64;

interface Tag {
  readonly type: number;
  readonly size: number;
  /** Where the data starts, and where the next element does. */
  readonly data: number;
  readonly next: number;
  readonly small: boolean;
}

/** The tag at `at`; the caller has checked that its 8 bytes are there. */
function readTag(view: DataView, at: number, little: boolean): Tag {
  const first = view.getUint32(at, little);
  if (first >>> 16 !== 0) {
    const size = first >>> 16;
    return { type: first & 0xffff, size, data: at + 4, next: at + 8, small: true };
  }
  const size = view.getUint32(at + 4, little);
  const type = first;
  const padded = type === MI.compressed ? size : Math.ceil(size / 8) * 8;
  return { type, size, data: at + 8, next: at + 8 + padded, small: false };
}

function* topElements(
  source: ByteSource,
): Generator<{ type: number; offset: number; size: number; little: boolean }> {
  const version = matVersion(source);
  if (version !== 5) {
    throw new SpikebridgeError('E_MAT_VERSION', 'This is no MATLAB level 5 file.', {
      where: source.name,
      fix: 'In MATLAB: save(file, variables, "-v7").',
    });
  }
  const little = readExact(source, 126, 2, 'Header')[0] === 0x49;
  let at = 128;
  while (at < source.size) {
    const head = readExact(source, at, 8, 'Variable');
    const tag = readTag(viewOf(head), 0, little);
    if (tag.type !== MI.matrix && tag.type !== MI.compressed) {
      throw damaged(
        source.name,
        `an element of type ${tag.type} stands at byte ${at} where a variable was expected`,
      );
    }
    if (at + 8 + tag.size > source.size) {
      throw truncated(source.name, 'Variable', `claims ${tag.size} bytes, ${source.size - at - 8} are left`);
    }
    yield { type: tag.type, offset: at + 8, size: tag.size, little };
    at += tag.next;
  }
}

/** Parses one miMATRIX; every offset is checked against the bytes at hand. */
class MatrixParser {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;
  readonly #file: string;

  constructor(bytes: Uint8Array, little: boolean, file: string) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#little = little;
    this.#file = file;
  }

  /** Matrix whose contents (after the tag) are bytes [at, end). */
  matrix(at: number, end: number, depth: number): { name: string; value: MatValue } {
    if (depth > MAX_DEPTH) throw damaged(this.#file, `values are nested more than ${MAX_DEPTH} deep`);
    // An empty cell is written as a matrix without contents.
    if (end - at < 8) return { name: '', value: emptyMatrix };
    const flags = this.#element(at, end);
    if (flags.size < 4) throw damaged(this.#file, 'array flags are missing');
    const word = this.#view.getUint32(flags.data, this.#little);
    const className = CLASSES[word & 0xff] ?? `class ${word & 0xff}`;
    if (className === 'opaque') return { name: '', value: { kind: 'other', dims: [], className } };
    const dimsTag = this.#element(flags.next, end);
    const dims = Array.from(this.#numbers(dimsTag));
    if (dims.length > 32 || dims.some((n) => n < 0))
      throw damaged(this.#file, `dimensions ${dims.join(' x ')}`);
    const nameTag = this.#element(dimsTag.next, end);
    const name = this.#text(nameTag);
    const value = this.#contents(className, (word & 0x800) !== 0, dims, nameTag.next, end, depth);
    return { name, value };
  }

  #contents(
    className: string,
    complex: boolean,
    dims: readonly number[],
    at: number,
    end: number,
    depth: number,
  ): MatValue {
    const size = dims.reduce((a, b) => a * b, 1);
    if (className === 'cell') return { kind: 'cell', dims, cells: this.#matrices(size, at, end, depth) };
    if (className === 'struct' || className === 'object') {
      return { kind: 'struct', dims, elements: this.#struct(className, size, at, end, depth) };
    }
    if (className === 'char') return { kind: 'char', dims, rows: this.#rows(dims, at, end) };
    if (className === 'sparse' || className === 'function handle' || className.startsWith('class')) {
      return { kind: 'other', dims, className };
    }
    const data = this.#numbers(this.#element(at, end));
    if (data.length !== size) {
      throw damaged(this.#file, `an array of ${dims.join(' x ')} holds ${data.length} numbers`);
    }
    return { kind: 'numeric', dims, data, complex };
  }

  #matrices(size: number, at: number, end: number, depth: number): MatValue[] {
    // Each value needs a tag of 8 bytes, so a larger claim is damage; checked before anything is made.
    if (size * 8 > end - at) throw damaged(this.#file, `${size} values are claimed in ${end - at} bytes`);
    const values: MatValue[] = [];
    for (let i = 0; i < size; i++) {
      const tag = this.#element(at, end);
      if (tag.type !== MI.matrix) throw damaged(this.#file, `a cell holds an element of type ${tag.type}`);
      values.push(this.matrix(tag.data, tag.data + tag.size, depth + 1).value);
      at = tag.next;
    }
    return values;
  }

  #struct(className: string, size: number, at: number, end: number, depth: number): Map<string, MatValue>[] {
    if (className === 'object') at = this.#element(at, end).next;
    const lengthTag = this.#element(at, end);
    const width = this.#numbers(lengthTag).at(0) ?? 0;
    const namesTag = this.#element(lengthTag.next, end);
    if (namesTag.size > 0 && !(width > 0 && width <= 4096 && namesTag.size % width === 0)) {
      throw damaged(this.#file, `field names of ${width} letters fill ${namesTag.size} bytes`);
    }
    const names: string[] = [];
    for (let i = 0; width > 0 && i < namesTag.size; i += width) {
      const raw = this.#bytes.subarray(namesTag.data + i, namesTag.data + i + width);
      const stop = raw.indexOf(0);
      names.push(String.fromCharCode(...raw.subarray(0, stop < 0 ? width : stop)));
    }
    if (names.length === 0) return [];
    const values = this.#matrices(size * names.length, namesTag.next, end, depth);
    return Array.from({ length: size }, (_, i) => {
      return new Map(names.map((name, f) => [name, values[i * names.length + f]]));
    });
  }

  #rows(dims: readonly number[], at: number, end: number): string[] {
    const tag = this.#element(at, end);
    const rows = dims.at(0) ?? 0;
    const columns = rows === 0 ? 0 : dims.reduce((a, b) => a * b, 1) / rows;
    // Text of one row may be UTF-8, where letters and bytes differ in number; several rows stand column by column.
    const letters = Array.from(this.#text(tag));
    if (rows === 1) return [letters.join('')];
    if (letters.length !== rows * columns)
      throw damaged(this.#file, `text of ${dims.join(' x ')} has ${letters.length} letters`);
    return Array.from({ length: rows }, (_, r) => {
      let row = '';
      for (let c = 0; c < columns; c++) row += letters[c * rows + r];
      return row;
    });
  }

  #element(at: number, end: number): Tag {
    if (at + 8 > end) throw damaged(this.#file, `an element is missing at byte ${at} of a variable`);
    const tag = readTag(this.#view, at, this.#little);
    if (tag.data + tag.size > end || (tag.small && tag.size > 4)) {
      throw damaged(this.#file, `an element claims ${tag.size} bytes, ${end - tag.data} are left`);
    }
    return tag;
  }

  #text(tag: Tag): string {
    const bytes = this.#bytes.subarray(tag.data, tag.data + tag.size);
    if (tag.type === MI.utf8) return new TextDecoder('utf-8').decode(bytes);
    let text = '';
    for (const code of this.#numbers(tag))
      text += String.fromCodePoint(code >= 0 && code <= 0x10ffff ? code : 0xfffd);
    return text;
  }

  /** Numbers of any storage type as doubles. @throws E_NUMBER_RANGE for 64-bit integers above 2^53. */
  #numbers(tag: Tag): Float64Array {
    const width = BYTES[tag.type];
    if (width === undefined || tag.size % width !== 0) {
      throw damaged(this.#file, `${tag.size} bytes of element type ${tag.type} are no array of numbers`);
    }
    const read = this.#getter(tag.type);
    const out = new Float64Array(tag.size / width);
    for (let i = 0; i < out.length; i++) out[i] = read(tag.data + i * width);
    return out;
  }

  #getter(type: number): (at: number) => number {
    const view = this.#view;
    const little = this.#little;
    switch (type) {
      case MI.int8:
        return (at) => view.getInt8(at);
      case MI.uint8:
      case MI.utf8:
        return (at) => view.getUint8(at);
      case MI.int16:
        return (at) => view.getInt16(at, little);
      case MI.uint16:
      case MI.utf16:
        return (at) => view.getUint16(at, little);
      case MI.int32:
        return (at) => view.getInt32(at, little);
      case MI.uint32:
      case MI.utf32:
        return (at) => view.getUint32(at, little);
      case MI.single:
        return (at) => view.getFloat32(at, little);
      case MI.double:
        return (at) => view.getFloat64(at, little);
      case MI.int64:
        return (at) => exact(view.getBigInt64(at, little), this.#file);
      default:
        return (at) => exact(view.getBigUint64(at, little), this.#file);
    }
  }
}

const emptyMatrix: MatValue = { kind: 'numeric', dims: [0, 0], data: new Float64Array(0), complex: false };

/** @throws E_NUMBER_RANGE when the integer has no exact double. */
export function exact(value: bigint, file: string): number {
  if (value > BigInt(MAX_EXACT) || value < -BigInt(MAX_EXACT)) {
    throw new SpikebridgeError('E_NUMBER_RANGE', `The 64-bit integer ${value.toString()} is beyond 2^53.`, {
      where: file,
      fix: 'Spike times must be below 2^53 ticks: subtract the start of the recording before saving.',
    });
  }
  return Number(value);
}

function damaged(file: string, detail: string): SpikebridgeError {
  return new SpikebridgeError('E_MAT_DAMAGED', `The MATLAB file is damaged: ${detail}.`, {
    where: file,
    fix: 'Copy or save the file again.',
  });
}
