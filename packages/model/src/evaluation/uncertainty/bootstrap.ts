// Intervals of one predictor's metrics, and of differences between two, from resampled blocks. Points are exact; a
// resample of a histogram carries its bucket width, so intervals are the resamples' spread moved onto the exact point.
import {
  POOLED_BUCKETS,
  SUM_COUNT,
  SUMS,
  UNIT_BUCKETS,
  weightedSum,
  type BlockScores,
} from '../metrics/block-scores.ts';
import {
  bitsPerSpike,
  calibrationError,
  dice,
  equalMassEdges,
  f1,
  quantile,
  rankHistogram,
  reliability,
  RELIABILITY_BINS,
} from '../metrics/summaries.ts';

/** The metrics of the JSON document that carry an interval. */
export const METRIC_KEYS = [
  'bitsPerSpike',
  'bitsPerSpikeRaw',
  'averagePrecision',
  'rocAuc',
  'rocAucPerUnit',
  'dice',
  'f1',
  'ece',
] as const;
export type MetricKey = (typeof METRIC_KEYS)[number];
export type MetricValues = Readonly<Record<MetricKey, number>>;

/** A figure with its 95 % interval; null where there are too few blocks. `n` says of how many blocks or recordings. */
export interface Estimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number;
}

/** One value per replicate of each metric, and of the whole sample counted the same way. */
export interface Replicates {
  readonly whole: MetricValues;
  readonly values: Readonly<Record<MetricKey, Float64Array>>;
}

/** Units with fewer test spikes have no ROC-AUC of their own: sparse units give artefacts. */
export const FEWEST_UNIT_SPIKES = 300;
/** Per-unit medians cost most, so they are taken over the first of the replicates only. */
const UNIT_REPLICATES = 200;

/** The metrics of one resample; `units` are those whose ROC-AUC counts, empty to skip it. */
function metricsOf(
  scores: BlockScores,
  times: ArrayLike<number>,
  edges: readonly number[],
  units: readonly number[],
): MetricValues {
  const sums = weightedSum(scores.sums, SUM_COUNT, times);
  const silent = weightedSum(scores.silent, POOLED_BUCKETS, times);
  const spiking = weightedSum(scores.spiking, POOLED_BUCKETS, times);
  const mass = weightedSum(scores.mass, POOLED_BUCKETS, times);
  const ranking = rankHistogram(silent, spiking, 0, POOLED_BUCKETS);
  return {
    bitsPerSpike: bitsPerSpike(sums[SUMS.recalibrated], sums[SUMS.null], sums[SUMS.spikes]),
    bitsPerSpikeRaw: bitsPerSpike(sums[SUMS.raw], sums[SUMS.null], sums[SUMS.spikes]),
    averagePrecision: ranking.averagePrecision,
    rocAuc: ranking.rocAuc,
    rocAucPerUnit: quantile(unitRocAucs(scores, times, units), 0.5),
    dice: dice(sums),
    f1: f1(sums),
    ece: calibrationError(reliability(silent, spiking, mass, edges)),
  };
}

/** ROC-AUC of each of `units` in a resample, from their histograms. */
function unitRocAucs(scores: BlockScores, times: ArrayLike<number>, units: readonly number[]): number[] {
  const silent = new Float64Array(UNIT_BUCKETS);
  const spiking = new Float64Array(UNIT_BUCKETS);
  return units.map((unit) => {
    silent.fill(0);
    spiking.fill(0);
    for (let block = 0; block < scores.blocks; block++) {
      const weight = times[block];
      if (weight === 0) continue;
      const from = (block * scores.units + unit) * UNIT_BUCKETS;
      for (let b = 0; b < UNIT_BUCKETS; b++) {
        silent[b] += weight * scores.unitSilent[from + b];
        spiking[b] += weight * scores.unitSpiking[from + b];
      }
    }
    return rankHistogram(silent, spiking, 0, UNIT_BUCKETS).rocAuc;
  });
}

/** Spikes of each unit over all blocks. */
export function spikesPerUnit(scores: BlockScores): Float64Array {
  return weightedSum(scores.unitSpikes, scores.units, new Uint8Array(scores.blocks).fill(1));
}

/** Runs every resample; the edges of the calibration bins are those of the whole sample. */
export function replicate(scores: BlockScores, resamples: readonly ArrayLike<number>[]): Replicates {
  const once = new Uint8Array(scores.blocks).fill(1);
  const spikes = spikesPerUnit(scores);
  const units = Array.from(spikes.keys()).filter((unit) => spikes[unit] >= FEWEST_UNIT_SPIKES);
  const edges = equalMassEdges(
    weightedSum(scores.silent, POOLED_BUCKETS, once),
    weightedSum(scores.spiking, POOLED_BUCKETS, once),
    RELIABILITY_BINS,
  );
  const values = Object.fromEntries(
    METRIC_KEYS.map((key) => [key, new Float64Array(resamples.length).fill(NaN)]),
  ) as Record<MetricKey, Float64Array>;
  resamples.forEach((times, i) => {
    const metrics = metricsOf(scores, times, edges, i < UNIT_REPLICATES ? units : []);
    for (const key of METRIC_KEYS) values[key][i] = metrics[key];
  });
  return { whole: metricsOf(scores, once, edges, units), values };
}

/** 2.5 and 97.5 % of the finite replicates, moved by point - whole. */
export function interval(
  point: number,
  whole: number,
  replicates: Float64Array,
): { readonly low: number; readonly high: number } | null {
  const low = quantile(replicates, 0.025);
  const high = quantile(replicates, 0.975);
  if (!Number.isFinite(low) || !Number.isFinite(high) || !Number.isFinite(point)) return null;
  const shift = point - whole;
  return { low: low + shift, high: high + shift };
}

export interface Difference extends Estimate {
  /** Two-sided bootstrap p of "no difference", at least 1 / (replicates + 1). */
  readonly p: number | null;
}

/** Difference a - b of one metric on the same resamples. */
export function difference(
  a: { readonly point: number; readonly replicates: Replicates },
  b: { readonly point: number; readonly replicates: Replicates },
  key: MetricKey,
  blocks: number,
  intervals: boolean,
): Difference {
  const value = a.point - b.point;
  if (!intervals) return { value, low: null, high: null, n: blocks, p: null };
  const drawn = a.replicates.values[key].map((x, i) => x - b.replicates.values[key][i]);
  const whole = a.replicates.whole[key] - b.replicates.whole[key];
  const span = interval(value, whole, drawn);
  const finite = drawn.filter((x) => Number.isFinite(x));
  const shift = value - whole;
  let below = 0;
  for (const x of finite) if (x + shift <= 0) below++;
  const tail = Math.min(below, finite.length - below);
  const p = finite.length > 0 ? Math.min(1, (2 * (tail + 1)) / (finite.length + 1)) : null;
  return { value, low: span?.low ?? null, high: span?.high ?? null, n: blocks, p };
}
