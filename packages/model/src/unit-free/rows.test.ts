// Plan: exposures never judge what they know; a stretched recording keeps its spikes and takes `factor` times as long; drawn rows
// stand for the bins they were drawn from; features are clipped to what was seen.
import { KernelCore } from '@spikebridge/core-wasm';
import { describe, expect, it } from 'vitest';
import { countSpikes, spanBins } from '../evaluation/features/cursor.ts';
import { kernelHost } from '../evaluation/kernel-host.ts';
import { poissonRaster } from '../evaluation/testing/synthetic.ts';
import { drawExposures } from './exposures.ts';
import { drawRows } from './row-set.ts';
import { standardisationOf, standardise } from './standardise.ts';
import { stretchRaster } from './stretch.ts';

const host = kernelHost(await KernelCore.create({ deterministic: true }));

describe('exposures', () => {
  const part = [
    { start: 100, stop: 20_100 },
    { start: 30_000, stop: 40_000 },
  ];
  const rules = { longestBins: 12_000, judgedBins: 5000, calibrations: [{ bins: 3000, draws: 4 }] };
  const drawn = drawExposures(part, rules, 7);

  it('are two long ones and as many short ones as are drawn', () => {
    expect(drawn.map(({ known }) => spanBins(known))).toEqual([12_000, 12_000, 3000, 3000, 3000, 3000]);
    expect(
      drawExposures(part, { ...rules, longestBins: 1e9 }, 7).map(({ known }) => spanBins(known)),
    ).toContain(15_000);
  });

  it('judge bins of the part that are not known', () => {
    for (const { known, judged } of drawn) {
      expect(part.some(({ start, stop }) => judged.start >= start && judged.stop <= stop)).toBe(true);
      for (const { start, stop } of known) expect(judged.stop <= start || judged.start >= stop).toBe(true);
      expect(judged.stop - judged.start).toBeLessThanOrEqual(5000);
    }
  });

  it('are the same for a seed, and others for another', () => {
    expect(drawExposures(part, rules, 7)).toEqual(drawn);
    expect(drawExposures(part, rules, 8)).not.toEqual(drawn);
  });
});

describe('a stretched recording', () => {
  const raster = poissonRaster(4000, [0.01, 0.02], 3);

  it('is itself at factor 1', () => {
    const spans = [{ start: 0, stop: 4000 }];
    expect(stretchRaster(raster, spans, 1, 5).words).toEqual(raster.words);
  });

  it('takes factor times as long and keeps its spikes, apart from those that come to share a bin', () => {
    const spans = [
      { start: 500, stop: 1500 },
      { start: 2000, stop: 4000 },
    ];
    const before = countSpikes(raster, spans).spikes;
    const slow = stretchRaster(raster, spans, 2.5, 5);
    expect(slow.observed).toEqual([
      { start: 0, stop: 2500 },
      { start: 2500, stop: 7500 },
    ]);
    expect(countSpikes(slow, slow.observed).spikes).toEqual(before);
    const fast = stretchRaster(raster, spans, 0.4, 5);
    const kept = countSpikes(fast, fast.observed).spikes;
    expect(fast.bins).toBe(1200);
    kept.forEach((count, u) => {
      expect(count).toBeLessThanOrEqual(before[u]);
      expect(count).toBeGreaterThan(0.8 * before[u]);
    });
  });
});

describe('drawn rows', () => {
  const raster = poissonRaster(30_000, [0.01, 0.03, 0], 4);
  const options = {
    ...{ raster, present: Uint8Array.of(1, 1, 0), rows: 900, seed: 3, host },
    level: 'rates',
    exposure: { known: [{ start: 0, stop: 10_000 }], judged: { start: 12_000, stop: 28_000 } },
  } as const;

  it('are a third spikes, and stand for all entries of the units that are there', () => {
    const set = drawRows({ ...options, even: false });
    const { spikes } = countSpikes(raster, [options.exposure.judged]);
    const fired = set.fired.reduce((sum, y) => sum + y, 0);
    expect(fired).toBeGreaterThan(200);
    expect(fired).toBeLessThan(400);
    const standFor = fired * set.weights.spike;
    expect(standFor).toBeGreaterThan(0.8 * (spikes[0] + spikes[1]));
    expect(standFor).toBeLessThan(1.2 * (spikes[0] + spikes[1]));
    const silent = (set.rows - fired) * set.weights.silence;
    // 600 rows: four deviations are 16 %.
    expect(Math.abs(silent / (32_000 - spikes[0] - spikes[1]) - 1)).toBeLessThan(0.16);
    expect(set.shift).toBeCloseTo(Math.log(set.weights.silence / set.weights.spike), 10);
  });

  it('have one chance where they are even', () => {
    const set = drawRows({ ...options, even: true });
    expect(set.shift).toBe(0);
    expect(set.weights.spike).toBe(set.weights.silence);
    expect(set.rows * set.weights.spike).toBeGreaterThan(0.85 * 32_000);
    expect(set.rows * set.weights.spike).toBeLessThan(1.15 * 32_000);
  });

  it('learn the log-odds of the recording once the shift is added: the mean of y - p vanishes', () => {
    const set = drawRows({ ...options, even: false });
    let sum = 0;
    set.base.forEach((logit, i) => (sum += set.fired[i] - 1 / (1 + Math.exp(-logit - set.shift))));
    expect(Math.abs(sum / set.rows)).toBeLessThan(0.05);
  });
});

describe('standardisation', () => {
  it('clips to what was seen, then centres and scales', () => {
    const features = Float32Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? i / 2 : 7));
    const set = { rows: 1000, features, base: new Float32Array(1000), fired: new Uint8Array(1000) };
    const scale = standardisationOf([{ ...set, shift: 0, weights: { spike: 1, silence: 1 } }], 2);
    const values = Float32Array.of(499.5, 7, 1e9, 7, -1e9, 8);
    standardise(values, 3, scale);
    expect(values[0]).toBeCloseTo(0, 2);
    expect(values[2]).toBeCloseTo(Math.sqrt(3), 1);
    expect(values[4]).toBeCloseTo(-Math.sqrt(3), 1);
    // A feature that never varied says nothing, whatever it is.
    expect([values[1], values[3], values[5]]).toEqual([0, 0, 0]);
  });
});
