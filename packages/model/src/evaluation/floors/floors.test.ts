// Plan: each floor on trains whose law is known: it recovers the law (weights, gain), stays at its null where there is
// nothing to find, predicts what it fitted, and survives being saved. Rates by brute force.
import { beforeAll, describe, expect, it } from 'vitest';
import { KernelCore } from '@spikebridge/core-wasm';
import { kernelHost } from '../kernel-host.ts';
import type { DenseHost } from '../dense-host.ts';
import { drawRaster, poissonRaster, thirds } from '../testing/synthetic.ts';
import { arrangeRaster } from '../../recording/pairing.ts';
import type { Raster } from '../../recording/types.ts';
import { spikeAt } from '../features/cursor.ts';
import type { FloorPredictor, TargetView } from '../types.ts';
import { CoupledPredictor, fitCoupled } from './coupled.ts';
import { availableFloors, fitFloors, floorFactory } from './fit.ts';
import { floorsFromBytes, floorsToBytes, type FittedFloors } from './fitted.ts';
import { UnitSearch } from './lbfgs.ts';
import { CHUNK_ROWS, fitLogistic, LogisticWorkspace, type Design, type DesignChunk } from './logistic.ts';
import {
  ConstantPredictor,
  fitRecentPrior,
  RecentRatePredictor,
  RunningRatePredictor,
  trainingProbabilities,
} from './rates.ts';
import { fitUnitGlm, logit, sigmoid, UnitGlmPredictor } from './unit-glm.ts';
import { leaveOutStart } from './unit-design.ts';

let host: DenseHost;
beforeAll(async () => {
  host = kernelHost(await KernelCore.create({ deterministic: true }));
});

const BINS = 40_000;
/** Unit 0 is refractory for 2 bins; unit 1 fires after unit 0; unit 2 is independent; unit 3 never fires. */
const raster = drawRaster(BINS, 4, 11, (_, unit, past) => {
  if (unit === 0) return past(1, 0) + past(2, 0) > 0 ? 0.001 : 0.06;
  if (unit === 1) return past(1, 0) === 1 ? 0.4 : 0.02;
  return unit === 2 ? 0.05 : 0;
});
const split = thirds(raster);
const rates = trainingProbabilities(raster, split.train);

/** bits/spike of a predictor over the test part, for some units, against the training rates. */
function bits(predictor: FloorPredictor, units: readonly number[]): number {
  const [{ start, stop }] = split.test;
  const out = new Float32Array((stop - start) * raster.units);
  predictor.predict(start, stop, out);
  let sum = 0;
  let spikes = 0;
  for (let bin = start; bin < stop; bin++) {
    for (const u of units) {
      const p = out[(bin - start) * raster.units + u];
      const spike = spikeAt(raster, bin, u) === 1;
      if (spike) spikes++;
      sum += spike ? Math.log(p / rates[u]) : Math.log((1 - p) / (1 - rates[u]));
    }
  }
  return sum / (spikes * Math.LN2);
}

const view: TargetView = {
  raster,
  rates,
  scored: new Uint8Array(4).fill(1),
  level: 'rates',
  known: { raster, spans: split.train },
};

