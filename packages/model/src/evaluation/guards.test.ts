// Plan: floors pass all guards; a predictor that sees the target bin, or one bin of the future, is caught; the surrogate
// guard catches what was trained into noise.
import { KernelCore } from '@spikebridge/core-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { fitFloors, floorFactory, availableFloors } from './floors/fit.ts';
import { trainingProbabilities } from './floors/rates.ts';
import { countSpikes, spikeAt } from './features/cursor.ts';
import {
  EchoPredictor,
  futurePerturbation,
  POISSON_BITS_LIMIT,
  POISSON_SPIKES,
  poissonGuard,
  runGuards,
  scrambleFrom,
  UnshiftedPredictor,
  type GuardReport,
} from './guards.ts';
import { kernelHost } from './kernel-host.ts';
import { laterFactory } from './testing/later-predictor.ts';
import { drawRaster, poissonRaster, thirds } from './testing/synthetic.ts';
import { RandomStream } from '../engine/random.ts';
import type { PredictorFactory, TargetView } from './types.ts';

const raster = drawRaster(20_000, 3, 91, (_, unit, past) =>
  past(1, unit) === 1 ? 0.005 : [0.04, 0.06, 0.1][unit],
);
const split = thirds(raster);
const host = kernelHost(await KernelCore.create({ deterministic: true }));
const floors = fitFloors({ raster, split, host });
const view: TargetView = {
  raster,
  rates: trainingProbabilities(raster, split.train),
  scored: Uint8Array.of(1, 1, 1),
  level: 'rates',
  known: { raster, spans: split.train },
};

describe('scrambleFrom', () => {
  it('leaves every earlier bin and every bit past the last unit alone', () => {
    const other = scrambleFrom(raster, 500, new RandomStream(1, 1));
    expect(other.words.subarray(0, 500)).toEqual(raster.words.subarray(0, 500));
    expect(other.words.subarray(500)).not.toEqual(raster.words.subarray(500));
    expect(other.words.every((word) => word < 8)).toBe(true);
  });
});

describe('futurePerturbation', () => {
  const guard = async (factory: PredictorFactory): Promise<boolean> =>
    (await futurePerturbation({ factory, view, spans: split.test, seed: 2, trials: 4 })).passed;

  it.each(availableFloors(floors))('passes %s', async (key) => {
    expect(await guard(floorFactory(floors, key, host))).toBe(true);
  });

  it('catches a predictor that is one bin late, and says where', async () => {
    const late: PredictorFactory = (target) =>
      new UnshiftedPredictor(floorFactory(floors, 'own-history', host)(target), target.raster);
    const result = await futurePerturbation({ factory: late, view, spans: split.test, seed: 2 });
    expect(result.passed).toBe(false);
    // Only the output of the first changed bin can have seen it.
    expect(result.violation?.target).toBe(result.violation?.changedFrom);
  });

  it('catches a predictor that peeks 100 bins ahead', async () => {
    const peeking: PredictorFactory = (target) => ({
      key: 'model',
      predict: (start, stop, out): undefined => {
        for (let bin = start, at = 0; bin < stop; bin++) {
          for (let u = 0; u < 3; u++, at++)
            out[at] = 0.1 + 0.1 * spikeAt(target.raster, Math.min(bin + 100, raster.bins - 1), u);
        }
      },
    });
    expect(await guard(peeking)).toBe(false);
  });
});

