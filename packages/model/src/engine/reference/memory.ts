// What the reference kernels see of memory: every tensor as plain float64 (or u32 words), with no placement at all.
import type { Tensor } from '../ops.ts';

export interface Memory {
  /** Elements of an f32 tensor, row-major, held in float64. */
  values(tensor: Tensor): Float64Array;
  /** Elements of a u32 tensor. */
  words(tensor: Tensor): Uint32Array;
}

/** The key of every dropout in one run. */
export interface RunKey {
  readonly seed: number;
  readonly step: number;
}

/** Bit u of row n of packed words. */
export function bitAt(words: Uint32Array, wordsPerBin: number, row: number, unit: number): number {
  return (words[row * wordsPerBin + (unit >>> 5)] >>> (unit & 31)) & 1;
}
