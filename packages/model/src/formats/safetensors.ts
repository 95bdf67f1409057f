// Safetensors: named arrays in one file (8-byte header length, JSON header, raw little-endian data). Written by hand since
// the layout is 40 lines; names are sorted, so that equal weights give equal files.
// Layout: https://huggingface.co/docs/safetensors (format section).
import { SpikebridgeError } from '../errors.ts';

export interface NamedArray {
  readonly shape: readonly number[];
  /** Row-major. Float32Array is F32, Uint32Array is U32. */
  readonly values: Float32Array | Uint32Array;
}

export interface SafetensorsFile {
  readonly arrays: ReadonlyMap<string, NamedArray>;
  /** Free text by key, `__metadata__` of the header. */
  readonly metadata: Readonly<Record<string, string>>;
}

const bad = (message: string, where: string): SpikebridgeError =>
  new SpikebridgeError('E_SAFETENSORS', message, {
    where,
    fix: 'the file is damaged or is no safetensors file',
  });

const elements = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/**
 * The bytes of a file that holds `arrays`. Data starts at a multiple of 8 bytes.
 * @throws E_SAFETENSORS when a shape does not fit its values.
 */
export function writeSafetensors(
  arrays: ReadonlyMap<string, NamedArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const names = [...arrays.keys()].sort((a, b) => (a < b ? -1 : 1));
  const header: Record<string, unknown> = {};
  const metadataKeys = Object.keys(metadata).sort((a, b) => (a < b ? -1 : 1));
  if (metadataKeys.length > 0) {
    header['__metadata__'] = Object.fromEntries(metadataKeys.map((key) => [key, metadata[key]]));
  }
  let end = 0;
  const placed: { readonly start: number; readonly values: Float32Array | Uint32Array }[] = [];
  for (const name of names) {
    const array = arrays.get(name);
    if (array === undefined) continue;
    const { shape, values } = array;
    if (elements(shape) !== values.length) {
      throw bad(`${values.length} values do not fill shape (${shape.join(', ')})`, name);
    }
    header[name] = {
      dtype: values instanceof Float32Array ? 'F32' : 'U32',
      shape,
      data_offsets: [end, end + values.byteLength],
    };
    placed.push({ start: end, values });
    end += values.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setUint32(0, headerLength, true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(json, 8);
  for (const { start, values } of placed) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 8 + headerLength + start);
  }
  return bytes;
}

/**
 * Reads a file of F32 and U32 arrays. `name` is for messages.
 * @throws E_SAFETENSORS for a truncated file, a header that is no JSON, an unknown type or offsets that do not fit.
 */
export function readSafetensors(bytes: Uint8Array, name = 'safetensors'): SafetensorsFile {
  if (bytes.length < 8) throw bad(`holds ${bytes.length} bytes; expected at least 8`, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getUint32(0, true) + view.getUint32(4, true) * 4294967296;
  const dataStart = 8 + headerLength;
  if (dataStart > bytes.length) {
    throw bad(
      `the header wants ${headerLength} bytes and the file has ${bytes.length - 8} after its length`,
      name,
    );
  }
  const header = parseHeader(bytes.subarray(8, dataStart), name);
  const arrays = new Map<string, NamedArray>();
  let metadata: Record<string, string> = {};
  for (const [key, entry] of Object.entries(header)) {
    if (key === '__metadata__') metadata = textByKey(entry, name);
    else arrays.set(key, readArray(bytes, dataStart, key, entry));
  }
  return { arrays, metadata };
}

function parseHeader(bytes: Uint8Array, name: string): object {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) return header;
  } catch (cause) {
    throw new SpikebridgeError('E_SAFETENSORS', 'the header is not JSON', { where: name, cause });
  }
  throw bad('the header is no JSON object', name);
}

function textByKey(entry: unknown, name: string): Record<string, string> {
  if (typeof entry !== 'object' || entry === null) throw bad('__metadata__ is no object', name);
  const texts = Object.entries(entry as Record<string, unknown>);
  return Object.fromEntries(texts.map(([key, value]) => [key, typeof value === 'string' ? value : '']));
}

const isIndexList = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);

function readArray(bytes: Uint8Array, dataStart: number, name: string, entry: unknown): NamedArray {
  if (typeof entry !== 'object' || entry === null) throw bad('its header entry is no object', name);
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  if (dtype !== 'F32' && dtype !== 'U32') {
    throw bad(`has type ${JSON.stringify(dtype)}; expected F32 or U32`, name);
  }
  if (!isIndexList(shape) || !isIndexList(offsets) || offsets.length !== 2) {
    throw bad('its shape or data_offsets are no lists of whole numbers', name);
  }
  const [start, end] = offsets;
  if (end - start !== 4 * elements(shape) || dataStart + end > bytes.length) {
    throw bad(
      `bytes ${start} to ${end} do not hold shape (${shape.join(', ')}) of 4-byte values in a file of ${bytes.length} bytes`,
      name,
    );
  }
  // A copy: the data may start at any byte, and a view over the whole file would keep it alive. Not by `slice`: that of Node's
  // Buffer, which is a Uint8Array too, is a view.
  const copy = new Uint8Array(bytes.subarray(dataStart + start, dataStart + end)).buffer;
  return { shape, values: dtype === 'F32' ? new Float32Array(copy) : new Uint32Array(copy) };
}