describe('fitFloors', () => {
  let fitted: FittedFloors;
  const messages: string[] = [];
  beforeAll(() => {
    fitted = fitFloors({ raster, split, host, onProgress: (p) => messages.push(p.message) });
  }, 60_000);

  it('fits one floor at a time to the same weights, and does not fit again what is known', () => {
    const said: string[] = [];
    const onProgress = ({ floor }: { floor: string }) => said.push(floor);
    const first = fitFloors({ raster, split, host, only: [] });
    expect(first).toMatchObject({ ownHistory: null, population: null, coupled: null, sharedKernel: null });
    const second = fitFloors({ raster, split, host, only: ['population'], known: first, onProgress });
    const third = fitFloors({ raster, split, host, only: ['coupled'], known: second, onProgress });
    expect([...new Set(said)]).toEqual(['population', 'coupled']);
    expect(third.population).toBe(second.population);
    expect(third.recentPriorBins).toBe(fitted.recentPriorBins);
    expect(third.coupled?.weights).toEqual(fitted.coupled?.weights);
    expect(third.ownHistory).toBeNull();
  });

  it('finds a refractory unit and leaves a Poisson and a silent one at their null', () => {
    const own = floorFactory(fitted, 'own-history', host)(view);
    // Analytic: 0.06 in the share 1 / (1 + 2 x 0.06) of bins that follow two silent ones (renewal), else 0.001.
    const r = rates[0];
    const share = 1 / 1.12;
    const gain =
      share * (0.06 * Math.log(0.06 / r) + 0.94 * Math.log(0.94 / (1 - r))) +
      (1 - share) * (0.001 * Math.log(0.001 / r) + 0.999 * Math.log(0.999 / (1 - r)));
    const analytic = gain / (r * Math.LN2);
    expect(analytic).toBeGreaterThan(0.05);
    expect(bits(own, [0])).toBeGreaterThan(analytic - 0.03);
    expect(bits(own, [0])).toBeLessThan(analytic + 0.03);
    expect(Math.abs(bits(own, [2]))).toBeLessThan(0.003);
    expect(fitted.ownHistory?.ridge[3]).toBe(Infinity);
  });

  it('finds who drives whom by coupling alone', () => {
    const own = bits(floorFactory(fitted, 'own-history', host)(view), [1]);
    const coupled = bits(floorFactory(fitted, 'coupled', host)(view), [1]);
    // Unit 1: 0.4 after a spike of unit 0, else 0.02. About 500 test spikes of 2.5 bits SD: an SE of 0.11.
    const q = rates[0];
    const oracle =
      (q * (0.4 * Math.log(0.4 / rates[1]) + 0.6 * Math.log(0.6 / (1 - rates[1]))) +
        (1 - q) * (0.02 * Math.log(0.02 / rates[1]) + 0.98 * Math.log(0.98 / (1 - rates[1])))) /
      (rates[1] * Math.LN2);
    expect(coupled).toBeGreaterThan(own + 0.2);
    expect(coupled).toBeGreaterThan(oracle - 0.25);
    expect(coupled).toBeLessThan(oracle + 0.25);
    // lag 1 of unit 0 is feature 0 and drives unit 1 (column 1) by ln(0.4/0.6) - ln(0.02/0.98), the traces' part included.
    expect(fitted.coupled?.weights[0 * 4 + 1]).toBeGreaterThan(0.5);
  });

  it('scores the population between own history and coupling', () => {
    const population = bits(floorFactory(fitted, 'population', host)(view), [1]);
    expect(population).toBeGreaterThan(bits(floorFactory(fitted, 'own-history', host)(view), [1]) + 0.02);
    expect(population).toBeLessThan(bits(floorFactory(fitted, 'coupled', host)(view), [1]) + 0.01);
  });

  it('reports progress and names what it can set up', () => {
    expect(messages.some((m) => m.startsWith('coupled: ridge'))).toBe(true);
    expect(availableFloors(fitted)).toHaveLength(7);
    expect(availableFloors({ ...fitted, coupled: null })).not.toContain('coupled');
    expect(() => floorFactory({ ...fitted, coupled: null }, 'coupled', host)(view)).toThrow(/not fitted/);
    expect(() =>
      floorFactory(fitted, 'own-rate', host)({ ...view, raster: poissonRaster(10, [0.1], 1) }),
    ).toThrow(/1 columns/);
  });

  it('is the same after being saved, to the bit', () => {
    const { json, data } = floorsToBytes(fitted);
    const again = floorsFromBytes(json, data);
    expect(again).toEqual(fitted);
    const [{ start }] = split.test;
    for (const key of availableFloors(fitted)) {
      const a = new Float32Array(40);
      const b = new Float32Array(40);
      floorFactory(fitted, key, host)(view).predict(start, start + 10, a);
      floorFactory(again, key, host)(view).predict(start, start + 10, b);
      expect(b).toEqual(a);
    }
    expect(() => floorsFromBytes(json, data.subarray(1))).toThrow(/weights/);
    expect(() => floorsFromBytes('{', data)).toThrow(/not JSON/);
    expect(() => floorsFromBytes('{"schema":"x"}', data)).toThrow(/schema/);
  });

  it('predicts the same in one call as in many', () => {
    const [{ start }] = split.test;
    for (const key of availableFloors(fitted)) {
      const whole = new Float32Array(600 * 4);
      floorFactory(fitted, key, host)(view).predict(start, start + 600, whole);
      const pieces = new Float32Array(600 * 4);
      const predictor = floorFactory(fitted, key, host)(view);
      for (let at = 0; at < 600; at += 150) {
        predictor.predict(start + at, start + at + 150, pieces.subarray(at * 4, (at + 150) * 4));
      }
      // `coupled` multiplies in blocks whose shape may change the order of its float32 sums.
      for (let i = 0; i < whole.length; i++) expect(Math.abs(pieces[i] - whole[i])).toBeLessThan(1e-6);
    }
  });

  it('refuses a split with nothing to tune on', () => {
    expect(() => fitFloors({ raster, split: { ...split, validation: [] } })).toThrow(/validation part 0/);
  });
});

