// Ridge regression of class membership on a Gaussian kernel, classes weighted alike: a least-squares support vector machine
// without support vectors to search for, solved in closed form.
import { exp, log } from '../../engine/elementary.ts';
import { SpikebridgeError } from '../../errors.ts';
import { substituteCholesky } from '../../evaluation/linear-algebra.ts';
import type { Classifier, FittedClassifier, Matrix } from '../tables/types.ts';
import { factorInBlocks } from './block-cholesky.ts';
import { balancedWeights } from './forest.ts';
import { type Scaling, fitScaling, scale } from './scaling.ts';
import { softmaxRows } from './softmax.ts';

export interface KernelRidgeOptions {
  /** The kernel is exp(-width / columns * squared distance) of scaled features. */
  readonly width: number;
  /**
   * Features count by their share of variance between classes to this power: 0 for all alike. What tells classes apart in the
   * training rows then lies further apart.
   */
  readonly relevance: number;
  /** Ridge of a row of weight 1; a row of weight w has ridge / w. */
  readonly ridge: number;
}

/** A feature without any difference between classes still has a place, out of the way. */
const LEAST_SHARE = 1e-4;

/** Regression scores lie near 0 and 1: what makes shares of them. Calibration comes after, where it is asked for. */
const SHARPNESS = 6;

export function kernelRidge(name: string, options: KernelRidgeOptions): Classifier {
  return {
    name,
    fit: (x, labels, { classes }) => {
      const plain = fitScaling(x);
      const weights = balancedWeights(labels, classes);
      const scaling = stretched(plain, betweenClasses(scale(x, plain), labels, classes), options.relevance);
      const rows = scale(x, scaling);
      const n = x.rows;
      const gamma = options.width / x.columns;
      const gram = kernelMatrix(rows, gamma);
      for (let i = 0; i < n; i++) gram[i * n + i] += options.ridge / weights[labels[i]];
      if (!factorInBlocks(gram, n)) {
        throw new SpikebridgeError('E_CELLTYPE_KERNEL', 'the kernel matrix is not positive definite', {
          fix: 'look for infinite values in the features, or raise the ridge',
        });
      }
      const share = new Float64Array(classes);
      for (const label of labels) share[label] += 1 / n;
      const columns = Array.from({ length: classes }, (_, c) => {
        const target = Float64Array.from(labels, (label) => (label === c ? 1 : 0) - share[c]);
        substituteCholesky(gram, target, n);
        return target;
      });
      const coefficients = new Float64Array(n * classes);
      for (let i = 0; i < n; i++)
        for (let c = 0; c < classes; c++) coefficients[i * classes + c] = columns[c][i];
      return new FittedKernelRidge(scaling, rows, gamma, coefficients, share);
    },
  };
}

class FittedKernelRidge implements FittedClassifier {
  private readonly scaling: Scaling;
  private readonly support: Matrix;
  private readonly gamma: number;
  private readonly coefficients: Float64Array;
  private readonly share: Float64Array;

  constructor(
    scaling: Scaling,
    support: Matrix,
    gamma: number,
    coefficients: Float64Array,
    share: Float64Array,
  ) {
    this.scaling = scaling;
    this.support = support;
    this.gamma = gamma;
    this.coefficients = coefficients;
    this.share = share;
  }

  probabilities(x: Matrix): Matrix {
    const rows = scale(x, this.scaling);
    const { support, gamma, coefficients, share } = this;
    const classes = share.length;
    const values = new Float64Array(x.rows * classes);
    for (let i = 0; i < x.rows; i++) {
      values.set(share, i * classes);
      for (let j = 0; j < support.rows; j++) {
        const k = kernel(rows.values, i * x.columns, support.values, j * x.columns, x.columns, gamma);
        for (let c = 0; c < classes; c++) values[i * classes + c] += k * coefficients[j * classes + c];
      }
    }
    softmaxRows(values, classes, SHARPNESS);
    return { rows: x.rows, columns: classes, values };
  }
}

/** Share of each scaled feature's variance that lies between classes. */
function betweenClasses(x: Matrix, labels: Int32Array, classes: number): Float64Array {
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label]++;
  return Float64Array.from({ length: x.columns }, (_, column) => {
    const sums = new Float64Array(classes);
    for (let row = 0; row < x.rows; row++) sums[labels[row]] += x.values[row * x.columns + column];
    // Mean 0 and variance 1 by scaling.
    return sums.reduce((all, sum, c) => all + (counts[c] > 0 ? sum ** 2 / counts[c] / x.rows : 0), 0);
  });
}

/** The scaling with each feature times its relevance, squares of mean 1. */
function stretched(scaling: Scaling, shares: Float64Array, power: number): Scaling {
  if (power === 0) return scaling;
  const factors = shares.map((share) => exp(power * log(Math.max(share, LEAST_SHARE))));
  const norm = Math.sqrt(factors.reduce((sum, factor) => sum + factor ** 2, 0) / factors.length);
  return { ...scaling, deviation: scaling.deviation.map((d, i) => (d * norm) / factors[i]) };
}

function kernelMatrix(x: Matrix, gamma: number): Float64Array {
  const gram = new Float64Array(x.rows * x.rows);
  for (let i = 0; i < x.rows; i++) {
    for (let j = 0; j <= i; j++) {
      const k = kernel(x.values, i * x.columns, x.values, j * x.columns, x.columns, gamma);
      gram[i * x.rows + j] = k;
      gram[j * x.rows + i] = k;
    }
  }
  return gram;
}

function kernel(
  a: Float64Array,
  atA: number,
  b: Float64Array,
  atB: number,
  columns: number,
  gamma: number,
): number {
  let squared = 0;
  for (let c = 0; c < columns; c++) {
    const d = a[atA + c] - b[atB + c];
    squared += d * d;
  }
  return exp(-gamma * squared);
}
