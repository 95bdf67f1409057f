// Features brought to one scale for models that measure distances. Fitted on training rows alone.
import { log } from '../../engine/elementary.ts';
import type { Matrix } from '../tables/types.ts';
import { presentValues, quantile } from './imputation.ts';

/** What `scale` needs of the training rows, by column. */
export interface Scaling {
  readonly median: Float64Array;
  /** Interquartile range over 1.349: the standard deviation of a normal feature. */
  readonly spread: Float64Array;
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

const NORMAL_QUARTILES = 1.349;

/**
 * Robust z-scores (median, interquartile range) through asinh, which is straight within two spreads and logarithmic in the
 * tails, so that a failed measurement far out is not the longest distance in the table; then mean 0 and deviation 1.
 * A missing value stands at its feature's median. A constant feature becomes 0.
 */
export function fitScaling(x: Matrix): Scaling {
  const of = (make: (column: number) => number): Float64Array =>
    Float64Array.from({ length: x.columns }, (_, column) => make(column));
  const median = of((column) => quantile(presentValues(x, column), 0.5));
  const spread = of((column) => spreadOf(presentValues(x, column)));
  const bent = bend(x, median, spread);
  const mean = of((column) => {
    let sum = 0;
    for (let row = 0; row < x.rows; row++) sum += bent[row * x.columns + column];
    return sum / x.rows;
  });
  const deviation = of((column) => {
    let sum = 0;
    for (let row = 0; row < x.rows; row++) sum += (bent[row * x.columns + column] - mean[column]) ** 2;
    return Math.sqrt(sum / x.rows) || 1;
  });
  return { median, spread, mean, deviation };
}

export function scale(x: Matrix, scaling: Scaling): Matrix {
  const values = bend(x, scaling.median, scaling.spread);
  for (let i = 0; i < values.length; i++) {
    const column = i % x.columns;
    values[i] = (values[i] - scaling.mean[column]) / scaling.deviation[column];
  }
  return { ...x, values };
}

function spreadOf(rising: Float64Array): number {
  const quartiles = (quantile(rising, 0.75) - quantile(rising, 0.25)) / NORMAL_QUARTILES;
  if (quartiles > 0 || rising.length === 0) return quartiles > 0 ? quartiles : 1;
  // More than half of the values are one and the same: the plain deviation, if there is any.
  let mean = 0;
  for (const value of rising) mean += value / rising.length;
  let sum = 0;
  for (const value of rising) sum += (value - mean) ** 2;
  return Math.sqrt(sum / rising.length) || 1;
}

function bend(x: Matrix, median: Float64Array, spread: Float64Array): Float64Array {
  return x.values.map((value, i) => {
    if (Number.isNaN(value)) return 0;
    const z = (value - median[i % x.columns]) / spread[i % x.columns];
    const size = Math.abs(z);
    const bent = log(size + Math.sqrt(size * size + 1));
    return z < 0 ? -bent : bent;
  });
}
