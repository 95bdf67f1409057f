// Resampling: a family summed with every block once is the family, one block alone is that stretch of the raster, and where pairs
// are too many to keep by block, those that are kept are right.
import { describe, expect, it } from 'vitest';
import { poissonRaster } from '../evaluation/testing/synthetic.ts';
import type { UnitInfo } from '../recording/index.ts';
import { avalancheFamily } from './avalanches.ts';
import { burstFamily } from './bursts.ts';
import { classFamily } from './class-populations.ts';
import { coherenceFamily } from './coherence.ts';
import { correlationFamily } from './correlations.ts';
import type { Family } from './family.ts';
import { fanoFamily } from './fano.ts';
import { intervalFamily } from './intervals.ts';
import { rateFamily } from './rates.ts';
import { spectrumFamily } from './spectrum.ts';
import { goldenRaster } from './testing/rasters.ts';
import { viewOf } from './view.ts';

const golden = viewOf(goldenRaster());
const units: UnitInfo[] = [0, 1, 2, 3, 4, 5].map((u) => ({
  id: `u${u}`,
  cellClass: u < 3 ? 'exc' : 'inh',
  layer: String(u % 2),
}));

/** Values of every row: with blocks drawn so often, and of some rows of the raster by themselves. */
function values<P, M, S>(family: Family<P, M, S>, times: ArrayLike<number> | undefined, view = golden) {
  const parameters = family.parameters(golden, units);
  const summary = family.summarise(family.measure(view, parameters), times);
  return Object.fromEntries(family.rows(parameters).map((row) => [row.key, row.value(summary)]));
}

const families: [
  string,
  (times: ArrayLike<number> | undefined, view?: typeof golden) => Record<string, number>,
][] = [
  ['rates', (times, view) => values(rateFamily, times, view)],
  ['intervals', (times, view) => values(intervalFamily, times, view)],
  ['fano', (times, view) => values(fanoFamily, times, view)],
  ['correlations', (times, view) => values(correlationFamily, times, view)],
  ['classes', (times, view) => values(classFamily, times, view)],
  ['spectrum', (times, view) => values(spectrumFamily, times, view)],
  ['coherence', (times, view) => values(coherenceFamily, times, view)],
  ['bursts', (times, view) => values(burstFamily, times, view)],
  ['avalanches', (times, view) => values(avalancheFamily, times, view)],
];

const BLOCKS = 20;
const BLOCK = 3000;

describe('blocks', () => {
  it('are twenty of 3 s', () => {
    expect([golden.blocks.blocks, golden.blocks.blockBins]).toEqual([BLOCKS, BLOCK]);
  });

  it.each(families)('%s: once each and three times each are the whole', (_, of) => {
    const whole = of(undefined);
    for (const [key, value] of Object.entries(of(new Uint8Array(BLOCKS).fill(1))))
      expect(value, key).toBeCloseTo(whole[key], 12);
    for (const [key, value] of Object.entries(of(new Uint8Array(BLOCKS).fill(3)))) {
      // What is a number of bursts in so many minutes, or a mean, does not change when all is tripled.
      expect(value, key).toBeCloseTo(whole[key], 10);
    }
  });

  it.each(families)(
    '%s: the last ten alone are the second half, but for what lies across its start',
    (name, of) => {
      const times = Uint8Array.from({ length: BLOCKS }, (_, block) => (block < BLOCKS / 2 ? 0 : 1));
      const drawn = of(times);
      // Segments stand every 1024 bins: the first that begins in the second half does so at bin 30,720.
      const start = name === 'spectrum' || name === 'coherence' ? 30_720 : 30_000;
      const half = of(undefined, viewOf(golden.raster, [{ start, stop: 60_000 }]));
      // Windows, rates and segments are the very same; the Poisson level of the spectrum is that of a few rows more; an interval,
      // burst or avalanche at the start belongs to either.
      const tolerance = { intervals: 0.02, bursts: 0.06, avalanches: 0.01, spectrum: 0.01 }[name] ?? 1e-12;
      for (const [key, value] of Object.entries(half))
        expect(Math.abs(drawn[key] / value - 1), `${key}: ${drawn[key]} ${value}`).toBeLessThanOrEqual(
          tolerance,
        );
    },
  );
});

describe('many units', () => {
  it('resample an even choice of their pairs', () => {
    const view = viewOf(poissonRaster(5000, new Array<number>(210).fill(0.05), 2));
    const tables = correlationFamily.measure(view, null);
    const [, whole] = correlationFamily.summarise(tables);
    const [, drawn] = correlationFamily.summarise(tables, new Uint8Array(view.blocks.blocks).fill(1));
    const kept = [...drawn.values].flatMap((value, pair) => (value === value ? [pair] : []));
    expect(whole.values.length).toBe(21_945);
    expect(kept.length).toBe(10_973);
    for (const pair of kept) expect(drawn.values[pair]).toBeCloseTo(whole.values[pair], 12);
  });
});
