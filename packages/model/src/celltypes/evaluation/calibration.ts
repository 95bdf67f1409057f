// Whether a stated probability is a frequency: expected calibration error, reliability, what a perfectly calibrated
// classifier would show at the same n, and accuracy where only the surest cells are called.
import { RandomStream } from '../../engine/random.ts';
import { rowOf } from '../tables/matrix.ts';
import type { Matrix } from '../tables/types.ts';

/** Bins of equal width of the probability of the predicted class (Guo et al., 2017, use 15). */
export const RELIABILITY_BINS = 15;

/** Probability of the predicted class by row. */
export function confidences(p: Matrix, predicted: Int32Array): Float64Array {
  return Float64Array.from(predicted, (label, row) => rowOf(p, row)[label]);
}

export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly cells: number;
  /** Means over the bin's cells; null in an empty bin. */
  readonly confidence: number | null;
  readonly accuracy: number | null;
}

export function reliability(confidence: Float64Array, right: Uint8Array): ReliabilityBin[] {
  const sums = binSums(confidence, right, null);
  return Array.from({ length: RELIABILITY_BINS }, (_, bin) => {
    const cells = sums.weight[bin];
    return {
      low: bin / RELIABILITY_BINS,
      high: (bin + 1) / RELIABILITY_BINS,
      cells,
      confidence: cells > 0 ? sums.confidence[bin] / cells : null,
      accuracy: cells > 0 ? sums.right[bin] / cells : null,
    };
  });
}

/** Mean over cells of |accuracy - confidence| of the cell's bin. */
export function calibrationError(
  confidence: Float64Array,
  right: Uint8Array,
  weights: Float64Array | null = null,
): number {
  const sums = binSums(confidence, right, weights);
  let gap = 0;
  let all = 0;
  for (let bin = 0; bin < RELIABILITY_BINS; bin++) {
    gap += Math.abs(sums.right[bin] - sums.confidence[bin]);
    all += sums.weight[bin];
  }
  return gap / all;
}

function binSums(confidence: Float64Array, right: Uint8Array, weights: Float64Array | null) {
  const weight = new Float64Array(RELIABILITY_BINS);
  const sure = new Float64Array(RELIABILITY_BINS);
  const hits = new Float64Array(RELIABILITY_BINS);
  for (let i = 0; i < confidence.length; i++) {
    const bin = Math.min(RELIABILITY_BINS - 1, Math.floor(confidence[i] * RELIABILITY_BINS));
    const w = weights === null ? 1 : weights[i];
    weight[bin] += w;
    sure[bin] += w * confidence[i];
    hits[bin] += w * right[i];
  }
  return { weight, confidence: sure, right: hits };
}

/**
 * A quantile of the calibration error that a perfectly calibrated classifier with these very confidences would show: each call
 * is right with the probability it states, drawn `draws` times.
 */
export function calibratedErrorQuantile(
  confidence: Float64Array,
  share: number,
  options: { readonly draws: number; readonly seed: number },
): number {
  const random = new RandomStream(options.seed, 0x6361);
  const right = new Uint8Array(confidence.length);
  const errors = new Float64Array(options.draws);
  for (let draw = 0; draw < options.draws; draw++) {
    for (let i = 0; i < right.length; i++) right[i] = random.uniform() < confidence[i] ? 1 : 0;
    errors[draw] = calibrationError(confidence, right);
  }
  errors.sort();
  return errors[Math.min(options.draws - 1, Math.floor(share * options.draws))];
}

/** Rows from the surest to the least sure. */
export function surestFirst(confidence: Float64Array): Int32Array {
  return Int32Array.from(confidence.keys()).sort((a, b) => confidence[b] - confidence[a] || a - b);
}

/** Accuracy of the surest `coverage` (0 to 1) of the cells, `order` as `surestFirst` has it; of equally sure ones, the mean of any choice. */
export function selectiveAccuracy(
  confidence: Float64Array,
  right: Uint8Array,
  order: Int32Array,
  coverage: number,
  weights: Float64Array | null = null,
): number {
  let all = 0;
  for (let row = 0; row < right.length; row++) all += weights === null ? 1 : weights[row];
  const wanted = coverage * all;
  let room = wanted;
  let hits = 0;
  for (let from = 0; from < order.length && room > 0;) {
    let to = from;
    let weight = 0;
    let good = 0;
    while (to < order.length && confidence[order[to]] === confidence[order[from]]) {
      const w = weights === null ? 1 : weights[order[to]];
      weight += w;
      good += w * right[order[to]];
      to++;
    }
    if (weight > 0) hits += Math.min(1, room / weight) * good;
    room -= weight;
    from = to;
  }
  return hits / wanted;
}
