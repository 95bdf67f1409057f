// What makes probabilities as sure as they may be: p^(1/T), normalised again (temperature scaling, Guo et al., 2017), and a
// share of doubt for what a temperature cannot tell, labels that are wrong however clear a cell looks.
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

/** Golden section: the valley is known to a millionth of the stretch. */
const RATIO = 0.6180339887498949;
const STEPS = 28;

/** The sharpness in [1/8, 8] with the least log loss on rows that the classifier was not fitted on; convex, so found for sure. */
export function fitSharpness(p: Matrix, labels: Int32Array): number {
  return exp(least((at) => logLoss(sharpen(p, exp(at)), labels), log(1 / 8), log(8)));
}

/** A share of doubt that no probability takes away: some labels are wrong, and some cells are like none of the training. */
export interface Calibration {
  readonly sharpness: number;
  readonly doubt: number;
}

const MOST_DOUBT = 0.1;

/** Sharpened probabilities, of which `doubt` is given to the classes' shares. */
export function calibrate(p: Matrix, { sharpness, doubt }: Calibration, shares: Float64Array): Matrix {
  const sharp = sharpen(p, sharpness);
  return {
    ...p,
    values: sharp.values.map((value, i) => (1 - doubt) * value + doubt * shares[i % p.columns]),
  };
}

/** Sharpness and doubt with the least log loss on rows that the classifier was not fitted on. */
export function fitCalibration(p: Matrix, labels: Int32Array, shares: Float64Array): Calibration {
  const sharpnessWith = (doubt: number): number =>
    exp(
      least((at) => logLoss(calibrate(p, { sharpness: exp(at), doubt }, shares), labels), log(1 / 8), log(8)),
    );
  const doubt = least(
    (at) => logLoss(calibrate(p, { sharpness: sharpnessWith(at), doubt: at }, shares), labels),
    0,
    MOST_DOUBT,
  );
  return { sharpness: sharpnessWith(doubt), doubt };
}

/** Where a function with one valley is least, by golden section. */
function least(loss: (at: number) => number, from: number, to: number): number {
  let low = from;
  let high = to;
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
  return (low + high) / 2;
}
