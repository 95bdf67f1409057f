// Medians of training rows in place of missing values; apart because every classifier starts with it.
import { sortedQuantile } from '../../evaluation/metrics/summaries.ts';
import type { Matrix } from '../tables/types.ts';

/** Median of each column over its values; 0 where a column has none. */
export function fitMedians(x: Matrix): Float64Array {
  return Float64Array.from({ length: x.columns }, (_, column) => quantile(presentValues(x, column), 0.5));
}

/** Values of a column that are not missing, rising. */
export function presentValues(x: Matrix, column: number): Float64Array {
  const values = new Float64Array(x.rows);
  let count = 0;
  for (let row = 0; row < x.rows; row++) {
    const value = x.values[row * x.columns + column];
    if (!Number.isNaN(value)) values[count++] = value;
  }
  return values.subarray(0, count).sort();
}

/** Quantile of rising values, linear between neighbours; 0 of none, so that a column without values fills with 0. */
export function quantile(rising: Float64Array, share: number): number {
  return rising.length === 0 ? 0 : sortedQuantile(rising, share);
}

/** The rows with `medians` where a value is missing. */
export function imputeMedians(x: Matrix, medians: Float64Array): Matrix {
  const values = x.values.slice();
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) values[i] = medians[i % x.columns];
  }
  return { ...x, values };
}
