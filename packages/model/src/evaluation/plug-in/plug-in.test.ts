// The plug-in statistics of a target: what they count, where they look, and what they gain on trains whose law is known.
import { KernelCore } from '@spikebridge/core-wasm';
import { describe, expect, it } from 'vitest';
import type { BinSpan, Raster } from '../../recording/types.ts';
import { plainHost } from '../dense-host.ts';
import { spikeAt } from '../features/cursor.ts';
import { trainingProbabilities } from '../floors/rates.ts';
import { floorFactory } from '../floors/fit.ts';
import type { FittedFloors } from '../floors/fitted.ts';
import { futurePerturbation, poissonGuard } from '../guards.ts';
import { kernelHost } from '../kernel-host.ts';
import { drawRaster, poissonRaster, thirds } from '../testing/synthetic.ts';
import type { KnowledgeLevel, PredictorFactory, TargetView } from '../types.ts';
import { latestBins } from './known-part.ts';
import { countPairs } from './pair-scalars.ts';
import { PRIOR_SPIKES, RatioTables, tableEdges } from './ratio-table.ts';
import { countPlugIn, StatisticsPredictor } from './statistics-predictor.ts';
import { HAZARD } from './scalar-source.ts';
import { UnitScalars } from './unit-scalars.ts';

const host = kernelHost(await KernelCore.create({ deterministic: true }));

/** Unit 0 is silent for 5 bins after a spike, unit 1 follows unit 0 by one bin, unit 2 knows nobody. */
const law = (_: number, unit: number, past: (lag: number, unit: number) => number): number => {
  if (unit === 0) return [1, 2, 3, 4, 5].some((lag) => past(lag, 0) === 1) ? 0 : 0.05;
  if (unit === 1) return past(1, 0) === 1 ? 0.5 : 0.01;
  return 0.03;
};
const raster = drawRaster(60_000, 3, 5, law);
const split = thirds(raster);
const scored = new Uint8Array(3).fill(1);

/** Bits/spike of unit `unit` over its training rate. */
function gain(make: PredictorFactory, view: TargetView, spans: readonly BinSpan[], unit: number): number {
  const [{ start, stop }] = spans;
  const { units } = view.raster;
  const out = new Float32Array((stop - start) * units);
  void make(view).predict(start, stop, out);
  const rate = trainingProbabilities(view.raster, split.train)[unit];
  let sum = 0;
  let spikes = 0;
  for (let bin = start; bin < stop; bin++) {
    const p = out[(bin - start) * units + unit];
    const spike = spikeAt(view.raster, bin, unit);
    spikes += spike;
    sum += spike === 1 ? Math.log(p / rate) : Math.log((1 - p) / (1 - rate));
  }
  return sum / (spikes * Math.LN2);
}

const floors = { units: 3, rates: trainingProbabilities(raster, split.train) } as FittedFloors;
const plugIn: PredictorFactory = (view) => floorFactory(floors, 'plug-in', host)(view);
const viewOf = (level: KnowledgeLevel, target: Raster = raster, spans = split.train): TargetView => ({
  raster: target,
  rates: trainingProbabilities(target, spans),
  scored,
  level,
  known: { raster: target, spans },
});

describe('scalars', () => {
  it('hold age, interval class and traces of the bins before', () => {
    const scalars = new UnitScalars(Float64Array.of(0.1), 1, { own: [2000], population: [32] });
    const bins = [0, 1, 0, 0, 1, 0];
    const ages = bins.map((spike) => {
      const age = scalars.age(0);
      scalars.step(Float32Array.of(spike));
      return age;
    });
    expect(ages).toEqual([1, 2, 1, 2, 3, 1]);
    // The one interval is 3 bins, 0.3 of a mean one of 10: the middle class.
    expect(scalars.intervalClass[0]).toBe(1);
    const decay = Math.exp(-1 / 32);
    let trace = 0.1 / (1 - decay);
    for (const spike of bins) trace = trace * decay + spike;
    expect(scalars.population[0]).toBeCloseTo(trace, 10);
    const slow = Math.exp(-1 / 2000);
    let own = 0.1 / (1 - slow);
    for (const spike of bins) own = own * slow + spike;
    expect(scalars.own(0, 0)).toBeCloseTo(own, 10);
  });

  it('carry a trace on over more bins than powers are kept', () => {
    const scalars = new UnitScalars(Float64Array.of(0.1), 1, { own: [2000], population: [] });
    for (let bin = 0; bin < 10_000; bin++) scalars.step(Float32Array.of(0));
    expect(scalars.own(0, 0)).toBeCloseTo((0.1 / (1 - Math.exp(-1 / 2000))) * Math.exp(-5), 10);
    expect(scalars.age(0)).toBe(10_001);
  });
});

describe('tables', () => {
  it('have edges at quantiles of spikes and bins by turns, and none twice', () => {
    const values = Array.from({ length: 101 }, (_, i) => i);
    expect(tableEdges([10, 10, 10], values, 4)).toEqual([10, 50]);
    expect(tableEdges([], values, 4)).toEqual([25, 50, 75]);
    expect(tableEdges([1], [], 4)).toEqual([]);
  });

  it('give ln((spikes + prior) / (expected + prior)), and draw a class to all classes', () => {
    const table = new RatioTables([[5]], 2, 2);
    for (let i = 0; i < 100; i++) table.count(0, 5, i % 2, i < 40 ? 1 : 0);
    for (let i = 0; i < 50; i++) table.count(0, 6, 0, 0);
    table.finish(Float64Array.of(0.2));
    const whole = (40 + PRIOR_SPIKES) / (20 + PRIOR_SPIKES);
    const half = Math.log((20 + PRIOR_SPIKES * whole) / (10 + PRIOR_SPIKES));
    expect(table.logRatio(0, 4, 0)).toBeCloseTo(half, 6);
    expect(table.logRatio(0, 5, 1)).toBeCloseTo(half, 6);
    // Nothing was seen in this class: what all classes say stands.
    expect(table.logRatio(0, 7, 1)).toBeCloseTo(Math.log(PRIOR_SPIKES / (10 + PRIOR_SPIKES)), 6);
  });
});

