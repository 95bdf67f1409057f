// Gaps filled with the medians of training rows, as the fit saw them; rows of other folds are filled with the same ones.
import { columnValues } from './matrix.ts';
import type { Matrix } from './types.ts';

export interface Imputation {
  /** By column; NaN where no training row has a value: that column is then 0 in every row, of any fold. */
  readonly medians: Float64Array;
  /** Columns that get a second one, 1 where the value is missing: those with a gap among the training rows. */
  readonly indicated: readonly number[];
}

/** Medians of the rows' known values; `indicators` adds a column for each that has gaps among them. */
export function fitImputation(x: Matrix, { indicators = false } = {}): Imputation {
  const columns = Array.from({ length: x.columns }, (_, c) => columnValues(x, c));
  const hasGap = (values: Float64Array): boolean => values.some(Number.isNaN);
  return {
    medians: Float64Array.from(columns, median),
    indicated: indicators ? columns.flatMap((values, c) => (hasGap(values) ? [c] : [])) : [],
  };
}

/** (rows, columns + indicated) without gaps. */
export function impute({ medians, indicated }: Imputation, x: Matrix): Matrix {
  const columns = x.columns + indicated.length;
  const values = new Float64Array(x.rows * columns);
  for (let r = 0; r < x.rows; r++) {
    const row = x.values.subarray(r * x.columns, (r + 1) * x.columns);
    const at = r * columns;
    row.forEach((value, c) => {
      const fill = medians[c];
      values[at + c] = Number.isNaN(fill) ? 0 : Number.isNaN(value) ? fill : value;
    });
    indicated.forEach((c, i) => {
      values[at + x.columns + i] = Number.isNaN(row[c]) ? 1 : 0;
    });
  }
  return { rows: x.rows, columns, values };
}

/** Median of what is no gap; the mean of the middle two of an even number; NaN of none. */
export function median(values: Float64Array): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
