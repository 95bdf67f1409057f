// Principal components, plain and sparse, of training rows. Sparse: Zou, Hastie and Tibshirani (J. Computational and Graphical Statistics
// 2006), each component with a fixed number of non-zero loadings, as Gouwens et al. (Cell 2020) use it. All is computed from the products
// of centred columns, so that a step costs the same for any number of rows.
import { SpikebridgeError } from '../../errors.ts';
import { dot, eigenSymmetric, orthonormalFactor } from '../../evaluation/linear-algebra.ts';
import { rowOf } from '../tables/matrix.ts';
import type { Matrix } from '../tables/types.ts';
import { elasticNetAt } from './elastic-net-path.ts';

/** What a fit gives; plain data, so that it can be kept in a file. */
export interface Components {
  /** (columns) of the training rows. */
  readonly means: Float64Array;
  /** (components, columns); each of unit norm, its largest loading positive. */
  readonly loadings: Matrix;
  /** Share of the variance that each adds to those before it. */
  readonly variance: Float64Array;
  /** Rounds of refinement, and whether the last one moved no loading by more than the tolerance. Plain components: 0 and true. */
  readonly rounds: number;
  readonly converged: boolean;
}

export interface SparseOptions {
  /** Non-zero loadings of each component. */
  readonly nonZero: readonly number[];
  readonly ridge?: number;
  readonly rounds?: number;
  readonly tolerance?: number;
}

/**
 * Plain principal components of these rows, by falling variance.
 * @throws E_COMPONENTS_* where rows have gaps, or are too few or too even for so many
 */
export function fitComponents(x: Matrix, components: number): Components {
  const { means, gram, total } = centredProducts(x, components);
  const { values, vectors } = leading(gram, x.columns, components);
  return {
    means,
    loadings: signed({ rows: components, columns: x.columns, values: vectors }),
    variance: values.map((value) => Math.max(0, value) / total),
    rounds: 0,
    converged: true,
  };
}

/**
 * Sparse principal components of these rows: loadings from elastic nets towards rotated plain components, in turn until no loading
 * moves by more than `tolerance`. Columns are centred and not scaled.
 * @throws E_COMPONENTS_* as above, and where a component is asked for no loading or more than there are columns
 */
export function fitSparseComponents(
  x: Matrix,
  { nonZero, ridge = 1e-6, rounds: limit = 500, tolerance = 1.5e-3 }: SparseOptions,
): Components {
  const [columns, components] = [x.columns, nonZero.length];
  const wrong = nonZero.find((count) => !Number.isInteger(count) || count < 1 || count > columns);
  if (wrong !== undefined)
    throw new SpikebridgeError(
      'E_COMPONENTS_LOADINGS',
      `a component cannot have ${wrong} of ${columns} loadings`,
      {
        fix: `Ask for 1 to ${columns}.`,
      },
    );
  const { means, gram, total } = centredProducts(x, components);
  return { means, ...sparseLoadings(gram, columns, total, { nonZero, ridge, rounds: limit, tolerance }) };
}

/** The same of products of columns (columns, columns) alone: a covariance or correlation matrix will do. `total` is its trace. */
export function sparseLoadings(
  gram: Float64Array,
  columns: number,
  total: number,
  { nonZero, ridge, rounds: limit, tolerance }: Required<SparseOptions>,
): Omit<Components, 'means'> {
  const components = nonZero.length;
  // Coefficients go into the rotation as the nets leave them, not at unit norm: how far each is shrunk weighs there.
  let coefficients = refine(gram, columns, leading(gram, columns, components).vectors, nonZero, ridge);
  let loadings = unitNorm(coefficients);
  let rounds = 0;
  let moved = Infinity;
  while (rounds < limit && moved > tolerance) {
    coefficients = refine(gram, columns, rotated(gram, coefficients, columns), nonZero, ridge);
    const next = unitNorm(coefficients);
    moved = next.values.reduce((most, value, i) => Math.max(most, Math.abs(value - loadings.values[i])), 0);
    loadings = next;
    rounds++;
  }
  return {
    loadings: signed(loadings),
    variance: adjustedVariance(gram, loadings, total),
    rounds,
    converged: moved <= tolerance,
  };
}

/** Scores (rows, components) of any rows. A row with a gap has no scores: NaN. */
export function project({ means, loadings }: Components, x: Matrix): Matrix {
  const values = new Float64Array(x.rows * loadings.rows);
  for (let r = 0; r < x.rows; r++) {
    const centred = rowOf(x, r).map((value, c) => value - means[c]);
    for (let k = 0; k < loadings.rows; k++) values[r * loadings.rows + k] = dot(centred, rowOf(loadings, k));
  }
  return { rows: x.rows, columns: loadings.rows, values };
}

/** One elastic net a component, towards its target (components, columns). */
function refine(
  gram: Float64Array,
  columns: number,
  targets: Float64Array,
  nonZero: readonly number[],
  ridge: number,
): Matrix {
  const values = new Float64Array(nonZero.length * columns);
  nonZero.forEach((count, k) => {
    const target = times(gram, targets.subarray(k * columns, (k + 1) * columns), columns);
    values.set(elasticNetAt(gram, target, columns, count, ridge), k * columns);
  });
  return { rows: nonZero.length, columns, values };
}

