// From scored predictors to the figures of one pair of the document: points, intervals, medians over units, and the
// paired differences to the best floor.
import type { DifferenceScores, EvaluationPair, PredictorScores } from './document.ts';
import {
  FEWEST_UNIT_SPIKES,
  POOLED_BUCKETS,
  SUM_COUNT,
  SUMS,
  UNIT_BUCKETS,
  weightedSum,
} from './metrics/block-scores.ts';
import type { Calibration } from './metrics/calibration.ts';
import { thresholdCurve, type ThresholdCurve } from './metrics/curve.ts';
import type { ScoredPredictor } from './metrics/score-predictor.ts';
import {
  equalMassEdges,
  quantile,
  rankHistogram,
  reliability,
  RELIABILITY_BINS,
  type ReliabilityBin,
} from './metrics/summaries.ts';
import type { PredictorKey } from './types.ts';
import {
  difference,
  interval,
  METRIC_KEYS,
  replicate,
  spikesPerUnit,
  type MetricKey,
  type Replicates,
} from './uncertainty/bootstrap.ts';
import { holm } from './uncertainty/summary.ts';

/** What of a scored predictor goes on once its scores and histograms are let go. */
export interface CollectedScores {
  readonly points: Readonly<Record<MetricKey, number>>;
  readonly replicates: Replicates;
  readonly intervals: boolean;
  readonly spikes: number;
  readonly perUnit: PredictorScores['perUnit'];
  readonly reliability: readonly ReliabilityBin[];
  readonly curve: ThresholdCurve;
  /** Units with figures of their own, and their spikes. */
  readonly ranked: readonly { readonly column: number; readonly spikes: number }[];
}

export interface ScoredEntry extends CollectedScores {
  readonly key: PredictorKey;
  readonly calibration: Calibration;
}

