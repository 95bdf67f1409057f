// A look at HDF5 global heaps before the library parses them: on a free object of size 0 its loop never ends.
// Layout: HDF5 File Format Specification 3.0, III.E (Global Heap); lengths of 8 bytes, as every current writer has.
import { hasAscii, viewOf } from './bytes.ts';

const HEADER = 16;
/** Heaps come in blocks of metadata; longer reads are data. */
const MAX_BLOCK = 256 * 1024;

/** True where the bytes just read hold a global heap whose objects cannot be walked to its end. */
export function hasBrokenHeap(bytes: Uint8Array): boolean {
  if (bytes.length > MAX_BLOCK) return false;
  for (let at = 0; at + HEADER <= bytes.length; at += 8) {
    if (bytes[at] === 0x47 && hasAscii(bytes, 'GCOL\x01\0\0\0', at) && !canWalk(bytes.subarray(at)))
      return true;
  }
  return false;
}

function canWalk(heap: Uint8Array): boolean {
  const view = viewOf(heap);
  const size = Number(view.getBigUint64(8, true));
  if (size < HEADER) return false;
  // What lies beyond the bytes at hand is checked when it is read.
  const end = Math.min(size, heap.length);
  for (let at = HEADER; at + HEADER <= end;) {
    const index = view.getUint16(at, true);
    const length = Number(view.getBigUint64(at + 8, true));
    const step = index === 0 ? length : HEADER + Math.ceil(length / 8) * 8;
    if (step < HEADER || at + step > size) return false;
    at += step;
  }
  return true;
}
