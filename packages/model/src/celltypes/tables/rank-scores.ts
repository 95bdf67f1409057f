// Values as normal scores of their rank among training rows: outliers and skew lose their weight, and units do not matter.
import { log } from '../../engine/elementary.ts';
import { columnValues } from './matrix.ts';
import type { Matrix } from './types.ts';

/** By column, rising: the values that training rows have, and the share of rows below each (half of its own counted). */
export interface RankScores {
  readonly values: readonly Float64Array[];
  readonly shares: readonly Float64Array[];
}

/** Gaps count for nothing. */
export function fitRankScores(x: Matrix): RankScores {
  const fitted = Array.from({ length: x.columns }, (_, c) => {
    const sorted = columnValues(x, c)
      .filter((value) => !Number.isNaN(value))
      .sort();
    const values: number[] = [];
    const shares: number[] = [];
    for (let from = 0, to = 0; from < sorted.length; from = to) {
      while (to < sorted.length && sorted[to] === sorted[from]) to++;
      values.push(sorted[from]);
      shares.push((from + to) / 2 / sorted.length);
    }
    return { values: Float64Array.from(values), shares: Float64Array.from(shares) };
  });
  return { values: fitted.map(({ values }) => values), shares: fitted.map(({ shares }) => shares) };
}

/**
 * Standard normal deviates of the same shape: between two training values by straight lines of the share, beyond them the outermost
 * one's. Gaps stay gaps; a column without a training value is 0.
 */
export function rankScores({ values, shares }: RankScores, x: Matrix): Matrix {
  return {
    ...x,
    values: x.values.map((value, at) => {
      const c = at % x.columns;
      if (Number.isNaN(value)) return NaN;
      return values[c].length === 0 ? 0 : normalQuantile(shareOf(value, values[c], shares[c]));
    }),
  };
}

function shareOf(value: number, values: Float64Array, shares: Float64Array): number {
  let [low, high] = [0, values.length - 1];
  if (value <= values[low]) return shares[low];
  if (value >= values[high]) return shares[high];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] <= value) low = middle;
    else high = middle;
  }
  const part = (value - values[low]) / (values[high] - values[low]);
  return shares[low] + part * (shares[high] - shares[low]);
}

// Coefficients of Wichura, Algorithm AS 241 (Applied Statistics 1988), PPND16, rising powers: about 1e-16 of the value.
const CENTRE = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
    67265.7709270087, 33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
] as const;
const TAIL = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
] as const;

/** Deviate below which this share of a standard normal lies; for shares of 1e-11 to 1 - 1e-11. */
export function normalQuantile(share: number): number {
  const q = share - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  const tail = ratio(TAIL, Math.sqrt(-log(q < 0 ? share : 1 - share)) - 1.6);
  return q < 0 ? -tail : tail;
}

function ratio([above, below]: readonly [readonly number[], readonly number[]], x: number): number {
  const at = (coefficients: readonly number[]): number =>
    coefficients.reduceRight((sum, c) => sum * x + c, 0);
  return at(above) / at(below);
}