/** null for what JSON cannot say. */
function figure(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function spreadOf(values: readonly number[]): PredictorScores['perUnit']['rocAuc'] {
  return {
    median: figure(quantile(values, 0.5)),
    q25: figure(quantile(values, 0.25)),
    q75: figure(quantile(values, 0.75)),
  };
}

/** Exact points (ranking from the sort where there was one), resampled metrics and medians over units. */
export function collectPair(result: ScoredPredictor, resamples: readonly Uint16Array[]): CollectedScores {
  const { blocks, pooled } = result;
  const once = new Uint8Array(blocks.blocks).fill(1);
  const replicates = replicate(blocks, resamples);
  const spikes = spikesPerUnit(blocks);
  const gain = weightedSum(blocks.unitGain, blocks.units, once);
  const units = blocks.ranked;
  const ranked = units.map((unit, place) => {
    const exact = result.perUnit?.[unit];
    return exact ?? unitHistogram(result, place);
  });
  const cells = weightedSum(blocks.sums, SUM_COUNT, once)[SUMS.cells];
  const bins = cells / Math.max(1, blocks.scoredUnits);
  const silent = weightedSum(blocks.silent, POOLED_BUCKETS, once);
  const spiking = weightedSum(blocks.spiking, POOLED_BUCKETS, once);
  const mass = weightedSum(blocks.mass, POOLED_BUCKETS, once);
  const aucs = ranked.map((r) => r.rocAuc);
  return {
    points: {
      ...replicates.whole,
      rocAuc: pooled?.rocAuc ?? replicates.whole.rocAuc,
      averagePrecision: pooled?.averagePrecision ?? replicates.whole.averagePrecision,
      rocAucPerUnit: quantile(aucs, 0.5),
    },
    replicates,
    intervals: resamples.length > 0,
    spikes: spikes.reduce((sum, n) => sum + n, 0),
    perUnit: {
      units: units.length,
      fewestSpikes: FEWEST_UNIT_SPIKES,
      bitsPerSpike: spreadOf(units.map((unit) => gain[unit] / (spikes[unit] * Math.LN2))),
      rocAuc: spreadOf(aucs),
      averagePrecisionLift: spreadOf(ranked.map((r, i) => (r.averagePrecision * bins) / spikes[units[i]])),
      each: {
        bitsPerSpike: units.map((unit) => figure(gain[unit] / (spikes[unit] * Math.LN2))),
        rocAuc: aucs.map(figure),
      },
    },
    curve: thresholdCurve(silent, spiking),
    ranked: units.map((column) => ({ column, spikes: spikes[column] })),
    reliability: reliability(silent, spiking, mass, equalMassEdges(silent, spiking, RELIABILITY_BINS)),
  };
}

function unitHistogram(
  { blocks }: ScoredPredictor,
  place: number,
): { rocAuc: number; averagePrecision: number } {
  const silent = new Float64Array(UNIT_BUCKETS);
  const spiking = new Float64Array(UNIT_BUCKETS);
  for (let block = 0; block < blocks.blocks; block++) {
    const from = (block * blocks.ranked.length + place) * UNIT_BUCKETS;
    for (let b = 0; b < UNIT_BUCKETS; b++) {
      silent[b] += blocks.unitSilent[from + b];
      spiking[b] += blocks.unitSpiking[from + b];
    }
  }
  return rankHistogram(silent, spiking, 0, UNIT_BUCKETS);
}

/** The floor with the highest recalibrated bits/spike: what a model has to beat. */
export function bestFloor(entries: readonly ScoredEntry[]): ScoredEntry {
  const floors = entries.filter((entry) => entry.key !== 'model');
  const value = (entry: ScoredEntry): number =>
    Number.isFinite(entry.points.bitsPerSpike) ? entry.points.bitsPerSpike : -Infinity;
  return floors.reduce((best, entry) => (value(entry) > value(best) ? entry : best));
}

function scoresOfEntry(entry: ScoredEntry, blocks: number): PredictorScores {
  const estimates = Object.fromEntries(
    METRIC_KEYS.map((key) => {
      const value = entry.points[key];
      const span = entry.intervals
        ? interval(value, entry.replicates.whole[key], entry.replicates.values[key])
        : null;
      const n = key === 'rocAucPerUnit' ? entry.perUnit.units : blocks;
      return [key, { value: figure(value), low: span?.low ?? null, high: span?.high ?? null, n }];
    }),
  ) as Record<MetricKey, PredictorScores['dice']>;
  return {
    ...estimates,
    perUnit: entry.perUnit,
    calibration: entry.calibration,
    reliability: [...entry.reliability],
    curve: {
      threshold: [...entry.curve.threshold],
      recall: [...entry.curve.recall],
      falseAlarms: [...entry.curve.falseAlarms],
      precision: [...entry.curve.precision],
    },
  };
}

/** `scores`, `bestFloor` and `differences` of a pair. */
export function scoresOf(
  entries: readonly ScoredEntry[],
  best: ScoredEntry,
  blocks: number,
): Pick<EvaluationPair, 'scores' | 'bestFloor' | 'differences'> {
  const scores: EvaluationPair['scores'] = {};
  for (const entry of entries) scores[entry.key] = scoresOfEntry(entry, blocks);
  const others = entries.filter((entry) => entry.key !== best.key);
  const side = (entry: ScoredEntry, key: MetricKey): { point: number; replicates: Replicates } => ({
    point: entry.points[key],
    replicates: entry.replicates,
  });
  const differences: DifferenceScores = {};
  for (const key of METRIC_KEYS) {
    const drawn = others.map((entry) =>
      difference(side(entry, key), side(best, key), key, blocks, entry.intervals),
    );
    const adjusted = holm(drawn.map((d) => d.p ?? 1));
    others.forEach((entry, i) => {
      const d = drawn[i];
      const into = (differences[entry.key] ??= {} as NonNullable<DifferenceScores[PredictorKey]>);
      into[key] = {
        value: figure(d.value),
        low: d.low,
        high: d.high,
        n: d.n,
        p: d.p,
        pHolm: d.p === null ? null : adjusted[i],
      };
    });
  }
  return { scores, bestFloor: best.key, differences };
}
