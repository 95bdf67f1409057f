// Several classifiers as one: a weighted mean of their probabilities, then a temperature. Weights and temperatures are chosen
// on donors held out inside the training rows, so that nothing of a test fold enters. A mixture of one is that classifier, calibrated.
import { assignFolds } from '../evaluation/folds.ts';
import type { Classifier, FitOptions, FittedClassifier, Matrix } from '../tables/types.ts';
import { partRows, takeRows } from './rows.ts';
import { fitSharpness, sharpen } from './temperature.ts';

/** Parts that the training rows are cut into. */
const INNER_FOLDS = 4;
const INNER_SEED = 0x696e;

/** Steps of expectation-maximisation; the likelihood is concave in the weights. */
const WEIGHT_STEPS = 200;

/** Cells' worth of belief that all members are equally good, as a share of the rows: weights of few cells are noise. */
const EVEN_BELIEF = 0.1;

/** What a mixture found on the held-out parts of its training rows. */
export interface FittedMixture extends FittedClassifier {
  /** By member, summing to one. */
  readonly weights: readonly number[];
  /** 1 / T of each member before the mean. */
  readonly memberSharpness: readonly number[];
  /** 1 / T of the mean. */
  readonly sharpness: number;
}

export interface Mixture extends Classifier {
  fit(x: Matrix, labels: Int32Array, options: FitOptions): FittedMixture;
}

export function mixture(name: string, members: readonly Classifier[]): Mixture {
  return {
    name,
    fit: (x, labels, options) => {
      const held = members.map((member) => heldOutProbabilities(member, x, labels, options));
      const memberSharpness = held.map((p) => fitSharpness(p, labels));
      const tempered = held.map((p, m) => sharpen(p, memberSharpness[m]));
      const weights = fitWeights(tempered, labels);
      const sharpness = fitSharpness(weightedMean(tempered, weights), labels);
      const fitted = members.map((member) => member.fit(x, labels, options));
      return {
        weights,
        memberSharpness,
        sharpness,
        probabilities: (test) => {
          const parts = fitted.map((member, m) => sharpen(member.probabilities(test), memberSharpness[m]));
          return sharpen(weightedMean(parts, weights), sharpness);
        },
      };
    },
  };
}

/** Probabilities of every training row by a classifier fitted without the row's donor. */
export function heldOutProbabilities(
  classifier: Classifier,
  x: Matrix,
  labels: Int32Array,
  options: FitOptions,
): Matrix {
  const folds = assignFolds(labels, options.classes, options.groups, INNER_FOLDS, options.seed ^ INNER_SEED);
  const values = new Float64Array(x.rows * options.classes);
  for (let fold = 0; fold < INNER_FOLDS; fold++) {
    const [train, test] = partRows(folds, fold);
    const fitted = classifier.fit(
      takeRows(x, train),
      Int32Array.from(train, (row) => labels[row]),
      { ...options, groups: train.map((row) => options.groups[row]) },
    );
    const p = fitted.probabilities(takeRows(x, test));
    test.forEach((row, i) =>
      values.set(p.values.subarray(i * p.columns, (i + 1) * p.columns), row * p.columns),
    );
  }
  return { rows: x.rows, columns: options.classes, values };
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