describe('shared-kernel', () => {
  it('carries refractoriness to units of other rates without knowing them', () => {
    const law = (_: number, unit: number, past: (lag: number, unit: number) => number): number => {
      const base = [0.02, 0.05, 0.1, 0.15][unit % 4];
      return past(1, unit) + past(2, unit) > 0 ? base / 30 : base;
    };
    const source = drawRaster(30_000, 4, 21, law);
    const parts = thirds(source);
    const fitted = fitFloors({ raster: source, split: parts, host, only: ['shared-kernel'] });
    const target = drawRaster(30_000, 4, 22, (bin, unit, past) =>
      law(bin, unit + 1, (lag) => past(lag, unit)),
    );
    const known = trainingProbabilities(target, parts.train);
    const make = (level: 'none' | 'rates'): FloorPredictor =>
      floorFactory(
        fitted,
        'shared-kernel',
        host,
      )({
        raster: target,
        rates: level === 'none' ? null : known,
        scored: new Uint8Array(4).fill(1),
        level,
        known: level === 'none' ? null : { raster: target, spans: parts.train },
      });
    const gain = (predictor: FloorPredictor): number => {
      const [{ start, stop }] = parts.test;
      const out = new Float32Array((stop - start) * 4);
      predictor.predict(start, stop, out);
      let sum = 0;
      for (let bin = start; bin < stop; bin++) {
        for (let u = 0; u < 4; u++) {
          const p = out[(bin - start) * 4 + u];
          sum += spikeAt(target, bin, u) === 1 ? Math.log(p / known[u]) : Math.log((1 - p) / (1 - known[u]));
        }
      }
      return sum;
    };
    expect(gain(make('rates'))).toBeGreaterThan(200);
    expect(gain(make('none'))).toBeLessThan(gain(make('rates')) - 200);
  });
});

describe('fitLogistic', () => {
  /** A design held in one chunk per part: columns of +-1. */
  function design(n: number, law: (x: readonly number[]) => number, seed: number): Design {
    const random = poissonRaster(2 * n, [0.5, 0.5, 0.5], seed);
    const chance = drawRaster(2 * n, 1, seed + 1, (bin) =>
      law([0, 1, 2].map((u) => spikeAt(random, bin, u) * 2 - 1)),
    );
    const part = (from: number): DesignChunk[] => {
      const chunks: DesignChunk[] = [];
      for (let start = 0; start < n; start += CHUNK_ROWS) {
        const rows = Math.min(CHUNK_ROWS, n - start);
        const x = host.allocate(rows * 4);
        const y = host.allocate(rows);
        for (let i = 0; i < rows; i++) {
          for (let u = 0; u < 3; u++) x.view[i * 4 + u] = spikeAt(random, from + start + i, u) * 2 - 1;
          x.view[i * 4 + 3] = 1;
          y.view[i] = spikeAt(chance, from + start + i, 0);
        }
        chunks.push({ x, y, rows });
      }
      return chunks;
    };
    const parts = { train: part(0), validation: part(n) };
    return {
      features: 3,
      offset: false,
      mean: new Float64Array(3),
      scale: new Float64Array(3).fill(1),
      forEachChunk: (name, visit) => parts[name].forEach(visit),
    };
  }

  it('recovers generating weights within their standard errors', () => {
    const truth = [0.8, -0.5, 0];
    const d = design(20_000, (x) => sigmoid(-1 + truth[0] * x[0] + truth[1] * x[1]), 31);
    const fit = fitLogistic(d, logit(0.27), host, new LogisticWorkspace(host, d));
    // Information per row about 0.18, so the standard error is 1 / sqrt(3600) = 0.017: four of them.
    truth.forEach((w, j) => expect(Math.abs(fit.weights[j] - w)).toBeLessThan(0.07));
    expect(fit.bias).toBeCloseTo(-1, 1);
    expect(fit.gain).toBeGreaterThan(0);
    expect(fit.ridge).toBeLessThan(600);
  });

  it('goes to strong penalties, or the null, where there is nothing to find', () => {
    const d = design(4000, () => 0.2, 41);
    const fit = fitLogistic(d, logit(0.2), host, new LogisticWorkspace(host, d));
    expect(Math.hypot(...fit.weights)).toBeLessThan(0.06);
    expect(fit.gain).toBeLessThan(3);
  });
});