describe('pair statistics', () => {
  it('see who leads whom, and nothing between strangers', () => {
    const { weights, units } = countPairs(raster, split.train, host);
    const width = 2 * units;
    const of = (from: number, to: number): number => weights[from * width + to];
    expect(of(0, 1)).toBeGreaterThan(0.5);
    expect(of(0, 0)).toBe(0);
    expect(Math.abs(of(2, 1))).toBeLessThan(0.05);
    // No weight between kinds of trace.
    expect(of(0, units + 1)).toBe(0);
  });

  it('leave out what chance moves: among strangers a shift of under one deviation, two in three, weighs nothing', () => {
    const strangers = poissonRaster(40_000, Array<number>(12).fill(0.03), 4);
    const { weights, units } = countPairs(strangers, [{ start: 0, stop: 40_000 }], host);
    const width = 2 * units;
    let zeros = 0;
    for (let v = 0; v < units; v++)
      for (let u = 0; u < units; u++) if (u !== v && weights[v * width + u] === 0) zeros++;
    // 132 pairs: 90 are expected, and 0 without the shrinking.
    expect(zeros).toBeGreaterThan(66);
    expect(zeros).toBeLessThan(115);
  });

  it('are the same by plain loops and by kernels', () => {
    const plain = countPairs(raster, split.train, plainHost());
    const kernels = countPairs(raster, split.train, host);
    plain.weights.forEach((weight, i) => expect(kernels.weights[i]).toBeCloseTo(weight, 3));
  });
});

describe('plug-in', () => {
  it('gains by the hazard at level statistics, by the neighbour at level pairs only', () => {
    const of = (level: KnowledgeLevel, unit: number): number => gain(plugIn, viewOf(level), split.test, unit);
    expect(of('rates', 0)).toBeCloseTo(0, 6);
    expect(of('statistics', 0)).toBeGreaterThan(0.2);
    expect(of('statistics', 1)).toBeLessThan(0.3);
    expect(of('pairs', 1)).toBeGreaterThan(0.6);
    // A unit that nothing predicts is not made worse by more than the noise of its tables.
    expect(of('pairs', 2)).toBeGreaterThan(-0.02);
  });

  it('is what its tables say: rate and weighted log-ratios', () => {
    const statistics = countPlugIn({ raster, spans: split.train }, 'statistics', host);
    const out = new Float32Array(3);
    const [{ start }] = split.test;
    new StatisticsPredictor(statistics, 'statistics', raster, host).predict(start, start + 1, out);
    // Unit 0 just after a spike: its hazard says never.
    let quiet = start;
    while (spikeAt(raster, quiet - 1, 0) === 0) quiet++;
    new StatisticsPredictor(statistics, 'statistics', raster, host).predict(quiet, quiet + 1, out);
    expect(out[0]).toBeLessThan(0.3 * statistics.rates[0]);
    expect(statistics.tables[HAZARD].logRatio(0, 1, 1)).toBeLessThan(-1.5);
  });

  it('looks at the known part and nowhere else', () => {
    const known = [{ start: 10_000, stop: 20_000 }];
    const words = raster.words.slice();
    words.fill(0b111, 0, 10_000);
    words.fill(0b111, 20_000);
    const other = { ...raster, words };
    for (const level of ['rates', 'statistics', 'pairs'] as const) {
      const one = countPlugIn({ raster, spans: known }, level, host);
      const two = countPlugIn({ raster: other, spans: known }, level, host);
      expect(two).toEqual(one);
    }
  });

  it('has no statistic without a known bin', () => {
    expect(() => countPlugIn({ raster, spans: [] }, 'statistics', host)).toThrow(
      expect.objectContaining({ code: 'E_CALIBRATION_EMPTY' }),
    );
  });

  it.each(['statistics', 'pairs'] as const)('passes the guards at level %s', async (level) => {
    const future = await futurePerturbation({
      factory: plugIn,
      view: viewOf(level),
      spans: split.test,
      seed: 3,
    });
    expect(future.passed).toBe(true);
    const surrogate = poissonRaster(120_000, [0.02, 0.01, 0.05], 9);
    const parts = thirds(surrogate);
    const poisson = await poissonGuard({
      factory: plugIn,
      surrogate,
      train: parts.train,
      spans: parts.test,
      scored,
      level,
      seed: 3,
    });
    expect(poisson.passed).toBe(true);
  });
});

describe('latestBins', () => {
  const spans = [
    { start: 0, stop: 10 },
    { start: 20, stop: 25 },
  ];

  it('takes the last bins, across spans', () => {
    expect(latestBins(spans, 3)).toEqual([{ start: 22, stop: 25 }]);
    expect(latestBins(spans, 8)).toEqual([
      { start: 7, stop: 10 },
      { start: 20, stop: 25 },
    ]);
    expect(latestBins(spans, 15)).toEqual(spans);
  });

  it('refuses more than there is', () => {
    expect(() => latestBins(spans, 16)).toThrow(expect.objectContaining({ code: 'E_CALIBRATION_SHORT' }));
  });
});
