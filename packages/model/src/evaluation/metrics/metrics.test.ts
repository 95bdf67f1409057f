// Plan: every metric against its definition written out on drawn scores, ties included; an oracle that knows the true
// probabilities has the analytic bits/spike; calibration recovers a distortion that was put in.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../engine/random.ts';
import { laterPredictor } from '../testing/later-predictor.ts';
import { drawRaster, poissonRaster } from '../testing/synthetic.ts';
import { spikeAt } from '../features/cursor.ts';
import { logit, sigmoid } from '../floors/unit-glm.ts';
import type { Predictor } from '../types.ts';
import { POOLED_BUCKETS, SUM_COUNT, SUMS, UNIT_BUCKETS, weightedSum } from './block-scores.ts';
import { bucketEdge, bucketOfLogit, CLIP, clipProbability } from './buckets.ts';
import { calibrate, CalibrationCounts, IDENTITY } from './calibration.ts';
import { scorePredictor } from './score-predictor.ts';
import {
  bitsPerSpike,
  calibrationError,
  dice,
  equalMassEdges,
  f1,
  quantile,
  rankHistogram,
  reliability,
} from './summaries.ts';

function predictorOf(probability: (bin: number, unit: number) => number, units: number): Predictor {
  return {
    key: 'model',
    predict: (start, stop, out): undefined => {
      for (let bin = start, at = 0; bin < stop; bin++) {
        for (let u = 0; u < units; u++, at++) out[at] = probability(bin, u);
      }
    },
  };
}

/** Scores with many ties, and labels that follow them. */
function drawn(n: number, seed: number): { readonly p: number[]; readonly y: number[] } {
  const random = new RandomStream(seed, 2);
  const p = Array.from({ length: n }, () => (1 + random.integer(40)) / 50);
  return { p, y: p.map((x) => (random.uniform() < 0.6 * x ? 1 : 0)) };
}

function bruteRocAuc(p: readonly number[], y: readonly number[]): number {
  let pairs = 0;
  let sum = 0;
  p.forEach((a, i) =>
    p.forEach((b, j) => {
      if (y[i] !== 1 || y[j] !== 0) return;
      pairs++;
      sum += a > b ? 1 : a === b ? 0.5 : 0;
    }),
  );
  return sum / pairs;
}

function bruteAveragePrecision(p: readonly number[], y: readonly number[]): number {
  const thresholds = [...new Set(p)].sort((a, b) => b - a);
  const positives = y.reduce((a, b) => a + b, 0);
  let before = 0;
  let sum = 0;
  for (const t of thresholds) {
    const called = p.filter((x) => x >= t).length;
    const hits = p.filter((x, i) => x >= t && y[i] === 1).length;
    sum += ((hits - before) / positives) * (hits / called);
    before = hits;
  }
  return sum;
}

describe('buckets', () => {
  it('cover the clipped range and invert', () => {
    expect(clipProbability(0)).toBe(CLIP);
    expect(clipProbability(1)).toBe(1 - CLIP);
    for (const p of [1e-6, 1e-4, 0.02, 0.5, 0.9, 1 - 1e-6]) {
      const b = bucketOfLogit(logit(p), 4096);
      expect(bucketEdge(b, 4096)).toBeLessThanOrEqual(p * (1 + 1e-9));
      if (b < 4095) expect(bucketEdge(b + 1, 4096)).toBeGreaterThan(p * (1 - 1e-9));
    }
    expect(bucketOfLogit(-99, 10)).toBe(0);
    expect(bucketOfLogit(99, 10)).toBe(9);
  });
});

describe('rankHistogram', () => {
  it.each([1, 2, 3])('equals brute force where scores fall into separate buckets, seed %i', (seed) => {
    const { p, y } = drawn(300, seed);
    const silent = new Float64Array(50);
    const spiking = new Float64Array(50);
    p.forEach((x, i) => (y[i] === 1 ? spiking : silent)[Math.round(x * 50)]++);
    const { rocAuc, averagePrecision } = rankHistogram(silent, spiking, 0, 50);
    expect(rocAuc).toBeCloseTo(bruteRocAuc(p, y), 12);
    expect(averagePrecision).toBeCloseTo(bruteAveragePrecision(p, y), 12);
  });

  it('is undefined with one class', () => {
    expect(rankHistogram([3, 1], [0, 0], 0, 2).rocAuc).toBeNaN();
    expect(rankHistogram([0, 0], [0, 0], 0, 2).averagePrecision).toBeNaN();
  });
});