describe('UnitSearch', () => {
  it('reaches the optimum of a quadratic whose curvature it only guesses', () => {
    // Loss 0.5 sum h_j (w_j - 1)^2 with a ridge of 200: optimum h / (h + 200), bias (no ridge) 1.
    const h = [3000, 400, 50, 5000];
    const search = new UnitSearch(new Float64Array(4), {
      ridge: 200,
      tolerance: 4e-4,
      precondition: (q) => q.forEach((value, j) => (q[j] = value / (j === 3 ? 10 : 300))),
    });
    let passes = 0;
    for (; !search.done && passes < 60; passes++) {
      const w = search.candidate;
      const loss = h.reduce((sum, hj, j) => sum + 0.5 * hj * (w[j] - 1) ** 2, 0);
      search.report(
        loss,
        Float64Array.from(h, (hj, j) => hj * (w[j] - 1)),
        10,
      );
    }
    expect(search.done).toBe(true);
    expect(passes).toBeLessThan(20);
    h.forEach((hj, j) => expect(search.point[j]).toBeCloseTo(j === 3 ? 1 : hj / (hj + 200), 2));
  });
});

describe('fitCoupled', () => {
  it('leaves units that couple to nobody at their population model', () => {
    const independent = poissonRaster(15_000, [0.05, 0.08, 0.03], 51);
    const parts = thirds(independent);
    const probabilities = trainingProbabilities(independent, parts.train);
    const population = fitUnitGlm({ raster: independent, split: parts, rates: probabilities, host }, true);
    const coupled = fitCoupled({ raster: independent, split: parts, population, host });
    const loss = (predictor: FloorPredictor): number => {
      const [{ start, stop }] = parts.test;
      const out = new Float32Array((stop - start) * 3);
      predictor.predict(start, stop, out);
      let sum = 0;
      for (let i = 0; i < out.length; i++) {
        const spike = spikeAt(independent, start + Math.floor(i / 3), i % 3) === 1;
        sum -= Math.log(spike ? out[i] : 1 - out[i]);
      }
      return sum;
    };
    const alone = loss(new UnitGlmPredictor('population', population, independent, host));
    // About 960 test spikes: a tuned ridge may lose a few nats to luck, an untuned fit of 15 weights would lose more.
    expect(loss(new CoupledPredictor(population, coupled, independent, host)) - alone).toBeLessThan(6);
  });

  it('fits the units that fire as if empty places were not there', () => {
    const among = [-1, 0, -1, 1, 2, -1];
    const sparse = arrangeRaster(raster, among);
    const parts = thirds(sparse);
    const said: string[] = [];
    const fitOf = (of: Raster) => {
      const population = fitUnitGlm(
        { raster: of, split: parts, rates: trainingProbabilities(of, parts.train), host },
        true,
      );
      return fitCoupled({ raster: of, split: parts, population, host, onProgress: (m) => said.push(m) });
    };
    const small = fitOf(arrangeRaster(raster, [0, 1, 2]));
    const spread = fitOf(sparse);
    expect(said.at(-1)).toMatch(/ [123] units,/);
    expect(spread.features).toBe(5 * among.length);
    among.forEach((from, to) => {
      expect(spread.ridge[to]).toBe(from < 0 ? Infinity : small.ridge[from]);
      expect(spread.bias[to]).toBeCloseTo(from < 0 ? 0 : small.bias[from], 4);
      for (let kind = 0; kind < 5; kind++)
        among.forEach((before, source) => {
          const own = before < 0 || from < 0 ? 0 : small.weights[(kind * 3 + before) * 3 + from];
          expect(spread.weights[(kind * 6 + source) * 6 + to]).toBeCloseTo(own, 3);
        });
    });
    const silent = fitOf(arrangeRaster(raster, [-1, -1]));
    expect([...silent.ridge]).toEqual([Infinity, Infinity]);
    expect(silent.weights).toEqual(new Float32Array(10 * 2));
  });
});

