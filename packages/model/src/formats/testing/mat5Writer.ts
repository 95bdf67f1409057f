// MATLAB level 5 bytes for tests: just enough of the layout to say every case the reader must take, in either byte order.
import { zlibSync } from 'fflate';

/** Storage type number and encoder of the numeric types. */
const TYPES = {
  int8: [1, 1],
  uint8: [2, 1],
  int16: [3, 2],
  uint16: [4, 2],
  int32: [5, 4],
  uint32: [6, 4],
  single: [7, 4],
  double: [9, 8],
  int64: [12, 8],
  uint64: [13, 8],
} as const;
const CLASS = {
  cell: 1,
  struct: 2,
  char: 4,
  sparse: 5,
  double: 6,
  single: 7,
  int8: 8,
  uint8: 9,
  int16: 10,
  uint16: 11,
  int32: 12,
  uint32: 13,
  int64: 14,
  uint64: 15,
} as const;
export type Storage = keyof typeof TYPES;

/** What can be written. `storage` is how numbers lie in the file, whatever their class. */
export type MatNode =
  | {
      numbers: readonly (number | bigint)[];
      dims?: readonly number[];
      storage?: Storage;
      className?: Storage;
      logical?: boolean;
      complex?: boolean;
    }
  | { text: string }
  | { cells: readonly MatNode[]; dims?: readonly number[] }
  | { fields: Readonly<Record<string, MatNode>> };

/** A file with the given variables; `compress` deflates each, `little: false` writes big-endian. */
export function mat5Bytes(
  variables: Readonly<Record<string, MatNode>>,
  { little = true, compress = false } = {},
): Uint8Array {
  const header = new Uint8Array(128).fill(0x20);
  header.set(new TextEncoder().encode('MATLAB 5.0 MAT-file, Platform: TEST'));
  const view = new DataView(header.buffer);
  view.setUint16(124, 0x0100, little);
  view.setUint16(126, 0x4d49, little);
  const parts: Uint8Array[] = [header];
  for (const [name, node] of Object.entries(variables)) {
    const matrix = matrixElement(node, name, little);
    if (!compress) parts.push(matrix);
    else {
      const packed = zlibSync(matrix);
      parts.push(tag(15, packed.length, little), packed);
    }
  }
  return concat(parts);
}

function matrixElement(node: MatNode, name: string, little: boolean): Uint8Array {
  const parts: Uint8Array[] = [];
  const head = (className: number, flags: number, dims: readonly number[]) => {
    parts.push(
      element('uint32', [className | flags, 0], little),
      element('int32', dims, little),
      characters(name, little),
    );
  };
  if ('text' in node) {
    head(CLASS.char, 0, [1, node.text.length]);
    parts.push(
      element(
        'uint16',
        Array.from(node.text, (c) => c.charCodeAt(0)),
        little,
      ),
    );
  } else if ('cells' in node) {
    head(CLASS.cell, 0, node.dims ?? [1, node.cells.length]);
    parts.push(...node.cells.map((cell) => matrixElement(cell, '', little)));
  } else if ('fields' in node) {
    head(CLASS.struct, 0, [1, 1]);
    const names = Object.keys(node.fields);
    parts.push(element('int32', [32], little, true));
    const text = new Uint8Array(32 * names.length);
    names.forEach((field, i) => text.set(new TextEncoder().encode(field), 32 * i));
    parts.push(element('int8', Array.from(text), little));
    parts.push(...Object.values(node.fields).map((value) => matrixElement(value, '', little)));
  } else {
    const storage = node.storage ?? 'double';
    const flags = (node.logical === true ? 0x200 : 0) | (node.complex === true ? 0x800 : 0);
    head(CLASS[node.className ?? storage], flags, node.dims ?? [1, node.numbers.length]);
    parts.push(element(storage, node.numbers, little, true));
    if (node.complex === true) parts.push(element(storage, node.numbers, little));
  }
  const body = concat(parts);
  return concat([tag(14, body.length, little), body]);
}

function characters(text: string, little: boolean): Uint8Array {
  return element(
    'int8',
    Array.from(text, (c) => c.charCodeAt(0)),
    little,
    true,
  );
}

/** An element padded to 8 bytes; `small` packs up to 4 bytes into the tag, as MATLAB does. */
function element(
  storage: Storage,
  values: readonly (number | bigint)[],
  little: boolean,
  small = false,
): Uint8Array {
  const [type, width] = TYPES[storage];
  const bytes = width * values.length;
  const fits = small && bytes > 0 && bytes <= 4;
  const out = new Uint8Array(fits ? 8 : 8 + Math.ceil(bytes / 8) * 8);
  const view = new DataView(out.buffer);
  if (fits) view.setUint32(0, type | (bytes << 16), little);
  else {
    view.setUint32(0, type, little);
    view.setUint32(4, bytes, little);
  }
  values.forEach((value, i) => {
    const at = (fits ? 4 : 8) + i * width;
    if (storage === 'int64') view.setBigInt64(at, BigInt(value), little);
    else if (storage === 'uint64') view.setBigUint64(at, BigInt(value), little);
    else if (storage === 'double') view.setFloat64(at, Number(value), little);
    else if (storage === 'single') view.setFloat32(at, Number(value), little);
    else if (width === 4) view.setUint32(at, Number(value) >>> 0, little);
    else if (width === 2) view.setUint16(at, Number(value) & 0xffff, little);
    else view.setUint8(at, Number(value) & 0xff);
  });
  return out;
}

function tag(type: number, size: number, little: boolean): Uint8Array {
  const out = new Uint8Array(8);
  const view = new DataView(out.buffer);
  view.setUint32(0, type, little);
  view.setUint32(4, size, little);
  return out;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
