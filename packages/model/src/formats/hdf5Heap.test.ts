// Global heaps: whole ones pass, ones that would send the library into an endless loop do not.
import { describe, expect, it } from 'vitest';
import { hasBrokenHeap } from './hdf5Heap.ts';

/** A heap of 64 bytes with one object of 3 bytes and the rest free, at `offset` in a block. */
function heap(offset = 0, edit: (view: DataView) => void = () => undefined): Uint8Array {
  const bytes = new Uint8Array(offset + 64);
  const view = new DataView(bytes.buffer, offset);
  new TextEncoder().encodeInto('GCOL\x01', bytes.subarray(offset));
  view.setBigUint64(8, 64n, true);
  view.setUint16(16, 1, true);
  view.setBigUint64(24, 3n, true); // object 1: 16 + 8 bytes
  view.setBigUint64(48, 24n, true); // free: the last 24 bytes, its own header included
  edit(view);
  return bytes;
}

describe('hasBrokenHeap', () => {
  it('lets whole heaps and other bytes pass', () => {
    expect(hasBrokenHeap(heap())).toBe(false);
    expect(hasBrokenHeap(heap(128))).toBe(false);
    expect(hasBrokenHeap(heap().slice(0, 30))).toBe(false);
    expect(hasBrokenHeap(new Uint8Array(100))).toBe(false);
  });
  it.each([
    ['a free object of no size', (v: DataView) => v.setBigUint64(48, 0n, true)],
    ['a free object smaller than its header', (v: DataView) => v.setBigUint64(48, 8n, true)],
    ['an object beyond the heap', (v: DataView) => v.setBigUint64(24, 100n, true)],
    ['an object whose size wraps around', (v: DataView) => v.setBigUint64(24, 2n ** 64n - 16n, true)],
    ['a heap of no size', (v: DataView) => v.setBigUint64(8, 0n, true)],
  ])('stops %s', (_, edit) => {
    expect(hasBrokenHeap(heap(0, edit))).toBe(true);
    expect(hasBrokenHeap(heap(64, edit))).toBe(true);
  });
});
