// Inflating with a bound: deflate cannot expand more than 1032 to 1, so a larger claim is damage, not data.
import { Inflate } from 'fflate';
import { SpikebridgeError } from '../errors.ts';

const MAX_RATIO = 1032;
const STEP = 64 * 1024;

/** What stands around the deflate stream. */
export interface InflateRequest {
  /** Name of the file, for messages. */
  readonly file: string;
  /** What is inflated, for messages. */
  readonly what: string;
  /** Bytes expected, once known; asked again as bytes arrive. Undefined = not known yet. */
  expected(head: Uint8Array): number | undefined;
  /** Stop once the expected bytes are there, although the stream goes on (a look at its start). */
  readonly partial?: boolean;
}

/**
 * Inflates a raw deflate stream to exactly the expected number of bytes.
 * @throws E_FILE_DAMAGED when the stream is not deflate data, ends early or holds more than expected.
 */
export function inflateRaw(data: Uint8Array, request: InflateRequest): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  let expected: number | undefined;
  const inflate = new Inflate((chunk) => {
    chunks.push(chunk);
    total += chunk.length;
  });
  try {
    for (let at = 0; at < data.length; at += STEP) {
      inflate.push(data.subarray(at, at + STEP), request.partial !== true && at + STEP >= data.length);
      if (expected === undefined && total > 0) {
        expected = request.expected(join(chunks, Math.min(total, 4096)));
        if (expected !== undefined && expected > data.length * MAX_RATIO + 4096) {
          throw damaged(request, `claims ${expected} bytes inside ${data.length} compressed ones`);
        }
      }
      if (expected !== undefined && total > expected) {
        if (request.partial === true) return join(chunks, expected);
        throw damaged(request, `holds more than the ${expected} bytes it states`);
      }
    }
  } catch (error) {
    if (error instanceof SpikebridgeError) throw error;
    if (!(request.partial === true && total > 0)) {
      throw damaged(request, error instanceof Error ? error.message : 'not deflate data');
    }
  }
  if (request.partial === true) return join(chunks, Math.min(total, expected ?? total));
  expected ??= request.expected(join(chunks, total));
  if (expected === undefined || total !== expected) {
    throw damaged(request, `holds ${total} bytes where ${expected ?? 'a header'} was expected`);
  }
  return join(chunks, total);
}

/** Inflates a zlib stream (2 bytes of header, deflate, Adler-32) and checks its sum. */
export function inflateZlib(data: Uint8Array, request: InflateRequest): Uint8Array {
  if (
    data.length < 6 ||
    (data[0] & 15) !== 8 ||
    ((data[0] << 8) | data[1]) % 31 !== 0 ||
    (data[1] & 32) !== 0
  ) {
    throw damaged(request, 'does not start like a zlib stream');
  }
  if (request.partial === true) return inflateRaw(data.subarray(2), request);
  const bytes = inflateRaw(data.subarray(2, data.length - 4), request);
  const end = data.length - 4;
  const stated = ((data[end] << 24) | (data[end + 1] << 16) | (data[end + 2] << 8) | data[end + 3]) >>> 0;
  if (adler32(bytes) !== stated) throw damaged(request, 'its check sum does not match');
  return bytes;
}

/** Adler-32 of RFC 1950. */
export function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length;) {
    // 3800 steps keep both sums below 2^31 before the remainder is taken.
    const stop = Math.min(bytes.length, at + 3800);
    for (; at < stop; at++) {
      a += bytes[at];
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}

const crcTable = new Int32Array(256).map((_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** CRC-32 as zip uses it; pass the last value to continue. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  let c = ~previous;
  for (const byte of bytes) c = crcTable[(c ^ byte) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    if (at >= length) break;
    const part = chunk.subarray(0, length - at);
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function damaged(request: InflateRequest, detail: string): SpikebridgeError {
  return new SpikebridgeError('E_FILE_DAMAGED', `${request.what}: the compressed block ${detail}.`, {
    where: request.file,
    fix: 'Copy or export the file again: it is damaged.',
  });
}
