// Samples of whole numbers (intervals, avalanche sizes) counted by value and block, and exact distances between the
// distributions of two: repeated values cost once, and a resample of the blocks only changes weights.
import { exp, log } from '../engine/elementary.ts';

/** Occurrences by (value, block), sorted by value. */
export interface BlockSample {
  readonly values: Float64Array;
  readonly blocks: Uint32Array;
  readonly counts: Uint32Array;
}

/** A weighted distribution: distinct values in ascending order, their weights, and the sum of those. */
export interface Distribution {
  readonly values: Float64Array;
  readonly weights: Float64Array;
  readonly total: number;
}

/** Counts `values[i]`, which fell into `blocks[i]`. Values are whole and below 2^53 / blockCount. */
export function blockSample(
  values: readonly number[],
  blocks: readonly number[],
  blockCount: number,
): BlockSample {
  const keys = Float64Array.from(values, (value, i) => value * blockCount + blocks[i]).sort();
  let distinct = 0;
  for (let i = 0; i < keys.length; i++) if (i === 0 || keys[i] !== keys[i - 1]) distinct++;
  const sample = {
    values: new Float64Array(distinct),
    blocks: new Uint32Array(distinct),
    counts: new Uint32Array(distinct),
  };
  let at = -1;
  for (let i = 0; i < keys.length; i++) {
    if (i === 0 || keys[i] !== keys[i - 1]) {
      at++;
      sample.values[at] = Math.floor(keys[i] / blockCount);
      sample.blocks[at] = keys[i] % blockCount;
    }
    sample.counts[at]++;
  }
  return sample;
}

/** The distribution in which block b counts times[b] times. */
export function distributionOf(sample: BlockSample, times: ArrayLike<number>): Distribution {
  const values = new Float64Array(sample.values.length);
  const weights = new Float64Array(sample.values.length);
  let size = 0;
  let total = 0;
  for (let i = 0; i < sample.values.length; i++) {
    const weight = times[sample.blocks[i]] * sample.counts[i];
    if (weight === 0) continue;
    if (size === 0 || values[size - 1] !== sample.values[i]) values[size++] = sample.values[i];
    weights[size - 1] += weight;
    total += weight;
  }
  return { values: values.subarray(0, size), weights: weights.subarray(0, size), total };
}

/** Walks the union of two supports: `step(difference of the two CDFs, value, next value)`; the last next is NaN. */
function walkCdfs(
  a: Distribution,
  b: Distribution,
  step: (difference: number, value: number, next: number) => void,
): void {
  let i = 0;
  let j = 0;
  let fa = 0;
  let fb = 0;
  while (i < a.values.length || j < b.values.length) {
    const va = i < a.values.length ? a.values[i] : Infinity;
    const vb = j < b.values.length ? b.values[j] : Infinity;
    const value = Math.min(va, vb);
    if (va === value) fa += a.weights[i++];
    if (vb === value) fb += b.weights[j++];
    const next = Math.min(
      i < a.values.length ? a.values[i] : Infinity,
      j < b.values.length ? b.values[j] : Infinity,
    );
    step(fa / a.total - fb / b.total, value, next === Infinity ? NaN : next);
  }
}

/** Kolmogorov-Smirnov distance, 0 ... 1; NaN where either is empty. */
export function kolmogorovSmirnov(a: Distribution, b: Distribution): number {
  if (a.total === 0 || b.total === 0) return NaN;
  let greatest = 0;
  walkCdfs(a, b, (difference) => (greatest = Math.max(greatest, Math.abs(difference))));
  return greatest;
}

const PER_DECADE = 0.4342944819032518;

/**
 * 1-Wasserstein distance of log10 of the values (all above 0), in decades; NaN where either is empty. It is the area between
 * the two cumulative distributions over log10 (Vallender 1974), so that a change of time scale by c costs exactly |log10 c|.
 */
export function logWasserstein(a: Distribution, b: Distribution): number {
  if (a.total === 0 || b.total === 0) return NaN;
  let area = 0;
  walkCdfs(a, b, (difference, value, next) => {
    if (next === next && difference !== 0) area += Math.abs(difference) * log(next / value);
  });
  return area * PER_DECADE;
}

/** Smallest value with at least the share q of the weight at or below it; NaN of none. */
export function weightedQuantile({ values, weights, total }: Distribution, q: number): number {
  let passed = 0;
  for (let i = 0; i < values.length; i++) {
    passed += weights[i];
    if (passed >= q * total) return values[i];
  }
  return NaN;
}

const CLASSES_PER_DECADE = 10;

/** Share of the weight in classes a tenth of a decade wide (values above 0), at the geometric middle of each; empty of none. */
export function logHistogram({ values, weights, total }: Distribution): { x: number; y: number }[] {
  const shares = new Map<number, number>();
  for (let i = 0; i < values.length; i++) {
    // A whole number on an edge must not fall below it for the last bit of a logarithm.
    const place = Math.floor(CLASSES_PER_DECADE * PER_DECADE * log(values[i]) + 1e-9);
    shares.set(place, (shares.get(place) ?? 0) + weights[i] / total);
  }
  const last = Math.max(-1, ...shares.keys());
  return Array.from({ length: last + 1 }, (_, place) => ({
    x: exp((place + 0.5) / (CLASSES_PER_DECADE * PER_DECADE)),
    y: shares.get(place) ?? 0,
  }));
}

/** Share of the weight at or above each value, at no more than `points` of them, evenly spread over their order. */
export function survival(
  { values, weights, total }: Distribution,
  points: number,
): { x: number; y: number }[] {
  const stride = Math.max(1, Math.ceil(values.length / points));
  const out: { x: number; y: number }[] = [];
  let left = total;
  for (let i = 0; i < values.length; i++) {
    if (i % stride === 0) out.push({ x: values[i], y: left / total });
    left -= weights[i];
  }
  return out;
}

/** Mean value; NaN of none. */
export function weightedMean({ values, weights, total }: Distribution): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * weights[i];
  return total > 0 ? sum / total : NaN;
}
