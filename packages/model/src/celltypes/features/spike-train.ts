// Numbers of a train of spikes: intervals, adaptation, regularity.
import { meanOf } from './array-search.ts';
import type { Spike } from './types.ts';

/** Intervals between successive thresholds in seconds. */
export function intervalsOf(spikes: readonly Spike[], samplingRate: number): Float64Array {
  return Float64Array.from(
    spikes.slice(1),
    (spike, k) => (spike.thresholdIndex - spikes[k].thresholdIndex) / samplingRate,
  );
}

/** Mean of (next - this) / (next + this) over successive intervals; positive where they grow. NaN below two intervals. */
export function adaptationIndex(intervals: Float64Array): number {
  return meanOverPairs(intervals, (a, b) => (b - a) / (b + a));
}

/** Mean of ((next - this) / (next + this))^2. NaN below two intervals. */
export function squaredVariation(intervals: Float64Array): number {
  return meanOverPairs(intervals, (a, b) => ((b - a) / (b + a)) ** 2);
}

function meanOverPairs(x: Float64Array, of: (a: number, b: number) => number): number {
  let sum = 0;
  for (let k = 0; k + 1 < x.length; k++) sum += of(x[k], x[k + 1]);
  return x.length < 2 ? NaN : sum / (x.length - 1);
}

/** Standard deviation (of the population) over mean. NaN for no interval. */
export function variationOf(intervals: Float64Array): number {
  const mean = meanOf(intervals, 0, intervals.length);
  let sum = 0;
  for (const interval of intervals) sum += (interval - mean) ** 2;
  return Math.sqrt(sum / intervals.length) / mean;
}

/** Slope and intercept of the least-squares line; NaN where fewer than two different x. */
export function lineThrough(
  x: readonly number[],
  y: readonly number[],
): { slope: number; intercept: number } {
  const n = x.length;
  const mx = x.reduce((sum, value) => sum + value, 0) / n;
  const my = y.reduce((sum, value) => sum + value, 0) / n;
  let xx = 0;
  let xy = 0;
  for (let i = 0; i < n; i++) {
    xx += (x[i] - mx) ** 2;
    xy += (x[i] - mx) * (y[i] - my);
  }
  const slope = xx > 0 ? xy / xx : NaN;
  return { slope, intercept: my - slope * mx };
}
