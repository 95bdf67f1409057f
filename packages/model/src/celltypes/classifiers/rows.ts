// Picking rows and columns out of matrices, and classes out of probabilities.
import type { Matrix } from '../tables/types.ts';

/** The given rows, in the given order. */
export function takeRows(x: Matrix, rows: readonly number[]): Matrix {
  const values = new Float64Array(rows.length * x.columns);
  rows.forEach((from, to) => values.set(rowOf(x, from), to * x.columns));
  return { rows: rows.length, columns: x.columns, values };
}

/** A view of one row. */
export function rowOf(x: Matrix, row: number): Float64Array {
  return x.values.subarray(row * x.columns, (row + 1) * x.columns);
}

/** Index of the largest value, the first of equals. */
export function largest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** Rows with a fold number, and the others: [others, those]. */
export function partRows(folds: Int32Array, fold: number): readonly [number[], number[]] {
  const out: number[] = [];
  const held: number[] = [];
  folds.forEach((of, row) => (of === fold ? held : out).push(row));
  return [out, held];
}
