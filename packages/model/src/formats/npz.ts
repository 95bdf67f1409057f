// npz (zip) archives read by ranges: the directory at the end, then only the arrays that are asked for.
// Layout: PKWARE APPNOTE 6.3.10, with the zip64 records that NumPy writes.
import { SpikebridgeError } from '../errors.ts';
import { decodeText, hasAscii, memorySource, readExact, readHead, viewOf } from './bytes.ts';
import { crc32, inflateRaw } from './inflate.ts';
import type { ByteSource } from './types.ts';

/** An opened archive. */
export interface Npz {
  /** Array names, without `.npy`. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** One array as a byte source of npy content. @throws E_NPZ_MISSING, E_FILE_DAMAGED, E_FILE_TRUNCATED. */
  array(name: string): ByteSource;
}

interface Entry {
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

/** True when the first bytes are those of a zip archive. */
export function isZip(source: ByteSource): boolean {
  const head = readHead(source, 4);
  return hasAscii(head, 'PK\x03\x04') || hasAscii(head, 'PK\x05\x06');
}

/** Reads the directory. @throws E_FILE_DAMAGED, E_FILE_TRUNCATED. */
export function openNpz(source: ByteSource): Npz {
  const entries = readDirectory(source);
  const names = [...entries.keys()].filter((n) => n.endsWith('.npy')).map((n) => n.slice(0, -4));
  return {
    names,
    has: (name) => entries.has(`${name}.npy`),
    array(name) {
      const entry = entries.get(`${name}.npy`);
      if (entry === undefined) {
        throw new SpikebridgeError(
          'E_NPZ_MISSING',
          `The archive has no array ${name}; it has ${names.join(', ')}.`,
          {
            where: source.name,
          },
        );
      }
      return memorySource(`${source.name}/${name}.npy`, readEntry(source, name, entry));
    },
  };
}

function readDirectory(source: ByteSource): Map<string, Entry> {
  const tailLength = Math.min(source.size, 65557);
  const tail = readExact(source, source.size - tailLength, tailLength, 'zip directory');
  const view = viewOf(tail);
  let end = tailLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) {
    throw new SpikebridgeError('E_FILE_TRUNCATED', 'The zip archive has no directory at its end.', {
      where: source.name,
      fix: 'Copy or export the file again: it is cut short.',
    });
  }
  let count = view.getUint16(end + 10, true);
  let size = view.getUint32(end + 12, true);
  let offset = view.getUint32(end + 16, true);
  if (end >= 20 && view.getUint32(end - 20, true) === 0x07064b50) {
    const at = Number(view.getBigUint64(end - 12, true));
    const zip64 = viewOf(readExact(source, at, 56, 'zip64 directory'));
    if (zip64.getUint32(0, true) !== 0x06064b50) throw damaged(source, 'the zip64 record is missing');
    count = Number(zip64.getBigUint64(32, true));
    size = Number(zip64.getBigUint64(40, true));
    offset = Number(zip64.getBigUint64(48, true));
  }
  const directory = readExact(source, offset, size, 'zip directory');
  const records = viewOf(directory);
  const entries = new Map<string, Entry>();
  for (let i = 0, at = 0; i < count; i++) {
    if (at + 46 > size || records.getUint32(at, true) !== 0x02014b50)
      throw damaged(source, `entry ${i} is missing`);
    const nameLength = records.getUint16(at + 28, true);
    const extraLength = records.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + records.getUint16(at + 32, true);
    if (next > size) throw damaged(source, `entry ${i} runs over the end`);
    const name = decodeText(directory.subarray(at + 46, at + 46 + nameLength));
    const extra = directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    entries.set(name, entryOf(records, at, extra));
    at = next;
  }
  return entries;
}

function entryOf(records: DataView, at: number, extra: Uint8Array): Entry {
  const wide: number[] = [];
  const view = viewOf(extra);
  for (let e = 0; e + 4 <= extra.length;) {
    const length = view.getUint16(e + 2, true);
    if (view.getUint16(e, true) === 1) {
      for (let f = e + 4; f + 8 <= Math.min(e + 4 + length, extra.length); f += 8)
        wide.push(Number(view.getBigUint64(f, true)));
    }
    e += 4 + length;
  }
  // Fields of all ones are continued in the zip64 extra, in this order.
  const take = (value: number) => (value === 0xffffffff ? (wide.shift() ?? value) : value);
  const size = take(records.getUint32(at + 24, true));
  const packed = take(records.getUint32(at + 20, true));
  const offset = take(records.getUint32(at + 42, true));
  const flags = records.getUint16(at + 8, true);
  return {
    method: records.getUint16(at + 10, true),
    flags,
    crc: records.getUint32(at + 16, true),
    packed,
    size,
    offset,
  };
}

function readEntry(source: ByteSource, name: string, entry: Entry): Uint8Array {
  if ((entry.flags & 1) !== 0) throw damaged(source, `${name} is encrypted`);
  const local = viewOf(readExact(source, entry.offset, 30, name));
  if (local.getUint32(0, true) !== 0x04034b50)
    throw damaged(source, `${name} does not start where the directory says`);
  const start = entry.offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  const packed = readExact(source, start, entry.packed, name);
  let bytes: Uint8Array;
  if (entry.method === 0) {
    if (entry.packed !== entry.size) throw damaged(source, `${name} states two different lengths`);
    bytes = packed;
  } else if (entry.method === 8) {
    bytes = inflateRaw(packed, { file: source.name, what: name, expected: () => entry.size });
  } else {
    throw damaged(source, `${name} uses compression method ${entry.method}; stored and deflated are read`);
  }
  if (crc32(bytes) !== entry.crc) throw damaged(source, `the check sum of ${name} does not match`);
  return bytes;
}

function damaged(source: ByteSource, detail: string): SpikebridgeError {
  return new SpikebridgeError('E_FILE_DAMAGED', `The zip archive cannot be read: ${detail}.`, {
    where: source.name,
    fix: 'Copy or export the file again.',
  });
}
