// Figures of one model from its probabilities of cells it was not fitted on: one set a repeat, means over repeats, and
// intervals over donors.
import { RandomStream } from '../../engine/random.ts';
import type { Estimate } from '../../evaluation/uncertainty/bootstrap.ts';
import type { Matrix } from '../tables/types.ts';
import {
  calibratedErrorQuantile,
  calibrationError,
  confidences,
  reliability,
  selectiveAccuracy,
  surestFirst,
} from './calibration.ts';
import { accuracyOf, classF1, confusion, macroF1, predictedClasses } from './scores.ts';

/** Out-of-fold probabilities of one repeat, with all that is read from them again and again. */
export interface Judged {
  readonly predicted: Int32Array;
  readonly confidence: Float64Array;
  readonly right: Uint8Array;
  readonly order: Int32Array;
}

export function judge(p: Matrix, labels: Int32Array): Judged {
  const predicted = predictedClasses(p);
  const confidence = confidences(p, predicted);
  return {
    predicted,
    confidence,
    right: Uint8Array.from(predicted, (label, row) => (label === labels[row] ? 1 : 0)),
    order: surestFirst(confidence),
  };
}

/** Coverages that the selective accuracy is given at. */
export const COVERAGES = [0.5, 0.6, 0.7, 0.8, 0.9, 1] as const;

/** What is resampled, in one vector, so that two models can be set side by side draw by draw. */
const MACRO = 0;
const ACCURACY = 1;
const ERROR = 2;
const COVERAGE_FROM = 3;
const CLASS_FROM = COVERAGE_FROM + COVERAGES.length;

/** Means over the repeats, rows weighted. */
function vector(
  judged: readonly Judged[],
  labels: Int32Array,
  classes: number,
  weights: Float64Array | null,
): Float64Array {
  const sums = new Float64Array(CLASS_FROM + classes);
  for (const { predicted, confidence, right, order } of judged) {
    const table = confusion(labels, predicted, classes, weights);
    sums[MACRO] += macroF1(table, classes);
    sums[ACCURACY] += accuracyOf(table, classes);
    sums[ERROR] += calibrationError(confidence, right, weights);
    COVERAGES.forEach((coverage, i) => {
      sums[COVERAGE_FROM + i] += selectiveAccuracy(confidence, right, order, coverage, weights);
    });
    classF1(table, classes).forEach((value, c) => {
      sums[CLASS_FROM + c] += Number.isNaN(value) ? 0 : value;
    });
  }
  return sums.map((value) => value / judged.length);
}

/** How often each donor is drawn, by row: draw after draw, the same for every model. */
export class DonorResamples {
  readonly draws: number;
  private readonly donorOf: Int32Array;
  private readonly donors: number;
  private readonly seed: number;

  constructor(donors: readonly string[], draws: number, seed: number) {
    const numbers = new Map<string, number>();
    for (const donor of donors) if (!numbers.has(donor)) numbers.set(donor, numbers.size);
    this.donorOf = Int32Array.from(donors, (donor) => numbers.get(donor) ?? 0);
    this.donors = numbers.size;
    this.draws = draws;
    this.seed = seed;
  }

  each(visit: (weights: Float64Array) => void): void {
    const random = new RandomStream(this.seed, 0x6472);
    const times = new Float64Array(this.donors);
    const weights = new Float64Array(this.donorOf.length);
    for (let draw = 0; draw < this.draws; draw++) {
      times.fill(0);
      for (let d = 0; d < this.donors; d++) times[random.integer(this.donors)]++;
      for (let row = 0; row < weights.length; row++) weights[row] = times[this.donorOf[row]];
      visit(weights);
    }
  }
}

/** A model's exact figures and what they become in each resample of donors. */
export interface Resampled {
  readonly exact: Float64Array;
  readonly draws: readonly Float64Array[];
}

