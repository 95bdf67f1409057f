// Statistics of trains whose law is known: the closed form, and a tolerance of five standard errors of it.
import { describe, expect, it } from 'vitest';
import { sin } from '../engine/elementary.ts';
import { drawRaster, poissonRaster } from '../evaluation/testing/synthetic.ts';
import { weightedMean } from './samples.ts';
import { rasterStatistics } from './raster-statistics.ts';
import { gammaTrain, rasterOf } from './testing/rasters.ts';

function near(values: ArrayLike<number>, expected: number, standardError: number): void {
  for (let i = 0; i < values.length; i++)
    expect(Math.abs(values[i] - expected), `${i}: ${values[i]}`).toBeLessThan(5 * standardError);
}

describe('independent Poisson trains', () => {
  const p = 0.02;
  const bins = 400_000;
  const units = 8;
  const found = rasterStatistics(poissonRaster(bins, new Array<number>(units).fill(p), 5));

  it('have geometric intervals: CV sqrt(1 - p), CV2 and LV near 1', () => {
    // The CV of n exponential intervals has a standard error of n^-1/2; LV's is smaller than 1.6 n^-1/2 (Shinomoto 2003).
    const error = 1 / Math.sqrt(bins * p);
    near(found.intervals.cv, Math.sqrt(1 - p), error);
    // Whole bins lower both by about p / 2.
    near(found.intervals.cv2, 1 - p / 2, error);
    near(found.intervals.lv, 1 - p / 2, 1.6 * error);
  });

  it('have Fano factor 1 - p at every width', () => {
    for (const { milliseconds, values } of found.fano)
      near(values, 1 - p, Math.sqrt((2 * milliseconds) / bins));
  });

  it('do not correlate', () => {
    for (const { milliseconds, values } of found.correlations)
      near(values, 0, Math.sqrt(milliseconds / bins));
    expect(found.correlations[0].values.length).toBe((units * (units - 1)) / 2);
  });

  it('have a flat spectrum at 1 and coherence at its floor', () => {
    // Hann windows that overlap by half are worth 0.9 of as many independent ones; delta averages six frequencies.
    const { segments, bands } = found.spectrum;
    near(bands, 1, 1 / Math.sqrt(0.9 * segments * 4));
    // MSC of independent signals: mean and SD 1 / segments.
    const [{ pairs }] = found.coherence;
    near(pairs[0].bands, 1 / (0.9 * segments), 1 / (0.9 * segments * Math.sqrt(4)));
  });
});

describe('renewal trains', () => {
  it('regular: CV, CV2, LV and Fano factor are 0', () => {
    const train = Array.from({ length: 6000 }, (_, i) => 10 * i + 3);
    const { intervals, fano } = rasterStatistics(rasterOf([train], 60_000));
    expect([intervals.cv[0], intervals.cv2[0], intervals.lv[0]]).toEqual([0, 0, 0]);
    for (const { milliseconds, values } of fano) if (milliseconds % 10 === 0) expect(values[0]).toBe(0);
  });

  it('gamma of order k: CV k^-1/2, LV 3 / (2 k + 1)', () => {
    const bins = 4_000_000;
    for (const order of [2, 4, 16]) {
      const { intervals } = rasterStatistics(rasterOf([gammaTrain(bins, 200, order, order)], bins));
      const error = 1 / Math.sqrt(2 * (bins / 200));
      near(intervals.cv, 1 / Math.sqrt(order), error);
      near(intervals.lv, 3 / (2 * order + 1), 1.6 * error);
    }
  });
});

