// One number that makes probabilities as sure as they may be: p^(1/T), normalised again (temperature scaling, Guo et al.,
// 2017). The order of the classes never changes.
import { exp, log } from '../../engine/elementary.ts';
import type { Matrix } from '../tables/types.ts';

/** Probabilities below this count as this in logarithms, so that one zero does not decide everything. */
export const LEAST = 1e-6;

/** Probabilities p^sharpness, normalised; sharpness = 1 / T. */
export function sharpen(p: Matrix, sharpness: number): Matrix {
  const values = new Float64Array(p.values.length);
  for (let from = 0; from < values.length; from += p.columns) {
    let sum = 0;
    for (let i = from; i < from + p.columns; i++) {
      values[i] = exp(sharpness * log(Math.max(LEAST, p.values[i])));
      sum += values[i];
    }
    for (let i = from; i < from + p.columns; i++) values[i] /= sum;
  }
  return { ...p, values };
}

/** Mean of -ln of the true class's probability (nats). */
export function logLoss(p: Matrix, labels: Int32Array): number {
  let sum = 0;
  labels.forEach((label, row) => {
    sum -= log(Math.max(LEAST, p.values[row * p.columns + label]));
  });
  return sum / p.rows;
}

/** Golden section, on the logarithm. */
const RATIO = 0.6180339887498949;
const STEPS = 40;

/** The sharpness in [1/8, 8] with the least log loss on rows that the classifier was not fitted on; convex, so found for sure. */
export function fitSharpness(p: Matrix, labels: Int32Array): number {
  const loss = (at: number): number => logLoss(sharpen(p, exp(at)), labels);
  let low = log(1 / 8);
  let high = log(8);
  let a = high - RATIO * (high - low);
  let b = low + RATIO * (high - low);
  let lossA = loss(a);
  let lossB = loss(b);
  for (let step = 0; step < STEPS; step++) {
    if (lossA <= lossB) {
      high = b;
      b = a;
      lossB = lossA;
      a = high - RATIO * (high - low);
      lossA = loss(a);
    } else {
      low = a;
      a = b;
      lossA = lossB;
      b = low + RATIO * (high - low);
      lossB = loss(b);
    }
  }
  return exp((low + high) / 2);
}
