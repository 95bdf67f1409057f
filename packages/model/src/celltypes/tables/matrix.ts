// Rows and columns of matrices and tables taken apart; every fold is made of these.
import type { FeatureTable, Matrix } from './types.ts';

/** Matrix of these rows, each as long as the first. */
export function matrixOf(rows: readonly ArrayLike<number>[], columns = rows[0].length): Matrix {
  const values = new Float64Array(rows.length * columns);
  rows.forEach((row, r) => values.set(row, r * columns));
  return { rows: rows.length, columns, values };
}

/** One row, over the matrix' own memory. */
export function rowOf({ columns, values }: Matrix, row: number): Float64Array {
  return values.subarray(row * columns, (row + 1) * columns);
}

/** A copy of one column. */
export function columnValues({ rows, columns, values }: Matrix, column: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, r) => values[r * columns + column]);
}

/** These rows, in this order; one may stand there more than once. */
export function takeRows(matrix: Matrix, rows: ArrayLike<number>): Matrix {
  const { columns } = matrix;
  const values = new Float64Array(rows.length * columns);
  for (let r = 0; r < rows.length; r++) values.set(rowOf(matrix, rows[r]), r * columns);
  return { rows: rows.length, columns, values };
}

/** These columns, in this order. */
export function takeColumns(matrix: Matrix, columns: ArrayLike<number>): Matrix {
  const width = columns.length;
  const values = new Float64Array(matrix.rows * width);
  for (let r = 0; r < matrix.rows; r++)
    for (let c = 0; c < width; c++) values[r * width + c] = matrix.values[r * matrix.columns + columns[c]];
  return { rows: matrix.rows, columns: width, values };
}

/** The table of these cells. */
export function takeCells(table: FeatureTable, cells: readonly number[]): FeatureTable {
  return {
    ...table,
    cells: cells.map((c) => table.cells[c]),
    values: takeRows(table.values, cells),
    labels: Int32Array.from(cells, (c) => table.labels[c]),
    donors: cells.map((c) => table.donors[c]),
    attributes: Object.fromEntries(
      Object.entries(table.attributes).map(([name, values]) => [name, cells.map((c) => values[c])]),
    ),
  };
}
