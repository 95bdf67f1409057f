// Sizes that the conformance cases share: tails of every vector width in use.
import type { SpikePattern } from './types.ts';

/** (m, n, k) or (rows, width, other): each size meets each place. */
export const TRIPLES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [3, 17, 63],
  [17, 3, 64],
  [63, 65, 17],
  [64, 64, 64],
  [65, 129, 3],
  [129, 1, 127],
  [1, 127, 129],
  [127, 63, 65],
  [129, 129, 129],
];
export const PATTERNS: readonly SpikePattern[] = ['drawn', 'silent', 'all'];
