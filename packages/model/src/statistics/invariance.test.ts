// What must not change a statistic (the order of units, what lies outside the spans), what must (a gap cuts everything), and
// recordings with next to nothing in them.
import { describe, expect, it } from 'vitest';
import { arrangeRaster, type BinSpan, type Raster, type UnitInfo } from '../recording/index.ts';
import { emptyRaster, setSpike } from '../evaluation/testing/synthetic.ts';
import { rasterStatistics, type RasterStatistics } from './raster-statistics.ts';
import { goldenRaster, rasterOf } from './testing/rasters.ts';

const golden = goldenRaster();
const labelled: UnitInfo[] = ['exc', 'exc', 'inh', 'inh', 'exc', 'inh'].map((cellClass, u) => ({
  id: `u${u}`,
  cellClass,
  layer: String(u % 2),
}));

/** Figures of the whole population: no order of units in them. */
const ofPopulation = (found: RasterStatistics) => [
  found.rates.ratio,
  ...found.rates.layerRates,
  ...found.spectrum.bands,
  ...found.coherence.flatMap(({ pairs }) => pairs.flatMap(({ bands }) => [...bands])),
  found.bursts.perMinute,
  found.bursts.share,
  ...found.avalanches.sizes.weights,
  found.classCorrelation,
  ...found.correlations.flatMap(({ classMeans }) => Object.values(classMeans)),
];

describe('order of units', () => {
  it('moves values with their units and nothing else', () => {
    const order = [3, 5, 0, 2, 4, 1];
    const before = rasterStatistics(golden, { units: labelled });
    const after = rasterStatistics(arrangeRaster(golden, order), { units: order.map((u) => labelled[u]) });
    order.forEach((from, to) => {
      expect(after.rates.rates[to]).toBe(before.rates.rates[from]);
      expect(after.intervals.cv[to]).toBe(before.intervals.cv[from]);
      expect(after.intervals.perUnit[to]).toEqual(before.intervals.perUnit[from]);
      after.fano.forEach(({ values }, w) => expect(values[to]).toBe(before.fano[w].values[from]));
    });
    expect([...after.correlations[1].values].filter((x) => x === x).sort()).toEqual(
      [...before.correlations[1].values].filter((x) => x === x).sort(),
    );
    const [a, b] = [ofPopulation(before), ofPopulation(after)];
    expect(a.length).toBe(b.length);
    a.forEach((value, i) => expect(b[i]).toBeCloseTo(value, 10));
  });
});

/** The golden raster with `bins` bins of nothing, or of spikes that were not observed, put in at `at`. */
function withGap(at: number, bins: number, noise: boolean): Raster {
  const raster = emptyRaster(golden.bins + bins, golden.units, [
    { start: 0, stop: at },
    { start: at + bins, stop: golden.bins + bins },
  ]);
  raster.words.set(golden.words.subarray(0, at), 0);
  raster.words.set(golden.words.subarray(at), at + bins);
  if (noise) for (let bin = at; bin < at + bins; bin++) setSpike(raster, bin, bin % 6);
  return raster;
}

describe('spans and gaps', () => {
  it('reads nothing outside the observed spans', () => {
    const silent = rasterStatistics(withGap(30_000, 777, false), { units: labelled });
    const noisy = rasterStatistics(withGap(30_000, 777, true), { units: labelled });
    expect(noisy).toEqual(silent);
  });

  it('joins nothing over a gap: one interval a unit fewer, and the very windows of the two parts', () => {
    const whole = rasterStatistics(golden);
    const cut = rasterStatistics(withGap(30_000, 777, false));
    whole.intervals.counts.forEach((count, unit) =>
      expect(cut.intervals.counts[unit]).toBe(count > 0 ? count - 1 : 0),
    );
    expect(cut.rates.rates).toEqual(whole.rates.rates);
    // 30,000 bins hold a whole number of every window, so that the windows are the same ones.
    cut.fano.forEach(({ values }, w) => expect(values).toEqual(whole.fano[w].values));
    cut.correlations.forEach(({ values }, w) =>
      values.forEach((value, p) => {
        if (value === value) expect(value).toBeCloseTo(whole.correlations[w].values[p], 12);
      }),
    );
    expect(cut.spectrum.segments).toBe(2 * Math.floor((30_000 - 1024) / 1024));
    // A burst that lies across the gap would be one there and two here.
    const across = (gap: BinSpan[]) =>
      rasterStatistics(rasterOf([[490, 495, 500, 505].flatMap((t) => [t, t + 1, t + 2])], 20_000, gap)).bursts
        .bursts;
    expect(across([{ start: 0, stop: 20_000 }])).toBe(1);
    expect(
      across([
        { start: 0, stop: 500 },
        { start: 500, stop: 20_000 },
      ]),
    ).toBe(2);
  });

  it('clips spans to what was observed', () => {
    const raster = withGap(30_000, 777, true);
    const asked = rasterStatistics(raster, { spans: [{ start: 0, stop: raster.bins }] });
    expect(asked).toEqual(rasterStatistics(raster));
  });
});

describe('next to nothing', () => {
  const empty = (bins: number) => rasterStatistics(rasterOf([[], []], bins), { units: labelled.slice(0, 2) });

  it.each([0, 1, 3, 50, 5000])('of %i bins without a spike, figures are 0 or NaN', (bins) => {
    const found = empty(bins);
    expect(found.bins).toBe(bins);
    expect([...found.intervals.cv]).toEqual([NaN, NaN]);
    expect(found.bursts.bursts).toBe(0);
    expect(found.avalanches.sizes.total).toBe(0);
    expect([...found.spectrum.bands].every((value) => value !== value)).toBe(true);
    expect([...found.correlations[0].values]).toEqual([NaN]);
  });

  it('of units below the fewest spikes, no figure but a rate', () => {
    const few = rasterStatistics(rasterOf([[5, 70, 90], Array.from({ length: 200 }, (_, i) => 7 * i)], 2000));
    expect(few.rates.rates[0]).toBe(1.5);
    expect([few.intervals.cv[0], few.intervals.lv[0], few.fano[0].values[0]]).toEqual([NaN, NaN, NaN]);
    expect(few.intervals.cv[1]).toBe(0);
    expect([...few.correlations[0].values]).toEqual([NaN]);
  });

  it('leaves out what a wide bin cannot hold', () => {
    const wide = rasterStatistics({ ...golden, binMilliseconds: 25 });
    expect([...wide.fano[0].values].every((value) => value !== value)).toBe(true);
    expect(wide.fano[2].values[0]).toBeGreaterThan(0);
    // Half of 40 Hz reaches no band from beta on.
    expect([...wide.spectrum.bands].map((value) => value === value)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(wide.bursts.bursts).toBe(0);
  });
});
