// Target cells brought to where the source's lie, so that one model can read both: each species on a scale of its own, and, for CORAL,
// with the source's covariance (Sun, Feng and Saenko, 2016). Fitted on training rows alone. It is the target that moves: the source's
// rows, and a model of them, stay as they are for every fold.
import { eigenSymmetric } from '../../evaluation/linear-algebra.ts';
import { fitScaling, scale } from '../classifiers/scaling.ts';
import { takeRows } from '../tables/matrix.ts';
import type { Matrix } from '../tables/types.ts';

/** `standardised`: each species by its own middle and spread. `coral`: that, then the target's covariance becomes the source's. */
export type Alignment = 'standardised' | 'coral';

/** Target rows to where the source's are; gaps become the middle of the rows that it was fitted on. */
export type Aligner = (x: Matrix) => Matrix;

/** Identity added to both covariances, as published: few rows do not have one of their own. */
const SHRINKAGE = 1;

/**
 * Rows with every class there as often as the commonest, some more than once: middle and spread of these do not hang on how common classes
 * are, which differs between the species for reasons of sampling.
 */
export function evenRows(x: Matrix, labels: Int32Array, classes: number): Matrix {
  const byClass = rowsByClass(labels, classes);
  const most = Math.max(...byClass.map((rows) => rows.length));
  const even = byClass.flatMap((rows) =>
    rows.length === 0 ? [] : Array.from({ length: most }, (_, i) => rows[i % rows.length]),
  );
  return takeRows(x, even);
}

/** Rows of each class. */
export function rowsByClass(labels: Int32Array, classes: number): number[][] {
  const rows = Array.from({ length: classes }, (): number[] => []);
  labels.forEach((label, row) => rows[label].push(row));
  return rows;
}

/** The source's rows on its own scale: what targets are aligned to. */
export function ownScale(source: Matrix, labels: Int32Array, classes: number): Matrix {
  return scale(source, fitScaling(evenRows(source, labels, classes)));
}

/** Of target training rows, to source rows on their own scale. */
export function fitAlignment(target: Matrix, source: Matrix, alignment: Alignment): Aligner {
  const scaling = fitScaling(target);
  if (alignment === 'standardised') return (x) => scale(x, scaling);
  const n = target.columns;
  const turn = product(
    power(covariance(scale(target, scaling)), n, -0.5),
    power(covariance(source), n, 0.5),
    n,
  );
  return (x) => {
    const z = scale(x, scaling);
    const values = new Float64Array(z.values.length);
    for (let r = 0; r < z.rows; r++)
      for (let k = 0; k < n; k++) {
        const value = z.values[r * n + k];
        for (let c = 0; c < n; c++) values[r * n + c] += value * turn[k * n + c];
      }
    return { ...z, values };
  };
}

/**
 * What each class of the source moves by, (classes, columns): towards the middle of the target's cells of that class, the further the more of them
 * there are; half of the way for `halfway` cells. Nothing for a class without a target cell.
 */
export function classShifts(
  target: { readonly x: Matrix; readonly labels: Int32Array },
  source: { readonly x: Matrix; readonly labels: Int32Array },
  classes: number,
  halfway: number,
): Matrix {
  const columns = source.x.columns;
  const values = new Float64Array(classes * columns);
  const sourceRows = rowsByClass(source.labels, classes);
  rowsByClass(target.labels, classes).forEach((rows, c) => {
    if (rows.length === 0 || sourceRows[c].length === 0) return;
    const [to, from] = [middle(target.x, rows), middle(source.x, sourceRows[c])];
    const share = rows.length / (rows.length + halfway);
    to.forEach((value, column) => (values[c * columns + column] = share * (value - from[column])));
  });
  return { rows: classes, columns, values };
}

function middle(x: Matrix, rows: readonly number[]): Float64Array {
  const mean = new Float64Array(x.columns);
  for (const row of rows)
    for (let c = 0; c < x.columns; c++) mean[c] += x.values[row * x.columns + c] / rows.length;
  return mean;
}

/** (columns, columns), with the shrinkage; rows are centred already. */
function covariance({ rows, columns, values }: Matrix): Float64Array {
  const found = new Float64Array(columns * columns);
  for (let r = 0; r < rows; r++)
    for (let i = 0; i < columns; i++) {
      const value = values[r * columns + i] / rows;
      for (let j = 0; j < columns; j++) found[i * columns + j] += value * values[r * columns + j];
    }
  for (let i = 0; i < columns; i++) found[i * columns + i] += SHRINKAGE;
  return found;
}

/** The symmetric root of a positive definite matrix (exponent 0.5), or its inverse (-0.5). */
function power(matrix: Float64Array, n: number, exponent: 0.5 | -0.5): Float64Array {
  const { values, vectors } = eigenSymmetric(matrix, n);
  const roots = values.map((value) => (exponent === 0.5 ? Math.sqrt(value) : 1 / Math.sqrt(value)));
  const found = new Float64Array(n * n);
  for (let k = 0; k < n; k++)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) found[i * n + j] += roots[k] * vectors[i * n + k] * vectors[j * n + k];
  return found;
}

function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const found = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) for (let j = 0; j < n; j++) found[i * n + j] += a[i * n + k] * b[k * n + j];
  return found;
}
