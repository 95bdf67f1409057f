// A model that calls the subclass of one cell: calibrated probabilities of averaged nets over named features, an abstention where they
// are unsure or the cell is unlike those they were trained on, and what the call rests on.
import { log } from '../../engine/elementary.ts';
import { perceptronProbabilities } from '../classifiers/perceptron.ts';
import type { PerceptronWeights } from '../classifiers/perceptron.ts';
import { sharpen } from '../classifiers/temperature.ts';
import { rowOf } from '../tables/matrix.ts';
import type { Matrix } from '../tables/types.ts';
import { distances } from './typicality.ts';
import type { Typicality } from './typicality.ts';

export interface ModelFeature {
  /** The table's column. */
  readonly name: string;
  readonly unit: string;
}

/** Accuracy on held-out donors of the cells that are called at all, by how many are. Falling confidence. */
export interface CoverageStep {
  readonly coverage: number;
  /** Least probability of the called class. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface CellModel {
  readonly species: string;
  readonly classes: readonly string[];
  readonly features: readonly ModelFeature[];
  readonly weights: PerceptronWeights;
  /** 1 / temperature. */
  readonly sharpness: number;
  /** (features) least and greatest value of the training cells. */
  readonly range: { readonly low: Float64Array; readonly high: Float64Array };
  readonly typicality: Typicality;
  /** Distance that one in a hundred held-out cells exceeds. */
  readonly farthest: number;
  /** (classes, features, 3): 10 %, 50 % and 90 % of each class's training cells. */
  readonly distributions: Float64Array;
  readonly coverage: readonly CoverageStep[];
  /** What a person should know before using it: a model card as plain data. */
  readonly card: ModelCard;
}

export interface ModelCard {
  readonly name: string;
  readonly data: string;
  readonly licence: string;
  readonly cells: number;
  readonly donors: number;
  readonly cellsByClass: Readonly<Record<string, number>>;
  /** On donors held out of the fit, pooled. */
  readonly heldOut: {
    readonly macroF1: number;
    readonly accuracy: number;
    readonly ece: number;
    readonly f1ByClass: Readonly<Record<string, number>>;
    readonly folds: number;
    readonly n: number;
  };
  readonly limits: readonly string[];
  readonly configHash: string;
  readonly seed: number;
}

export interface CellCall {
  /** The called class, or null: abstained. */
  readonly call: string | null;
  /** The likeliest class, called or not. */
  readonly likeliest: string;
  readonly probability: number;
  readonly probabilities: Readonly<Record<string, number>>;
  /** Why there is no call; empty where there is one. */
  readonly abstained: readonly { readonly code: 'unsure' | 'unlike' | 'missing'; readonly reason: string }[];
  /** Squared distance to the nearest class a feature: 1 is usual, `limit` is exceeded by one in a hundred held-out cells. */
  readonly distance: { readonly value: number; readonly limit: number };
  /** Share of features that are there. */
  readonly present: number;
  /** Features beyond what any training cell had. */
  readonly outside: readonly {
    readonly feature: string;
    readonly value: number;
    readonly low: number;
    readonly high: number;
  }[];
  /** Features by how far the log-odds of the likeliest class move where they are taken away, most first. */
  readonly evidence: readonly Evidence[];
}

export interface Evidence {
  readonly feature: string;
  readonly unit: string;
  readonly value: number;
  /** ln p / (1 - p) with it minus without: above 0 it speaks for the likeliest class. */
  readonly weight: number;
  /** 10 %, 50 % and 90 % of each class's training cells. */
  readonly ofClasses: Readonly<Record<string, readonly [number, number, number]>>;
}

export interface CallOptions {
  /** Cells are called where held-out cells as sure as they were right this often; 0.95 by default. 0 calls every cell. */
  readonly minAccuracy?: number;
}

/** Fewer features than this share, and there is no call. */
const LEAST_PRESENT = 2 / 3;
/** A feature or two beyond the training range may be noise; more than this share of those present is another kind of cell or protocol. */
const MOST_OUTSIDE = 0.05;

/** Least probability at which cells are called for an accuracy; above 1 where no confidence reaches it. */
export function confidenceFor(model: CellModel, accuracy: number): number {
  // The longest stretch of sure cells that is right often enough.
  const reached = model.coverage.filter((step) => step.accuracy >= accuracy).at(-1);
  return accuracy <= 0 ? 0 : (reached?.confidence ?? 2);
}

/** A call without what it rests on, which takes a pass through the nets a feature: for lists of thousands. */
export type CellJudgement = Omit<CellCall, 'evidence'>;

