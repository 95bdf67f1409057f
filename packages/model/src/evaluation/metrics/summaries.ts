// From sums and histograms to the metrics of the protocol: bits/spike, Dice, F1, ROC-AUC, average precision, calibration
// error. One formula each, used for the point and for every resample.
import { SUMS } from './block-scores.ts';

/** [sum ln p_model - sum ln p_null] / (spikes ln 2). NaN without spikes. */
export function bitsPerSpike(model: number, nothing: number, spikes: number): number {
  return spikes > 0 ? (model - nothing) / (spikes * Math.LN2) : NaN;
}

/** 2 sum(p y) / (sum p + sum y). */
export function dice(sums: ArrayLike<number>): number {
  return (2 * sums[SUMS.hitProbability]) / (sums[SUMS.probability] + sums[SUMS.spikes]);
}

/** 2 hits / (called + spikes). */
export function f1(sums: ArrayLike<number>): number {
  const total = sums[SUMS.called] + sums[SUMS.spikes];
  return total > 0 ? (2 * sums[SUMS.truePositives]) / total : NaN;
}

export interface Ranking {
  readonly rocAuc: number;
  readonly averagePrecision: number;
}

/**
 * ROC-AUC and average precision of a histogram (rising buckets of score); scores of one bucket count as tied. NaN where
 * undefined. `from` and `buckets` pick one histogram out of a table.
 */
export function rankHistogram(
  silent: ArrayLike<number>,
  spiking: ArrayLike<number>,
  from: number,
  buckets: number,
): Ranking {
  let negatives = 0;
  let positives = 0;
  for (let b = from; b < from + buckets; b++) {
    negatives += silent[b];
    positives += spiking[b];
  }
  let below = 0;
  let pairs = 0;
  for (let b = from; b < from + buckets; b++) {
    pairs += spiking[b] * (below + 0.5 * silent[b]);
    below += silent[b];
  }
  let hits = 0;
  let called = 0;
  let precision = 0;
  for (let b = from + buckets - 1; b >= from; b--) {
    if (spiking[b] === 0 && silent[b] === 0) continue;
    hits += spiking[b];
    called += spiking[b] + silent[b];
    if (spiking[b] > 0) precision += spiking[b] * (hits / called);
  }
  return {
    rocAuc: positives > 0 && negatives > 0 ? pairs / (positives * negatives) : NaN,
    averagePrecision: positives > 0 ? precision / positives : NaN,
  };
}

/** One bin of a reliability curve. */
export interface ReliabilityBin {
  readonly meanProbability: number;
  readonly spikeShare: number;
  readonly cells: number;
}

/** Reliability curves have this many bins of (nearly) equal mass. */
export const RELIABILITY_BINS = 20;

/** First bucket of each of `bins` groups of nearly equal numbers of cells; empty groups are left out. */
export function equalMassEdges(
  silent: ArrayLike<number>,
  spiking: ArrayLike<number>,
  bins: number,
): number[] {
  let total = 0;
  for (let b = 0; b < silent.length; b++) total += silent[b] + spiking[b];
  const edges = [0];
  let passed = 0;
  let group = 0;
  for (let b = 0; b < silent.length; b++) {
    const now = Math.min(bins - 1, Math.floor((passed * bins) / total));
    if (now > group) {
      edges.push(b);
      group = now;
    }
    passed += silent[b] + spiking[b];
  }
  return edges;
}

/** Reliability in groups that start at `edges`. */
export function reliability(
  silent: ArrayLike<number>,
  spiking: ArrayLike<number>,
  mass: ArrayLike<number>,
  edges: readonly number[],
): ReliabilityBin[] {
  return edges.flatMap((edge, i) => {
    const stop = i + 1 < edges.length ? edges[i + 1] : silent.length;
    let cells = 0;
    let spikes = 0;
    let sum = 0;
    for (let b = edge; b < stop; b++) {
      cells += silent[b] + spiking[b];
      spikes += spiking[b];
      sum += mass[b];
    }
    return cells > 0 ? [{ meanProbability: sum / cells, spikeShare: spikes / cells, cells }] : [];
  });
}

/** Expected calibration error: mean over cells of |mean probability - share of spikes| of their bin. */
export function calibrationError(curve: readonly ReliabilityBin[]): number {
  let error = 0;
  let cells = 0;
  for (const bin of curve) {
    error += bin.cells * Math.abs(bin.meanProbability - bin.spikeShare);
    cells += bin.cells;
  }
  return cells > 0 ? error / cells : NaN;
}

/** Quantile q of finite values, linear between neighbours; NaN of none. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values)
    .filter((value) => Number.isFinite(value))
    .sort();
  return sortedQuantile(sorted, q);
}

/** The same of values that are finite and in ascending order already. */
export function sortedQuantile(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return NaN;
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}