describe('shared drive', () => {
  it('of windows that are quiet or busy for all: correlation and Fano factor by the law of total variance', () => {
    const [quiet, busy] = [0.01, 0.05];
    let drive = 0;
    // Whether a window is busy is a coin of its own: one more unit, whose spike at the window's start decides.
    const raster = drawRaster(400_000, 5, 9, (bin, unit, past) => {
      if (unit === 0) return bin % 20 === 0 ? 0.5 : 0;
      if (unit === 1 && bin % 20 === 0) drive = past(0, 0) === 1 ? busy : quiet;
      return drive;
    });
    const { correlations, fano } = rasterStatistics(raster);
    const variance = ((busy - quiet) / 2) ** 2;
    const within = (quiet * (1 - quiet) + busy * (1 - busy)) / 2;
    const mean = (quiet + busy) / 2;
    const shared = 20 * 20 * variance;
    const expected = shared / (shared + 20 * within);
    // Pairs among units 1 ... 4 are all but those of unit 0, which stand at places j (j - 1) / 2.
    const pairs = [...correlations[1].values].filter((_, place) => ![0, 1, 3, 6].includes(place));
    expect(pairs.length).toBe(6);
    near(pairs, expected, Math.sqrt(20 / 400_000) * 2);
    const at100 = fano.find(({ milliseconds }) => milliseconds === 100)?.values.slice(1) ?? [];
    near(at100, (shared + 20 * within) / (20 * mean), 1.3 * Math.sqrt(2 / 4000));
    const at10 = fano[0].values.slice(1);
    near(at10, (100 * variance + 10 * within) / (10 * mean), 1.2 * Math.sqrt(2 / 40_000));
  });

  it('of a sine: a peak of known height at its frequency, and the coherence that signal over noise gives', () => {
    const [p, depth, place] = [0.02, 0.5, 20];
    const units = 20;
    const turn = (2 * Math.PI * place) / 2048;
    const { spectrum, coherence } = rasterStatistics(
      drawRaster(400_000, units, 4, (bin) => p * (1 + depth * sin(turn * (bin % 2048)))),
    );
    const peak = spectrum.relative.indexOf(Math.max(...spectrum.relative));
    expect(peak).toBe(place);
    // A sine of amplitude A stands A^2 (sum w)^2 / (4 V sum w^2) over white noise of variance V: 2 * 2048 / 3 for Hann.
    const over = (amplitude: number, variance: number) => (amplitude ** 2 * 2 * 2048) / 3 / (4 * variance);
    const variance = p - p * p * (1 + depth ** 2 / 2);
    const ratio = over(units * p * depth, units * variance);
    const { segments } = spectrum;
    near([spectrum.relative[place]], 1 + ratio, (2 * Math.sqrt(ratio)) / Math.sqrt(segments));
    const half = over((units / 2) * p * depth, (units / 2) * variance);
    near([coherence[0].pairs[0].values[place]], (half / (1 + half)) ** 2, 0.02);
    expect(coherence[0].pairs[0].values[place + 100]).toBeLessThan(0.05);
  });
});

describe('population events', () => {
  it('bursts laid by hand: number, rate, duration and share of spikes', () => {
    const bins = 60_000;
    const burst = (start: number, unit: number) =>
      Array.from({ length: 10 }, (_, i) => start + 5 * i + (unit % 5));
    const starts = Array.from({ length: 10 }, (_, i) => 3520 + 6000 * (i % 9) + (i === 9 ? 1000 : 0));
    const trains = Array.from({ length: 20 }, (_, unit) => starts.flatMap((start) => burst(start, unit)));
    // One spike each 100 ms: above the mean of 0.4, never near the peak.
    trains.push(Array.from({ length: 600 }, (_, i) => 100 * i + 5));
    const { bursts } = rasterStatistics(rasterOf(trains, bins));
    expect(bursts.bursts).toBe(10);
    expect(bursts.perMinute).toBeCloseTo(10, 12);
    expect(bursts.milliseconds).toBeCloseTo(50, 12);
    expect(bursts.share).toBeCloseTo(2000 / 2600, 12);
  });

  it('avalanches laid by hand; those that the ends cut are left out', () => {
    const { avalanches } = rasterStatistics(
      rasterOf(
        [
          [0, 3, 4, 5, 10, 19],
          [3, 4, 10, 11, 14, 15, 16, 17],
        ],
        20,
      ),
    );
    expect(avalanches.windowMilliseconds).toBe(1);
    expect([[...avalanches.sizes.values], [...avalanches.sizes.weights]]).toEqual([
      [3, 4, 5],
      [1, 1, 1],
    ]);
    expect([...avalanches.lengths.values]).toEqual([2, 3, 4]);
    expect(weightedMean(avalanches.sizes)).toBe(4);
    expect(avalanches.perSecond).toBeCloseTo(150, 10);
  });
});
