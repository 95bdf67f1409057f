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

/** Per-unit medians cost most, so they are taken over the first of the replicates only. */
const UNIT_REPLICATES = 200;

/** Histograms without the buckets that stay empty in every block: (blocks, width). */
interface Compact {
  readonly width: number;
  readonly silent: Float64Array;
  readonly spiking: Float64Array;
  readonly mass: Float64Array;
}

interface Prepared {
  readonly scores: BlockScores;
  readonly pooled: Compact;
  readonly edges: readonly number[];
  /** One per unit whose ROC-AUC counts. */
  readonly units: readonly Compact[];
}

/** Buckets [from, from + buckets) of each block's row, those that hold anything. */
function compact(
  blocks: number,
  rowLength: number,
  from: number,
  buckets: number,
  tables: {
    readonly silent: ArrayLike<number>;
    readonly spiking: ArrayLike<number>;
    readonly mass?: ArrayLike<number>;
  },
): Compact {
  const used: number[] = [];
  for (let b = 0; b < buckets; b++) {
    for (let block = 0; block < blocks; block++) {
      const at = block * rowLength + from + b;
      if (tables.silent[at] + tables.spiking[at] === 0) continue;
      used.push(b);
      break;
    }
  }
  const take = (table: ArrayLike<number> | undefined): Float64Array => {
    const out = new Float64Array(blocks * used.length);
    if (table === undefined) return out;
    for (let block = 0, to = 0; block < blocks; block++) {
      for (const b of used) out[to++] = table[block * rowLength + from + b];
    }
    return out;
  };
  return {
    width: used.length,
    silent: take(tables.silent),
    spiking: take(tables.spiking),
    mass: take(tables.mass),
  };
}

/** The metrics of one resample; `withUnits` false skips the per-unit median. */
function metricsOf(prepared: Prepared, times: ArrayLike<number>, withUnits: boolean): MetricValues {
  const { scores, pooled, edges } = prepared;
  const sums = weightedSum(scores.sums, SUM_COUNT, times);
  const silent = weightedSum(pooled.silent, pooled.width, times);
  const spiking = weightedSum(pooled.spiking, pooled.width, times);
  const mass = weightedSum(pooled.mass, pooled.width, times);
  const ranking = rankHistogram(silent, spiking, 0, pooled.width);
  const units = withUnits ? prepared.units : [];
  const aucs = units.map(
    (unit) =>
      rankHistogram(
        weightedSum(unit.silent, unit.width, times),
        weightedSum(unit.spiking, unit.width, times),
        0,
        unit.width,
      ).rocAuc,
  );
  return {
    bitsPerSpike: bitsPerSpike(sums[SUMS.recalibrated], sums[SUMS.null], sums[SUMS.spikes]),
    bitsPerSpikeRaw: bitsPerSpike(sums[SUMS.raw], sums[SUMS.null], sums[SUMS.spikes]),
    averagePrecision: ranking.averagePrecision,
    rocAuc: ranking.rocAuc,
    rocAucPerUnit: quantile(aucs, 0.5),
    dice: dice(sums),
    f1: f1(sums),
    ece: calibrationError(reliability(silent, spiking, mass, edges)),
  };
}

/** Spikes of each unit over all blocks. */
export function spikesPerUnit(scores: BlockScores): Float64Array {
  return weightedSum(scores.unitSpikes, scores.units, new Uint8Array(scores.blocks).fill(1));
}

/** Runs every resample; the edges of the calibration bins are those of the whole sample. */
export function replicate(scores: BlockScores, resamples: readonly ArrayLike<number>[]): Replicates {
  const once = new Uint8Array(scores.blocks).fill(1);
  const pooled = compact(scores.blocks, POOLED_BUCKETS, 0, POOLED_BUCKETS, scores);
  const unitTables = { silent: scores.unitSilent, spiking: scores.unitSpiking };
  const prepared: Prepared = {
    scores,
    pooled,
    edges: equalMassEdges(
      weightedSum(pooled.silent, pooled.width, once),
      weightedSum(pooled.spiking, pooled.width, once),
      RELIABILITY_BINS,
    ),
    units: scores.ranked.map((_, place) =>
      compact(
        scores.blocks,
        scores.ranked.length * UNIT_BUCKETS,
        place * UNIT_BUCKETS,
        UNIT_BUCKETS,
        unitTables,
      ),
    ),
  };
  const values = Object.fromEntries(
    METRIC_KEYS.map((key) => [key, new Float64Array(resamples.length).fill(NaN)]),
  ) as Record<MetricKey, Float64Array>;
  resamples.forEach((times, i) => {
    const metrics = metricsOf(prepared, times, i < UNIT_REPLICATES);
    for (const key of METRIC_KEYS) values[key][i] = metrics[key];
  });
  return { whole: metricsOf(prepared, once, true), values };
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