describe('poissonGuard', () => {
  const noise = poissonRaster(20_000, [0.1, 0.12, 0.2], 92);
  const run = (factory: PredictorFactory): ReturnType<typeof poissonGuard> =>
    poissonGuard({
      factory,
      surrogate: noise,
      train: split.train,
      spans: split.test,
      scored: view.scored,
      level: 'rates',
      seed: 3,
    });

  it('passes floors fitted on noise, whose gain is nothing', async () => {
    const fitted = fitFloors({ raster: noise, split, host });
    for (const key of availableFloors(fitted)) {
      const result = await run(floorFactory(fitted, key, host));
      expect(result.passed, key).toBe(true);
      expect(result.bitsPerSpike, key).toBeGreaterThan(-0.03);
      expect(result.units).toBe(3);
    }
  });

  it('holds the point itself against the limit from 100,000 spikes on, its interval below', async () => {
    const rates = [0.1, 0.12, 0.2];
    const guard = (bins: number): ReturnType<typeof poissonGuard> => {
      const surrogate = poissonRaster(bins, rates, 92);
      const parts = thirds(surrogate);
      const { spikes } = countSpikes(surrogate, [{ start: 0, stop: bins }]);
      // Knows one bin in 3,100: about 0.001 bits/spike, which a short part cannot tell from chance.
      const peek: PredictorFactory = (target) => ({
        key: 'model',
        predict: (start, stop, out): undefined => {
          for (let bin = start, at = 0; bin < stop; bin++) {
            for (let u = 0; u < 3; u++, at++) {
              const own = spikes[u] / bins;
              const seen = bin % 3100 === 0;
              out[at] = seen ? (spikeAt(target.raster, bin, u) === 1 ? 0.999 : 0.001) : own;
            }
          }
        },
      });
      return poissonGuard({
        ...{ factory: peek, surrogate, train: parts.train, spans: [{ start: 0, stop: bins }] },
        ...{ scored: view.scored, level: 'rates', seed: 3 },
      });
    };
    const short = await guard(20_000);
    expect(short).toMatchObject({ rule: 'interval', verdict: 'passed' });
    expect(short.bitsPerSpike).toBeGreaterThan(POISSON_BITS_LIMIT / 10);
    const long = await guard(260_000);
    expect(long.spikes).toBeGreaterThan(POISSON_SPIKES);
    expect(long.bitsPerSpike).toBeGreaterThan(POISSON_BITS_LIMIT);
    // The interval would have let it pass.
    expect(long.bitsPerSpikeLow).toBeLessThan(POISSON_BITS_LIMIT);
    expect(long).toMatchObject({ rule: 'point', verdict: 'failed', passed: false });
  });

  it('judges nothing where no unit has 300 spikes, but still fails a gain', async () => {
    const sparse = {
      ...{ surrogate: poissonRaster(20_000, [0.01, 0.02, 0.03], 93), train: split.train, spans: split.test },
      ...{ scored: view.scored, level: 'rates' as const, seed: 3 },
    };
    const table: PredictorFactory = ({ rates }) => ({
      key: 'own-rate',
      predict: (start, stop, out): undefined => {
        for (let i = 0; i < (stop - start) * 3; i++) out[i] = rates?.[i % 3] ?? NaN;
      },
    });
    expect(await poissonGuard({ ...sparse, factory: table })).toMatchObject({
      verdict: 'not judged',
      units: 0,
    });
    const echo: PredictorFactory = (target) => new EchoPredictor(target.raster);
    expect(await poissonGuard({ ...sparse, factory: echo })).toMatchObject({
      verdict: 'failed',
      passed: false,
    });
    const parts = { train: split.train, spans: split.test, seed: 5, trials: 1 };
    const report = await runGuards({
      ...parts,
      raster: sparse.surrogate,
      predictors: new Map([['own-rate', table]]),
    });
    expect(report).toMatchObject({ passed: true, judged: false });
  });

  it('passes a running mean, which ranks a finite train below chance, and catches an answer turned upside down', async () => {
    const bins = 100_000;
    const units = 64;
    const surrogate = poissonRaster(bins, new Array<number>(units).fill(0.02), 95);
    const whole = {
      ...{ surrogate, train: split.train, spans: [{ start: 0, stop: bins }] },
      ...{ scored: new Uint8Array(units).fill(1), level: 'none' as const, seed: 3 },
    };
    const mean: PredictorFactory = (target) => {
      const seen = new Float64Array(units);
      return {
        key: 'plug-in',
        predict: (start, stop, out): undefined => {
          for (let bin = start, at = 0; bin < stop; bin++)
            for (let u = 0; u < units; u++, at++) {
              out[at] = (seen[u] + 0.5) / (bin + 1);
              seen[u] += spikeAt(target.raster, bin, u);
            }
        },
      };
    };
    const honest = await poissonGuard({ ...whole, factory: mean });
    expect(honest.high).toBeLessThan(0.5);
    expect(honest.verdict).toBe('passed');
    // Below chance by a hundredth, and by all.
    const slight =
      (share: number): PredictorFactory =>
      (target) => ({
        key: 'model',
        predict: (start, stop, out): undefined => {
          for (let bin = start, at = 0; bin < stop; bin++)
            for (let u = 0; u < units; u++, at++)
              out[at] = bin % 1000 < 1000 * share && spikeAt(target.raster, bin, u) === 1 ? 0.001 : 0.01;
        },
      });
    for (const share of [0.06, 1]) {
      const upsideDown = await poissonGuard({ ...whole, factory: slight(share) });
      expect(upsideDown.bitsPerSpike).toBeLessThan(0);
      expect(upsideDown.verdict, String(share)).toBe('failed');
    }
  });

  it('catches an auto-encoder, which scores perfectly on noise', async () => {
    const result = await run((target) => new EchoPredictor(target.raster));
    expect(result).toMatchObject({ passed: false, rocAucPerUnit: 1 });
    expect(result.bitsPerSpike).toBeGreaterThan(1);
  });
});

