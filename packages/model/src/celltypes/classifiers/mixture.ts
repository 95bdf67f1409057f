// Several classifiers as one: a weighted mean of their probabilities, then a temperature and a doubt. Weights and temperatures are chosen
// on donors held out inside the training rows, so that nothing of a test fold enters. A mixture of one is that classifier, calibrated.
import { assignFolds } from '../evaluation/folds.ts';
import { takeRows } from '../tables/matrix.ts';
import type { Classifier, FitOptions, FittedClassifier, Matrix } from '../tables/types.ts';
import { partRows } from './rows.ts';
import { type Calibration, calibrate, fitCalibration, fitSharpness, sharpen } from './temperature.ts';

/** Parts of the training rows, each held out once: a calibration rests on every row that there is. */
const INNER_FOLDS = 4;
const INNER_SEED = 0x696e;

/** Steps of expectation-maximisation; the likelihood is concave in the weights. */
const WEIGHT_STEPS = 200;

/** Cells' worth of belief that all members are equally good, as a share of the rows: weights of few cells are noise. */
const EVEN_BELIEF = 0.1;

/** What a mixture found on the held-out parts of its training rows. */
export interface FittedClassifierMixture extends FittedClassifier {
  /** By member, summing to one. */
  readonly weights: readonly number[];
  /** 1 / T of each member before the mean. */
  readonly memberSharpness: readonly number[];
  /** Of the mean. */
  readonly calibration: Calibration;
}

export interface ClassifierMixture extends Classifier {
  fit(x: Matrix, labels: Int32Array, options: FitOptions): FittedClassifierMixture;
}

export function mixture(name: string, members: readonly Classifier[]): ClassifierMixture {
  return {
    name,
    fit: (x, labels, options) => {
      const parts = innerParts(labels, options);
      const rows = parts.flatMap(([, held]) => held);
      const truth = Int32Array.from(rows, (row) => labels[row]);
      const held = members.map((member) => heldOut(member, x, labels, options, parts));
      const memberSharpness = held.map((p) => fitSharpness(p, truth));
      const tempered = held.map((p, m) => sharpen(p, memberSharpness[m]));
      const weights = fitWeights(tempered, truth);
      const shares = new Float64Array(options.classes);
      for (const label of labels) shares[label] += 1 / labels.length;
      const calibration = fitCalibration(weightedMean(tempered, weights), truth, shares);
      const fitted = members.map((member) => member.fit(x, labels, options));
      return {
        weights,
        memberSharpness,
        calibration,
        probabilities: (test) => {
          const parts = fitted.map((member, m) => sharpen(member.probabilities(test), memberSharpness[m]));
          return calibrate(weightedMean(parts, weights), calibration, shares);
        },
      };
    },
  };
}

type Part = readonly [others: number[], held: number[]];

/** The training rows in parts to hold out one after the other, donors whole. */
function innerParts(labels: Int32Array, { classes, groups, seed }: FitOptions): Part[] {
  const folds = assignFolds(labels, classes, groups, INNER_FOLDS, (seed ^ INNER_SEED) >>> 0);
  return Array.from({ length: INNER_FOLDS }, (_, fold) => partRows(folds, fold));
}

/** Probabilities of the held-out rows, part after part, each by a classifier fitted on the others. */
function heldOut(
  classifier: Classifier,
  x: Matrix,
  labels: Int32Array,
  options: FitOptions,
  parts: readonly Part[],
): Matrix {
  const answers = parts.map(([others, held]) => {
    const truth = Int32Array.from(others, (row) => labels[row]);
    const groups = others.map((row) => options.groups[row]);
    const fitted = classifier.fit(takeRows(x, others), truth, { ...options, groups });
    return fitted.probabilities(takeRows(x, held));
  });
  const values = new Float64Array(parts.reduce((sum, [, held]) => sum + held.length * options.classes, 0));
  let at = 0;
  for (const answer of answers) {
    values.set(answer.values, at);
    at += answer.values.length;
  }
  return { rows: values.length / options.classes, columns: options.classes, values };
}

/** Weights with the largest likelihood of the labels under the mean, drawn towards equal ones by `EVEN_BELIEF`. */
function fitWeights(parts: readonly Matrix[], labels: Int32Array): number[] {
  const count = parts.length;
  const belief = (EVEN_BELIEF * labels.length) / count;
  let weights = parts.map(() => 1 / count);
  for (let step = 0; step < WEIGHT_STEPS; step++) {
    const credit = parts.map(() => belief);
    for (let row = 0; row < labels.length; row++) {
      let sum = 0;
      const at = row * parts[0].columns + labels[row];
      for (let m = 0; m < count; m++) sum += weights[m] * parts[m].values[at];
      if (sum === 0) continue;
      for (let m = 0; m < count; m++) credit[m] += (weights[m] * parts[m].values[at]) / sum;
    }
    const all = credit.reduce((sum, value) => sum + value, 0);
    weights = credit.map((value) => value / all);
  }
  return weights;
}

function weightedMean(parts: readonly Matrix[], weights: readonly number[]): Matrix {
  const values = new Float64Array(parts[0].values.length);
  parts.forEach((part, m) => {
    for (let i = 0; i < values.length; i++) values[i] += weights[m] * part.values[i];
  });
  return { ...parts[0], values };
}