describe('scorePredictor', async () => {
  const units = 3;
  const law = (bin: number, unit: number): number => [0.02, 0.1, 0.3][unit] * (bin % 2 === 0 ? 1.5 : 0.5);
  const raster = drawRaster(40_000, units, 61, law);
  const spans = [
    { start: 0, stop: 12_345 },
    { start: 20_000, stop: 40_000 },
  ];
  const scored = Uint8Array.of(1, 0, 1);
  const nullRates = Float64Array.of(0.02, 0.1, 0.3);
  const firstRows = Array.from({ length: 33 }, (_, block) => 1000 * block);
  const result = await scorePredictor({
    predictor: predictorOf(law, units),
    raster,
    spans,
    scored,
    nullRates,
    calibration: { ...IDENTITY, threshold: 0.2 },
    firstRows,
  });
  const sums = weightedSum(result.blocks.sums, SUM_COUNT, new Uint8Array(result.blocks.blocks).fill(1));

  it('keeps histograms of their own for units with 300 scored spikes only', async () => {
    const spikes = weightedSum(result.blocks.unitSpikes, units, new Uint8Array(33).fill(1));
    expect(result.blocks.ranked).toEqual([0, 2].filter((unit) => spikes[unit] >= 300));
    const { blocks: few } = await scorePredictor({
      predictor: predictorOf(law, units),
      raster,
      spans: [{ start: 0, stop: 5000 }],
      scored,
      nullRates,
      calibration: { ...IDENTITY, threshold: 0.2 },
      firstRows: [0, 2500],
    });
    // About 100 spikes of unit 0 and 1,500 of unit 2.
    expect(few.ranked).toEqual([2]);
    expect(few.unitSilent).toHaveLength(2 * UNIT_BUCKETS);
    expect(few.unitSilent.reduce((a, b) => a + b, 0) + few.unitSpiking.reduce((a, b) => a + b, 0)).toBe(5000);
    expect(few.scoredUnits).toBe(2);
    expect(weightedSum(few.unitSpikes, units, [1, 1])[0]).toBeGreaterThan(50);
  });

  it('gives the oracle its analytic bits/spike', () => {
    // Expected information per spike, over the two phases and the two units that count.
    let nats = 0;
    let spikes = 0;
    for (const unit of [0, 2]) {
      for (const phase of [0, 1]) {
        const p = law(phase, unit);
        const r = nullRates[unit];
        nats += p * Math.log(p / r) + (1 - p) * Math.log((1 - p) / (1 - r));
        spikes += p;
      }
    }
    const analytic = nats / (spikes * Math.LN2);
    // About 10,000 spikes of under 1 bit SD.
    expect(
      Math.abs(bitsPerSpike(sums[SUMS.raw], sums[SUMS.null], sums[SUMS.spikes]) - analytic),
    ).toBeLessThan(0.03);
    expect(analytic).toBeGreaterThan(0.1);
  });

  it('sums over scored units and spans alone, block by block', () => {
    let spikes = 0;
    let mass = 0;
    let hitMass = 0;
    let called = 0;
    let hits = 0;
    const first = { spikes: 0 };
    let row = 0;
    for (const span of spans) {
      for (let bin = span.start; bin < span.stop; bin++, row++) {
        for (const u of [0, 2]) {
          const p = Math.fround(law(bin, u));
          const y = spikeAt(raster, bin, u);
          spikes += y;
          mass += p;
          hitMass += p * y;
          if (p >= 0.2) called++;
          if (p >= 0.2) hits += y;
          if (row < 1000) first.spikes += y;
        }
      }
    }
    expect(sums[SUMS.spikes]).toBe(spikes);
    expect(sums[SUMS.cells]).toBe(32_345 * 2);
    expect(result.blocks.blocks).toBe(33);
    expect(result.blocks.sums[SUMS.spikes]).toBe(first.spikes);
    expect(dice(sums)).toBeCloseTo((2 * hitMass) / (mass + spikes), 9);
    expect(f1(sums)).toBeCloseTo((2 * hits) / (called + spikes), 12);
  });

  it('ranks exactly: histogram and sort agree to the width of a bucket, units kept apart', () => {
    const once = new Uint8Array(result.blocks.blocks).fill(1);
    const histogram = rankHistogram(
      weightedSum(result.blocks.silent, POOLED_BUCKETS, once),
      weightedSum(result.blocks.spiking, POOLED_BUCKETS, once),
      0,
      POOLED_BUCKETS,
    );
    expect(result.pooled?.rocAuc).toBeCloseTo(histogram.rocAuc, 10);
    expect(result.pooled?.averagePrecision).toBeCloseTo(histogram.averagePrecision, 10);
    expect(result.perUnit?.[1]).toBeNull();
    expect(result.perUnit?.[2]?.positives).toBe(weightedSum(result.blocks.unitSpikes, units, once)[2]);
  });

  it('recalibrates before the headline bits/spike, and only there', async () => {
    const distorted = await scorePredictor({
      predictor: predictorOf((bin, u) => sigmoid((logit(law(bin, u)) + 1) / 0.7), units),
      raster,
      spans,
      scored,
      nullRates,
      calibration: { slope: 0.7, offset: -1, threshold: 0.5 },
      firstRows,
    });
    const other = weightedSum(distorted.blocks.sums, SUM_COUNT, new Uint8Array(33).fill(1));
    expect(other[SUMS.recalibrated]).toBeCloseTo(sums[SUMS.raw], 1);
    expect(other[SUMS.raw]).toBeLessThan(sums[SUMS.raw] - 100);
    expect(distorted.pooled?.rocAuc).toBeCloseTo(result.pooled?.rocAuc ?? NaN, 6);
  });

  it('waits for a predictor that answers later', async () => {
    const later = await scorePredictor({
      predictor: laterPredictor(predictorOf(law, units)),
      raster,
      spans,
      scored,
      nullRates,
      calibration: { ...IDENTITY, threshold: 0.2 },
      firstRows,
    });
    expect(later.blocks.sums).toEqual(result.blocks.sums);
    expect(later.pooled).toEqual(result.pooled);
  });

  it('hands every block of scores out', async () => {
    let rows = 0;
    await scorePredictor({
      predictor: predictorOf(law, units),
      raster,
      spans,
      scored,
      nullRates,
      calibration: { ...IDENTITY, threshold: 0.2 },
      firstRows,
      onBlock: (block, first) => {
        expect(first).toBe(rows);
        rows += block.length / units;
      },
    });
    expect(rows).toBe(32_345);
  });
});