describe('rates', () => {
  it('own rate is (n + 0.5) / (N + 1)', () => {
    const n = Array.from({ length: split.train[0].stop }, (_, bin) => spikeAt(raster, bin, 0)).reduce(
      (a, b) => a + b,
    );
    expect(rates[0]).toBeCloseTo((n + 0.5) / (split.train[0].stop + 1), 12);
    expect(rates[3]).toBeGreaterThan(0);
    const out = new Float32Array(8);
    new ConstantPredictor('own-rate', rates).predict(7, 9, out);
    expect(out[4]).toBe(Math.fround(rates[0]));
  });

  it('recent rate counts exactly the past 10 s, drawn to the prior', () => {
    const out = new Float32Array(4);
    const predictor = new RecentRatePredictor(raster, rates, 5000);
    for (const target of [0, 37, 10_000, 31_234]) {
      predictor.predict(target, target + 1, out);
      const from = Math.max(0, target - 10_000);
      let count = 0;
      for (let bin = from; bin < target; bin++) count += spikeAt(raster, bin, 1);
      expect(out[1]).toBeCloseTo((count + 5000 * rates[1]) / (target - from + 5000), 6);
    }
  });

  it('finds a prior strength whatever side of the grid it lies on', () => {
    // Constant rates: the stronger the prior the better, up to the end of the grid.
    const still = poissonRaster(60_000, [0.05, 0.1], 8);
    const parts = thirds(still);
    expect(
      fitRecentPrior(still, trainingProbabilities(still, parts.train), parts.validation),
    ).toBeGreaterThan(20_000);
    // Rates that jump to and fro every 20 s by a factor of 20: the past 10 s are worth more than any prior.
    const jumping = drawRaster(60_000, 1, 9, (bin) => (Math.floor(bin / 20_000) % 2 === 0 ? 0.01 : 0.2));
    const jumps = { train: [{ start: 0, stop: 20_000 }], validation: [{ start: 31_000, stop: 40_000 }] };
    expect(
      fitRecentPrior(jumping, trainingProbabilities(jumping, jumps.train), jumps.validation),
    ).toBeLessThan(1000);
  });

  it('without source or training part, learns the rate from what it has been shown', () => {
    const out = new Float32Array(4 * 1000);
    const predictor = new RunningRatePredictor(raster);
    predictor.predict(0, 1000, out);
    expect(out[0]).toBe(0.5);
    let count = 0;
    for (let bin = 0; bin < 999; bin++) count += spikeAt(raster, bin, 2);
    expect(out[999 * 4 + 2]).toBeCloseTo((count + 0.5) / 1000, 6);
  });

  it('leaves the first seconds after each start out of fits', () => {
    const observed = [
      { start: 0, stop: 100 },
      { start: 200, stop: 300 },
    ];
    expect(
      leaveOutStart(
        [
          { start: 0, stop: 100 },
          { start: 200, stop: 250 },
        ],
        observed,
        30,
      ),
    ).toEqual([
      { start: 30, stop: 100 },
      { start: 230, stop: 250 },
    ]);
    expect(leaveOutStart([{ start: 0, stop: 20 }], observed, 30)).toEqual([]);
  });
});