/** @param values (features) in the model's order and units; NaN is missing */
export function judgeCell(
  model: CellModel,
  values: Float64Array,
  { minAccuracy = 0.95 }: CallOptions = {},
): CellJudgement {
  const { classes, features, range } = model;
  const width = features.length;
  const missing = values.filter(Number.isNaN).length;
  const row = { rows: 1, columns: width, values };
  const own = rowOf(classProbabilities(model, row), 0);
  const best = own.indexOf(Math.max(...own));
  const likeliest = classes[best];
  const outside = features.flatMap(({ name }, f) =>
    values[f] < range.low[f] || values[f] > range.high[f]
      ? [{ feature: name, value: values[f], low: range.low[f], high: range.high[f] }]
      : [],
  );
  const present = (width - missing) / width;
  const [distance] = distances(model.typicality, row, model.weights.scaling);
  const judged = { probability: own[best], present, outside: outside.length, distance, minAccuracy };
  const abstained = reasons(model, judged);
  return {
    call: abstained.length === 0 ? likeliest : null,
    ...{ likeliest, probability: own[best], abstained, present, outside },
    distance: { value: distance, limit: model.farthest },
    probabilities: Object.fromEntries(classes.map((name, c) => [name, own[c]])),
  };
}

/** @param values (features) in the model's order and units; NaN is missing */
export function callCell(model: CellModel, values: Float64Array, options: CallOptions = {}): CellCall {
  const { distance, probabilities, ...judged } = judgeCell(model, values, options);
  return { ...judged, evidence: evidenceOf(model, values), distance, probabilities };
}

function evidenceOf(model: CellModel, values: Float64Array): Evidence[] {
  const { classes, features, distributions } = model;
  const width = features.length;
  // The cell itself, then once without each feature.
  const rows = new Float64Array((width + 1) * width);
  for (let row = 0; row <= width; row++) rows.set(values, row * width);
  for (let f = 0; f < width; f++) rows[(f + 1) * width + f] = NaN;
  const p = classProbabilities(model, { rows: width + 1, columns: width, values: rows });
  const own = rowOf(p, 0);
  const best = own.indexOf(Math.max(...own));
  return features
    .map(({ name, unit }, f): Evidence => {
      const ofClasses = classes.map((one, c): [string, [number, number, number]] => {
        const at = (c * width + f) * 3;
        const [low, middle, high] = distributions.subarray(at, at + 3);
        return [one, [low, middle, high]];
      });
      const weight = logOdds(own[best]) - logOdds(rowOf(p, f + 1)[best]);
      return { feature: name, unit, value: values[f], weight, ofClasses: Object.fromEntries(ofClasses) };
    })
    .filter((_, f) => !Number.isNaN(values[f]))
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
}

/** Calibrated, (cells, classes). @param x (cells, features) in the model's order; NaN is missing */
export const classProbabilities = (model: CellModel, x: Matrix): Matrix =>
  sharpen(perceptronProbabilities(model.weights, x), model.sharpness);

/** Of a probability, kept finite. */
export const logOdds = (p: number): number => log(Math.max(p, 1e-9)) - log(Math.max(1 - p, 1e-9));

interface Judged {
  readonly distance: number;
  readonly probability: number;
  readonly present: number;
  readonly outside: number;
  readonly minAccuracy: number;
}

function reasons(model: CellModel, judged: Judged): CellCall['abstained'] {
  const { probability, present, outside, minAccuracy } = judged;
  const needed = confidenceFor(model, minAccuracy);
  const there = Math.round(present * model.features.length);
  const found: CellCall['abstained'][number][] = [];
  if (present < LEAST_PRESENT)
    found.push({
      code: 'missing',
      reason: `${there} of ${model.features.length} features could be measured; two thirds are needed`,
    });
  if (outside > Math.max(1, MOST_OUTSIDE * there))
    found.push({
      code: 'unlike',
      reason: `${outside} of ${there} features lie beyond what any training cell had`,
    });
  if (judged.distance > model.farthest)
    found.push({
      code: 'unlike',
      reason: `taken together its features are farther from every class (${judged.distance.toFixed(1)} a feature, usual is 1) than all but one in a hundred held-out cells (${model.farthest.toFixed(1)})`,
    });
  if (probability < needed)
    found.push({
      code: 'unsure',
      reason:
        needed > 1
          ? `no confidence of this model reaches an accuracy of ${minAccuracy} on held-out donors`
          : `the likeliest class has ${probability.toFixed(2)}; ${needed.toFixed(2)} is where held-out cells were right ${minAccuracy} of the time`,
    });
  return found;
}