function unitNorm(loadings: Matrix): Matrix {
  const values = loadings.values.slice();
  for (let k = 0; k < loadings.rows; k++) {
    const row = values.subarray(k * loadings.columns, (k + 1) * loadings.columns);
    const length = Math.sqrt(dot(row, row));
    if (length > 0) row.forEach((value, c) => (row[c] = value / length));
  }
  return { ...loadings, values };
}

/** The orthonormal directions that reproduce the rows best from their scores: where the next elastic nets aim, (components, columns). */
function rotated(gram: Float64Array, loadings: Matrix, columns: number): Float64Array {
  const components = loadings.rows;
  const products = new Float64Array(columns * components);
  for (let k = 0; k < components; k++)
    times(gram, rowOf(loadings, k), columns).forEach((value, c) => {
      products[c * components + k] = value;
    });
  const factor = orthonormalFactor(products, columns, components);
  return Float64Array.from(
    { length: columns * components },
    (_, i) => factor[(i % columns) * components + Math.floor(i / columns)],
  );
}

/** Squared diagonal of R in scores = Q R over the total: what each component adds to those before it (Zou et al., section 3.4). */
function adjustedVariance(gram: Float64Array, loadings: Matrix, total: number): Float64Array {
  const components = loadings.rows;
  const directions = Array.from({ length: components }, (_, k) => rowOf(loadings, k));
  const products = directions.map((direction) => times(gram, direction, loadings.columns));
  const factor: number[][] = [];
  return Float64Array.from(directions, (direction, i) => {
    const row: number[] = [];
    let rest = dot(direction, products[i]);
    for (let j = 0; j < i; j++) {
      let sum = dot(direction, products[j]);
      for (let k = 0; k < j; k++) sum -= row[k] * factor[j][k];
      row.push(factor[j][j] > 0 ? sum / factor[j][j] : 0);
      rest -= row[j] ** 2;
    }
    rest = Math.max(0, rest);
    factor.push([...row, Math.sqrt(rest)]);
    return rest / total;
  });
}

/** Means and products of centred columns, once the rows are known to carry so many components. */
function centredProducts(
  x: Matrix,
  components: number,
): { readonly means: Float64Array; readonly gram: Float64Array; readonly total: number } {
  const { rows, columns } = x;
  if (x.values.some((value) => !Number.isFinite(value)))
    throw new SpikebridgeError('E_COMPONENTS_GAP', 'components need rows without gaps', {
      fix: 'Fit on the rows that are whole; others are projected to NaN.',
    });
  const most = Math.min(columns, rows - 1);
  if (!(components >= 1 && components <= most))
    throw new SpikebridgeError(
      'E_COMPONENTS_NUMBER',
      `${rows} rows of ${columns} columns have no ${components} components`,
      { fix: most < 1 ? 'Give at least two rows.' : `Ask for 1 to ${most}.` },
    );
  const means = new Float64Array(columns);
  x.values.forEach((value, i) => {
    means[i % columns] += value / rows;
  });
  const gram = new Float64Array(columns * columns);
  for (let r = 0; r < rows; r++) {
    const centred = rowOf(x, r).map((value, c) => value - means[c]);
    for (let i = 0; i < columns; i++) {
      const value = centred[i];
      if (value === 0) continue;
      const at = i * columns;
      for (let j = i; j < columns; j++) gram[at + j] += value * centred[j];
    }
  }
  let total = 0;
  for (let i = 0; i < columns; i++) {
    total += gram[i * columns + i];
    for (let j = 0; j < i; j++) gram[i * columns + j] = gram[j * columns + i];
  }
  // What rounding of the means leaves of rows that are all the same is no variance.
  if (!(total > 1e-22 * dot(x.values, x.values)))
    throw new SpikebridgeError('E_COMPONENTS_CONSTANT', 'no column varies among these rows', {
      fix: 'Leave this family out, or give more cells.',
    });
  return { means, gram, total };
}

/** The largest eigenvalues and their vectors (components, columns). */
function leading(
  gram: Float64Array,
  columns: number,
  components: number,
): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const all = eigenSymmetric(gram, columns);
  const vectors = new Float64Array(components * columns);
  for (let k = 0; k < components; k++)
    for (let c = 0; c < columns; c++) vectors[k * columns + c] = all.vectors[c * columns + columns - 1 - k];
  return {
    values: Float64Array.from({ length: components }, (_, k) => all.values[columns - 1 - k]),
    vectors,
  };
}

/** Each component's largest loading made positive: its sign means nothing, and this one is the same everywhere. */
function signed(loadings: Matrix): Matrix {
  const values = loadings.values.slice();
  for (let k = 0; k < loadings.rows; k++) {
    const row = values.subarray(k * loadings.columns, (k + 1) * loadings.columns);
    const most = row.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
    if (most < 0) row.forEach((value, c) => (row[c] = -value));
  }
  return { ...loadings, values };
}

function times(gram: Float64Array, vector: Float64Array, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => dot(gram.subarray(i * size, (i + 1) * size), vector));
}