export function resample(
  judged: readonly Judged[],
  labels: Int32Array,
  classes: number,
  resamples: DonorResamples,
): Resampled {
  const draws: Float64Array[] = [];
  resamples.each((weights) => draws.push(vector(judged, labels, classes, weights)));
  return { exact: vector(judged, labels, classes, null), draws };
}

/**
 * 95 % interval: the resamples' spread, moved so that their mean lies on the exact value. Without the move the calibration
 * error, an absolute value, would look larger in every resample than it is.
 */
function interval(exact: number, draws: readonly number[], n: number, most: number): Estimate {
  const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
  const rising = Float64Array.from(draws).sort();
  const at = (share: number): number => rising[Math.round(share * (rising.length - 1))];
  const least = most === 1 ? 0 : -1;
  const moved = (value: number): number => Math.min(1, Math.max(least, value + exact - mean));
  return { value: exact, low: moved(at(0.025)), high: moved(at(0.975)), n };
}

export interface ModelFigures {
  readonly macroF1: Estimate;
  readonly accuracy: Estimate;
  /** `calibrated90`: the 90th percentile of a perfectly calibrated classifier's with these confidences and this many cells. */
  readonly ece: Estimate & { readonly calibrated90: number };
  /** F1 by class. */
  readonly perClass: Readonly<Record<string, Estimate>>;
  /** Standard deviation of macro-F1 over repeats: seeds and splits, not cells. */
  readonly spreadOverRepeats: number;
  /** True class by predicted class: mean number of cells over repeats. */
  readonly confusion: readonly (readonly number[])[];
  /** All repeats together. */
  readonly reliability: ReturnType<typeof reliability>;
  /** Accuracy of the surest cells. */
  readonly coverage: readonly { readonly coverage: number; readonly accuracy: Estimate }[];
}

export function figuresOf(
  judged: readonly Judged[],
  labels: Int32Array,
  classes: readonly string[],
  resampled: Resampled,
  calibration: { readonly draws: number; readonly seed: number },
): ModelFigures {
  const n = labels.length;
  const estimate = (at: number): Estimate =>
    interval(
      resampled.exact[at],
      resampled.draws.map((draw) => draw[at]),
      n,
      1,
    );
  const tables = judged.map(({ predicted }) => confusion(labels, predicted, classes.length));
  const macros = tables.map((table) => macroF1(table, classes.length));
  const mean = macros.reduce((sum, value) => sum + value, 0) / macros.length;
  const squares = macros.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const calibrated = judged.map(({ confidence }) => calibratedErrorQuantile(confidence, 0.9, calibration));
  return {
    macroF1: estimate(MACRO),
    accuracy: estimate(ACCURACY),
    ece: {
      ...estimate(ERROR),
      calibrated90: calibrated.reduce((sum, value) => sum + value, 0) / calibrated.length,
    },
    perClass: Object.fromEntries(classes.map((name, c) => [name, estimate(CLASS_FROM + c)])),
    spreadOverRepeats: macros.length < 2 ? 0 : Math.sqrt(squares / (macros.length - 1)),
    confusion: classes.map((_, truth) =>
      classes.map(
        (__, called) =>
          tables.reduce((sum, table) => sum + table[truth * classes.length + called], 0) / tables.length,
      ),
    ),
    reliability: reliability(
      Float64Array.from(judged.flatMap(({ confidence }) => [...confidence])),
      Uint8Array.from(judged.flatMap(({ right }) => [...right])),
    ),
    coverage: COVERAGES.map((coverage, i) => ({ coverage, accuracy: estimate(COVERAGE_FROM + i) })),
  };
}

/** One model minus another, donors resampled for both alike. */
export function differenceOf(model: Resampled, other: Resampled, n: number) {
  const of = (at: number): Estimate =>
    interval(
      model.exact[at] - other.exact[at],
      model.draws.map((draw, i) => draw[at] - other.draws[i][at]),
      n,
      2,
    );
  return { macroF1: of(MACRO), accuracy: of(ACCURACY) };
}
