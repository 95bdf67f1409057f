// Linear discriminant analysis with a shrunk common covariance.
import { log } from '../../engine/elementary.ts';
import { SpikebridgeError } from '../../errors.ts';
import { factorCholesky, substituteCholesky } from '../../evaluation/linear-algebra.ts';
import type { Classifier, Matrix } from '../tables/types.ts';
import { fitScaling, scale } from './scaling.ts';
import { softmaxRows } from './softmax.ts';

export interface DiscriminantOptions {
  /** Share of the covariance that is replaced by its diagonal (0 to 1). */
  readonly shrinkage: number;
}

/** Added to the diagonal, so that a feature that is constant within every class does no harm. */
const FLOOR = 1e-6;

export function discriminant(name: string, options: DiscriminantOptions): Classifier {
  return {
    name,
    fit: (x, labels, { classes }) => {
      const scaling = fitScaling(x);
      const rows = scale(x, scaling);
      const { counts, means } = classMeans(rows, labels, classes);
      const covariance = withinCovariance(rows, labels, means);
      const p = x.columns;
      for (let i = 0; i < p; i++) {
        for (let j = 0; j < p; j++) if (i !== j) covariance[i * p + j] *= 1 - options.shrinkage;
        covariance[i * p + i] += FLOOR;
      }
      if (!factorCholesky(covariance, p)) {
        throw new SpikebridgeError('E_CELLTYPE_COVARIANCE', 'the covariance is not positive definite', {
          fix: 'look for infinite values in the features, or raise the shrinkage',
        });
      }
      // Score of class c: x'w_c - m_c'w_c / 2 + ln share, with w_c = covariance^-1 m_c.
      const weights = means.map((mean) => {
        const w = mean.slice();
        substituteCholesky(covariance, w, p);
        return w;
      });
      const offsets = means.map(
        (mean, c) => log(counts[c] / x.rows) - mean.reduce((sum, m, i) => sum + m * weights[c][i], 0) / 2,
      );
      return {
        probabilities: (test: Matrix): Matrix => {
          const scaled = scale(test, scaling);
          const values = new Float64Array(test.rows * classes);
          for (let row = 0; row < test.rows; row++) {
            for (let c = 0; c < classes; c++) {
              let score = offsets[c];
              for (let i = 0; i < p; i++) score += scaled.values[row * p + i] * weights[c][i];
              values[row * classes + c] = score;
            }
          }
          softmaxRows(values, classes);
          return { rows: test.rows, columns: classes, values };
        },
      };
    },
  };
}

export function classMeans(x: Matrix, labels: Int32Array, classes: number) {
  const counts = new Float64Array(classes);
  const means = Array.from({ length: classes }, () => new Float64Array(x.columns));
  for (let row = 0; row < x.rows; row++) {
    const mean = means[labels[row]];
    counts[labels[row]]++;
    for (let i = 0; i < x.columns; i++) mean[i] += x.values[row * x.columns + i];
  }
  means.forEach((mean, c) => {
    for (let i = 0; i < mean.length; i++) mean[i] /= Math.max(1, counts[c]);
  });
  return { counts, means };
}

export function withinCovariance(
  x: Matrix,
  labels: Int32Array,
  means: readonly Float64Array[],
): Float64Array {
  const p = x.columns;
  const sums = new Float64Array(p * p);
  const off = new Float64Array(p);
  for (let row = 0; row < x.rows; row++) {
    const mean = means[labels[row]];
    for (let i = 0; i < p; i++) off[i] = x.values[row * p + i] - mean[i];
    for (let i = 0; i < p; i++) for (let j = 0; j <= i; j++) sums[i * p + j] += off[i] * off[j];
  }
  const divisor = Math.max(1, x.rows - means.length);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j <= i; j++) {
      sums[i * p + j] /= divisor;
      sums[j * p + i] = sums[i * p + j];
    }
  }
  return sums;
}
