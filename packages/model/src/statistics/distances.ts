// Distances between two values or two vectors of values (over units, pairs, bands), over the entries that both have.
import { log } from '../engine/elementary.ts';
import { quantile } from '../evaluation/metrics/summaries.ts';
import type { Distance } from './family.ts';

/** Differences a - b where both are finite. */
function differences(a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  const out: number[] = [];
  for (let i = 0; i < a.length; i++) {
    const difference = a[i] - b[i];
    if (Number.isFinite(difference)) out.push(difference);
  }
  return out;
}

/** Pearson correlation over the entries that are finite in both; NaN of fewer than three or of constants. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let n = 0;
  let meanA = 0;
  let meanB = 0;
  const both = (i: number): boolean => Number.isFinite(a[i]) && Number.isFinite(b[i]);
  for (let i = 0; i < a.length; i++) {
    if (!both(i)) continue;
    n++;
    meanA += a[i];
    meanB += b[i];
  }
  if (n < 3) return NaN;
  meanA /= n;
  meanB /= n;
  let aa = 0;
  let bb = 0;
  let ab = 0;
  for (let i = 0; i < a.length; i++) {
    if (!both(i)) continue;
    aa += (a[i] - meanA) ** 2;
    bb += (b[i] - meanB) ** 2;
    ab += (a[i] - meanA) * (b[i] - meanB);
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : NaN;
}

/** Median over the entries of |a - b|. */
export function medianDifference(a: ArrayLike<number>, b: ArrayLike<number>): Distance {
  const all = differences(a, b);
  return { value: quantile(all.map(Math.abs), 0.5), agreement: pearson(a, b), n: all.length };
}

/** Mean over the entries of |a - b|. */
export function meanDifference(a: ArrayLike<number>, b: ArrayLike<number>): Distance {
  const all = differences(a, b);
  const sum = all.reduce((total, x) => total + Math.abs(x), 0);
  return { value: all.length > 0 ? sum / all.length : NaN, agreement: pearson(a, b), n: all.length };
}

/** Root of the mean over the entries of (a - b)^2. */
export function rootMeanSquare(a: ArrayLike<number>, b: ArrayLike<number>): Distance {
  const all = differences(a, b);
  const sum = all.reduce((total, x) => total + x * x, 0);
  return {
    value: all.length > 0 ? Math.sqrt(sum / all.length) : NaN,
    agreement: pearson(a, b),
    n: all.length,
  };
}

const scalar = (value: number): Distance => ({
  value: Number.isFinite(value) ? value : NaN,
  agreement: NaN,
  n: Number.isFinite(value) ? 1 : 0,
});

/** |a - b| of two figures. */
export const difference = (a: number, b: number): Distance => scalar(Math.abs(a - b));

/** |ln(a / b)| of two figures above 0. */
export const logRatio = (a: number, b: number): Distance => scalar(Math.abs(log(a / b)));

export const logs = (values: ArrayLike<number>): Float64Array => Float64Array.from(values, (x) => log(x));