describe('runGuards', () => {
  let report: GuardReport;
  beforeAll(async () => {
    report = await runGuards({
      raster,
      train: split.train,
      spans: split.test,
      predictors: new Map(availableFloors(floors).map((key) => [key, floorFactory(floors, key, host)])),
      seed: 5,
      trials: 2,
    });
  }, 60_000);

  it('passes honest floors and catches both cheats', () => {
    expect(report.predictors.map((p) => p.key)).toEqual(availableFloors(floors));
    expect(report.predictors.filter((p) => !p.future.passed || !p.poisson.passed)).toEqual([]);
    expect(report.controls).toEqual([
      { name: 'echo', caughtByFuture: true, caughtByPoisson: true, caught: true },
      { name: 'unshifted', caughtByFuture: true, caughtByPoisson: null, caught: true },
    ]);
    expect(report).toMatchObject({ passed: true, judged: true });
  });

  it('fails as a whole when one predictor leaks', async () => {
    const leaky = await runGuards({
      raster,
      train: split.train,
      spans: split.test,
      predictors: new Map([['model', (target: TargetView) => new EchoPredictor(target.raster)]]),
      seed: 5,
      trials: 2,
    });
    expect(leaky.passed).toBe(false);
  });
});

describe('predictors that answer later', () => {
  const ask = (factory: PredictorFactory): Promise<GuardReport> =>
    runGuards({
      raster,
      train: split.train,
      spans: split.test,
      predictors: new Map([['model', factory]]),
      seed: 5,
      trials: 2,
    });

  it('are waited for: a leak is caught, an honest one judged as if it answered at once', async () => {
    const [leaky] = (await ask(laterFactory((target) => new EchoPredictor(target.raster)))).predictors;
    expect(leaky.future).toMatchObject({ passed: false, trials: 1 });
    expect(leaky.poisson).toMatchObject({ passed: false, rocAucPerUnit: 1 });
    const honest = floorFactory(floors, 'own-history', host);
    const report = await ask(laterFactory(honest));
    expect(report).toEqual(await ask(honest));
    // The late control is made of the predictor itself: it waits for what it wraps.
    expect(report.controls.at(-1)).toMatchObject({ name: 'unshifted', caught: true });
  });
});

describe('memory', () => {
  it('disposes every predictor that the guards set up, the late one of the controls included', async () => {
    let made = 0;
    let gone = 0;
    const factory: PredictorFactory = (target) => {
      made++;
      return {
        key: 'model',
        predict: (start, stop, out): undefined => {
          out.fill(0.1, 0, (stop - start) * target.raster.units);
        },
        dispose: () => {
          gone++;
        },
      };
    };
    await runGuards({
      raster,
      train: split.train,
      spans: split.test,
      predictors: new Map([['model', factory]]),
      seed: 5,
      trials: 2,
    });
    // Two trials on two rasters and the surrogate, then the late control.
    expect(made).toBeGreaterThanOrEqual(7);
    expect(gone).toBe(made);
  });
});

describe('UnshiftedPredictor', () => {
  it('says of each bin what the inner predictor says of the next, and repeats at the end', async () => {
    const inner = {
      key: 'model' as const,
      predict: (start: number, stop: number, out: Float32Array): undefined => {
        for (let bin = start; bin < stop; bin++) out.fill(bin, (bin - start) * 3, (bin - start + 1) * 3);
      },
    };
    const out = new Float32Array(9);
    await new UnshiftedPredictor(inner, raster).predict(raster.bins - 3, raster.bins, out);
    expect(Array.from(out)).toEqual(
      [raster.bins - 2, raster.bins - 1, raster.bins - 1].flatMap((x) => [x, x, x]),
    );
  });
});