describe('calibration', () => {
  const raster = drawRaster(50_000, 2, 71, (bin, unit) => (unit === 0 ? 0.05 : 0.2) * (1 + (bin % 3)) * 0.5);
  const truth = (bin: number, unit: number): number => (unit === 0 ? 0.05 : 0.2) * (1 + (bin % 3)) * 0.5;
  const spans = [{ start: 0, stop: 50_000 }];
  const all = Uint8Array.of(1, 1);

  it('undoes a slope and an offset', async () => {
    const distorted = predictorOf((bin, u) => sigmoid(2.5 * logit(truth(bin, u)) + 1), 2);
    const { slope, offset } = await calibrate(distorted, raster, spans, all);
    // About 12,500 spikes: standard errors near 0.01.
    expect(slope).toBeCloseTo(1 / 2.5, 1);
    expect(slope * 2.5).toBeGreaterThan(0.95);
    expect(slope * 2.5).toBeLessThan(1.05);
    expect(offset + slope).toBeCloseTo(0, 1);
    expect(await calibrate(laterPredictor(distorted), raster, spans, all)).toMatchObject({ slope, offset });
  });

  it('moves a constant predictor to the mean rate', async () => {
    const { slope, offset } = await calibrate(
      predictorOf(() => 0.5, 1),
      poissonRaster(20_000, [0.1], 3),
      [{ start: 0, stop: 20_000 }],
      Uint8Array.of(1),
    );
    expect(sigmoid(slope * 0 + offset)).toBeCloseTo(0.1, 2);
  });

  it('takes the threshold of greatest F1 (brute force)', () => {
    const { p, y } = drawn(500, 9);
    const counts = new CalibrationCounts();
    counts.add(Float32Array.from(p), Float32Array.from(y), 500, Uint8Array.of(1));
    const score = (t: number): number => {
      const called = p.filter((x) => x >= t).length;
      const hits = p.filter((x, i) => x >= t && y[i] === 1).length;
      return (2 * hits) / (called + y.reduce((a, b) => a + b, 0));
    };
    const best = Math.max(...p.map(score));
    expect(score(counts.threshold())).toBeCloseTo(best, 12);
    expect(new CalibrationCounts().threshold()).toBe(0.5);
    // Scores under the clip are called by the very threshold they gave.
    const clipped = new CalibrationCounts();
    clipped.add(Float32Array.of(1e-9, 1e-9), Float32Array.of(1, 0), 2, Uint8Array.of(1));
    expect(clipped.threshold()).toBeLessThanOrEqual(1e-9);
  });

  it('passes over units that are not scored', async () => {
    const wrong = predictorOf((bin, u) => (u === 1 ? 0.999 : truth(bin, u)), 2);
    expect((await calibrate(wrong, raster, spans, Uint8Array.of(1, 0))).slope).toBeCloseTo(1, 0);
  });
});

describe('reliability', () => {
  it('is nearly zero for the truth and the gap for a shifted predictor', () => {
    const silent = [90, 80, 70, 60];
    const spiking = [10, 20, 30, 40];
    const honest = [10, 20, 30, 40];
    const edges = equalMassEdges(silent, spiking, 4);
    expect(edges).toEqual([0, 1, 2, 3]);
    expect(calibrationError(reliability(silent, spiking, honest, edges))).toBeCloseTo(0, 12);
    expect(calibrationError(reliability(silent, spiking, [20, 30, 40, 50], edges))).toBeCloseTo(0.1, 12);
  });

  it('groups buckets into bins of equal mass and merges what it cannot split', () => {
    expect(equalMassEdges([1, 1, 1, 1, 1, 1, 1, 1], new Float64Array(8), 4)).toEqual([0, 2, 4, 6]);
    expect(equalMassEdges([100, 1, 1], new Float64Array(3), 4)).toHaveLength(2);
  });
});

describe('quantile', () => {
  it('is linear between neighbours and skips what is not finite', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([NaN, 5], 0.9)).toBe(5);
    expect(quantile([], 0.5)).toBeNaN();
  });
});
