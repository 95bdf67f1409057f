// How unlike the training cells a cell is, features taken together: each value may be common while their combination is not. The squared
// Mahalanobis distance to the nearest class, over the features that are there, and the distance that few held-out cells exceed.
import { SpikebridgeError } from '../../errors.ts';
import { factorCholesky, substituteCholesky } from '../../evaluation/linear-algebra.ts';
import { classMeans, withinCovariance } from '../classifiers/discriminant.ts';
import { scale } from '../classifiers/scaling.ts';
import type { Scaling } from '../classifiers/scaling.ts';
import type { Matrix } from '../tables/types.ts';

export interface Typicality {
  /** (classes, features), in scaled features. */
  readonly means: Float64Array;
  /** (features, features) inverse of the shrunk covariance within classes. */
  readonly precision: Float64Array;
}

/** Share of the covariance that is replaced by its diagonal. */
const SHRINKAGE = 0.05;
const FLOOR = 1e-6;

/** @throws E_CELLTYPE_COVARIANCE for infinite values */
export function fitTypicality(x: Matrix, labels: Int32Array, classes: number, scaling: Scaling): Typicality {
  const rows = scale(x, scaling);
  const { means } = classMeans(rows, labels, classes);
  const p = x.columns;
  const covariance = withinCovariance(rows, labels, means);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) if (i !== j) covariance[i * p + j] *= 1 - SHRINKAGE;
    covariance[i * p + i] += FLOOR;
  }
  if (!factorCholesky(covariance, p))
    throw new SpikebridgeError('E_CELLTYPE_COVARIANCE', 'the covariance is not positive definite', {
      fix: 'look for infinite values in the features',
    });
  const precision = new Float64Array(p * p);
  const column = new Float64Array(p);
  for (let i = 0; i < p; i++) {
    column.fill(0);
    column[i] = 1;
    substituteCholesky(covariance, column, p);
    precision.set(column, i * p);
  }
  const flat = new Float64Array(classes * p);
  means.forEach((mean, c) => flat.set(mean, c * p));
  return { means: flat, precision };
}

/** By row: the squared distance to the nearest class a feature, so that 1 is what a cell of a class has on average; 0 without any feature. */
export function distances({ means, precision }: Typicality, x: Matrix, scaling: Scaling): Float64Array {
  const p = x.columns;
  const rows = scale(x, scaling);
  const off = new Float64Array(p);
  return Float64Array.from({ length: x.rows }, (_, row) => {
    let nearest = Infinity;
    let there = 0;
    for (let i = 0; i < p; i++) there += Number(!Number.isNaN(x.values[row * p + i]));
    for (let c = 0; c * p < means.length; c++) {
      // What is missing is taken to be what the class has on average.
      for (let i = 0; i < p; i++)
        off[i] = Number.isNaN(x.values[row * p + i]) ? 0 : rows.values[row * p + i] - means[c * p + i];
      let sum = 0;
      for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) sum += off[i] * precision[i * p + j] * off[j];
      nearest = Math.min(nearest, sum);
    }
    return there === 0 ? 0 : nearest / there;
  });
}
