// Reading bytes that may lie: every length a file claims is checked against what is there before anything is allocated.
import { SpikebridgeError } from '../errors.ts';
import type { ByteSource } from './types.ts';

/** Largest integer that Float64 holds exactly together with all smaller ones. */
export const MAX_EXACT = Number.MAX_SAFE_INTEGER;

/**
 * Bytes [offset, offset + length) of `source`, all of them.
 * @throws E_FILE_TRUNCATED when the file ends before, naming what was wanted.
 */
export function readExact(source: ByteSource, offset: number, length: number, what: string): Uint8Array {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    throw truncated(source.name, what, `a length of ${length} bytes at ${offset} makes no sense`);
  }
  if (offset + length > source.size) {
    throw truncated(
      source.name,
      what,
      `needs ${length} bytes at ${offset}, the file has ${Math.max(0, source.size - offset)} there`,
    );
  }
  const bytes = source.read(offset, length);
  if (bytes.length !== length) {
    throw truncated(source.name, what, `asked for ${length} bytes at ${offset}, got ${bytes.length}`);
  }
  return bytes;
}

/** The error for a file that ends too early, or claims more than it has. */
export function truncated(file: string, what: string, detail: string): SpikebridgeError {
  return new SpikebridgeError('E_FILE_TRUNCATED', `${what}: ${detail}.`, {
    where: file,
    fix: 'Copy or export the file again: it is cut short or damaged.',
  });
}

/** Whole content of a small text file (UTF-8, a byte-order mark is dropped). */
export function readText(source: ByteSource, limit = 256 * 1024 * 1024): string {
  if (source.size > limit) {
    throw new SpikebridgeError(
      'E_FILE_TOO_LARGE',
      `A text file of ${source.size} bytes was found where at most ${limit} were expected.`,
      { where: source.name, fix: 'Check that this is the right file; convert large tables to npy or npz.' },
    );
  }
  return decodeText(readExact(source, 0, source.size, 'Text'));
}

/** UTF-8 text; bytes that are no UTF-8 become the replacement character. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes);
}

/** First bytes of a file, fewer if it is shorter: what a sniff looks at. */
export function readHead(source: ByteSource, length: number): Uint8Array {
  return source.read(0, Math.min(length, source.size));
}

/** Opens, uses and closes a source, whatever happens in between. */
export function withSource<T>(source: ByteSource, use: (source: ByteSource) => T): T {
  try {
    return use(source);
  } finally {
    source.close();
  }
}

/** True where `bytes` hold the ASCII `text` at `offset`. */
export function hasAscii(bytes: Uint8Array, text: string, offset = 0): boolean {
  if (bytes.length < offset + text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[offset + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** A DataView over exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A byte source over bytes in memory: sub-files of an archive, and tests. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, Math.max(offset, offset + length)),
    close: () => undefined,
  };
}
