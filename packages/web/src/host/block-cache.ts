// Ranges of bytes through blocks that are kept: HDF5 asks for the same few bytes again and again, and each question costs a
// round trip (to the browser's file process, or to a server).
import type { ByteSource } from '@spikebridge/model';

export interface BlockOptions {
  readonly name: string;
  readonly size: number;
  /** Bytes [offset, offset + length), which never reach past `size`. */
  readonly fetch: (offset: number, length: number) => Uint8Array;
  readonly blockBytes?: number;
  /** Blocks held at once: what a file of any size may take of memory. */
  readonly blocks?: number;
}

/** A source that fetches whole blocks, the longest unused of which gives way to a new one. */
export function blockSource(options: BlockOptions): ByteSource & { readonly fetchedBytes: () => number } {
  const { name, size, fetch, blockBytes = 1 << 20, blocks = 64 } = options;
  const held = new Map<number, Uint8Array>();
  let fetched = 0;
  const get = (offset: number, length: number): Uint8Array => {
    fetched += length;
    return fetch(offset, length);
  };
  const block = (index: number): Uint8Array => {
    const known = held.get(index);
    const bytes = known ?? get(index * blockBytes, Math.min(blockBytes, size - index * blockBytes));
    // Maps keep the order of insertion: the first is the longest unused.
    held.delete(index);
    held.set(index, bytes);
    for (const [oldest] of held) {
      if (held.size <= blocks) break;
      held.delete(oldest);
    }
    return bytes;
  };
  return {
    name,
    size,
    read(offset, length) {
      const start = Math.min(Math.max(0, offset), size);
      const stop = Math.min(size, start + length);
      // A long read is not worth keeping, and would push out what is.
      if (stop - start > (blockBytes * blocks) / 2) return get(start, stop - start);
      const bytes = new Uint8Array(stop - start);
      for (let at = start; at < stop;) {
        const index = Math.floor(at / blockBytes);
        const from = at - index * blockBytes;
        const part = block(index).subarray(from, Math.min(blockBytes, stop - index * blockBytes));
        bytes.set(part, at - start);
        at += part.length;
      }
      return bytes;
    },
    close: () => held.clear(),
    fetchedBytes: () => fetched,
  };
}
