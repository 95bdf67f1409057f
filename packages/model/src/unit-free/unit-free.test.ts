// Plan: a unit-free net before training is the plug-in floor of its level; columns in another order give the same probabilities in
// that order, at any number of units; nothing after a bin moves its prediction, and Poisson trains cannot be predicted; what is
// learnt on some recordings helps on another of which little is known; a roll-out predicts what prediction predicts; a run that
// was stopped goes on to the same bits.
import { KernelCore } from '@spikebridge/core-wasm';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/resolve.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { isUnitFree, type UnitFreeRunConfig } from '../config/schema.ts';
import { createWasmBackend } from '../engine/wasm/index.ts';
import { countSpikes, unpackBin } from '../evaluation/features/cursor.ts';
import { trainingProbabilities } from '../evaluation/floors/rates.ts';
import { futurePerturbation, poissonGuard } from '../evaluation/guards.ts';
import { kernelHost } from '../evaluation/kernel-host.ts';
import { HAZARD } from '../evaluation/plug-in/scalar-source.ts';
import { countPlugIn, StatisticsPredictor } from '../evaluation/plug-in/statistics-predictor.ts';
import { ScalarReader } from '../evaluation/plug-in/target-statistics.ts';
import { drawRaster, emptyRaster, poissonRaster, setSpike, thirds } from '../evaluation/testing/synthetic.ts';
import type { KnownPart, PredictorFactory, TargetView } from '../evaluation/types.ts';
import { UNIT_FREE_LEVELS } from '../nets/unit-free.ts';
import type { UnitFreeLevel } from '../nets/unit-free.ts';
import type { Raster } from '../recording/types.ts';
import { weightsOf } from '../training/checkpoint.ts';
import { RunFolder } from '../training/run-folder.ts';
import { MemoryStore } from '../training/testing/memory-store.ts';
import { stillClock } from '../training/testing/still-clock.ts';
import { Trainer } from '../training/trainer.ts';
import { RowTask, unitFreeNetOf } from './row-task.ts';
import type { UnitFreeSource } from './row-task.ts';
import { countKnown, FeatureReader, UnitFeatures, unitFeatureNames } from './unit-features.ts';
import { unitFreePredictorFactory } from './unit-free-predictor.ts';
import { UnitFreeRoller } from './unit-free-roller.ts';

const core = await KernelCore.create({ deterministic: true });
const host = kernelHost(core);
const backend = await createWasmBackend({ deterministic: true });

/** Units that are silent for `dead` bins after a spike and then fire `boost` times as often for 20 bins; rates differ. */
const bursting = (units: number, seed: number, bins = 40_000, dead = 3, boost = 6): Raster =>
  drawRaster(bins, units, seed, (_, unit, past) => {
    const rate = 0.004 * (1 + (unit % 4));
    for (let lag = 1; lag <= dead; lag++) if (past(lag, unit) === 1) return 0;
    for (let lag = dead + 1; lag <= dead + 20; lag++) if (past(lag, unit) === 1) return boost * rate;
    return rate;
  });

const sourceOf = (raster: Raster): UnitFreeSource => ({
  raster,
  present: new Uint8Array(raster.units).fill(1),
  train: thirds(raster).train,
  validation: thirds(raster).validation,
});

function configOf(level: UnitFreeLevel, ...sets: string[]): ResolvedConfig & { config: UnitFreeRunConfig } {
  const resolved = resolveConfig({
    preset: 'unit-free',
    sets: [
      `net.level=${level}`,
      'training.batch=2',
      'training.context=256',
      'training.steps=60',
      'training.checkpointEverySteps=20',
      'training.evaluateEverySteps=20',
      'rows={perExposure: 1500, timeScales: [1], longestSeconds: 12, judgedSeconds: 12, calibrations: [{seconds: 3, draws: 3}]}',
      ...sets,
    ],
  });
  return unitFree(resolved);
}

function unitFree(resolved: ResolvedConfig): ResolvedConfig & { config: UnitFreeRunConfig } {
  if (!isUnitFree(resolved.config)) throw new Error('another preset');
  return { ...resolved, config: resolved.config };
}

async function taskOf(config: UnitFreeRunConfig, ...rasters: readonly Raster[]): Promise<RowTask> {
  const task = await RowTask.create({ config, sources: rasters.map(sourceOf), host });
  if (task === null) throw new Error('interrupted');
  return task;
}

async function train(
  resolved: ResolvedConfig & { config: UnitFreeRunConfig },
  rasters: readonly Raster[],
  store = new MemoryStore(),
  { stopAt, resume = false }: { stopAt?: number; resume?: boolean } = {},
): Promise<ReadonlyMap<string, Float32Array>> {
  const controller = new AbortController();
  const folder = resume
    ? await RunFolder.open(store)
    : await RunFolder.create(store, { config: resolved, env: {} });
  await new Trainer({
    ...{ folder, backend, task: await taskOf(resolved.config, ...rasters), clock: stillClock() },
    signal: controller.signal,
    onProgress: ({ step }) => {
      if (step === stopAt) controller.abort();
    },
  }).run({ resume });
  return weightsOf(await folder.best());
}

const modelOf = (config: UnitFreeRunConfig, weights: ReadonlyMap<string, Float32Array>): PredictorFactory =>
  unitFreePredictorFactory({
    ...{ backend, net: unitFreeNetOf(config), weights, host, loss: config.loss.kind },
  });

const viewOf = (level: UnitFreeLevel, raster: Raster, known: KnownPart): TargetView => ({
  raster,
  rates: trainingProbabilities(known.raster, known.spans),
  scored: new Uint8Array(raster.units).fill(1),
  level,
  known,
});

/** (bins, units) of bins start ... stop - 1. */
async function predict(
  make: PredictorFactory,
  view: TargetView,
  start: number,
  stop: number,
): Promise<Float32Array> {
  const out = new Float32Array((stop - start) * view.raster.units);
  const predictor = make(view);
  await predictor.predict(start, stop, out);
  predictor.dispose?.();
  return out;
}

/** Bits/spike of probabilities over the rates of a part. */
function bits(raster: Raster, p: Float32Array, start: number, rates: Float64Array): number {
  const spikes = new Float32Array(raster.units);
  let gain = 0;
  let fired = 0;
  for (let at = 0; at < p.length; at += raster.units) {
    unpackBin(raster, start + at / raster.units, spikes);
    for (let u = 0; u < raster.units; u++) {
      gain += spikes[u] === 1 ? Math.log(p[at + u] / rates[u]) : Math.log((1 - p[at + u]) / (1 - rates[u]));
      fired += spikes[u];
    }
  }
  return gain / (fired * Math.LN2);
}

/** Starting weights of a task on one raster. */
async function untrained(level: UnitFreeLevel, raster: Raster) {
  const { config } = configOf(level);
  return { config, weights: (await taskOf(config, raster)).initialise(1) };
}

/** Weights that do something: those of a short training. */
const trained = new Map<UnitFreeLevel, Awaited<ReturnType<typeof train>>>();
for (const level of UNIT_FREE_LEVELS)
  trained.set(level, await train(configOf(level), [bursting(5, 1), bursting(7, 2)]));
const weightsAt = (level: UnitFreeLevel) => trained.get(level) ?? new Map<string, Float32Array>();

describe('before training', () => {
  it.each(['statistics', 'pairs'] as const)('is the plug-in floor at level %s', async (level) => {
    const raster = bursting(4, 6);
    const known = { raster, spans: thirds(raster).train };
    const { config, weights } = await untrained(level, raster);
    const view = viewOf(level, raster, known);
    const [{ start, stop }] = thirds(raster).test;
    const floor = new StatisticsPredictor(countPlugIn(known, level, host), level, raster, host);
    const one = await predict(modelOf(config, weights), view, start, stop);
    const other = await predict(() => floor, view, start, stop);
    // The floor's tables count every bin, the net's every n-th.
    const rates = view.rates ?? new Float64Array(0);
    expect(bits(raster, one, start, rates)).toBeGreaterThan(0.1);
    expect(bits(raster, one, start, rates)).toBeCloseTo(bits(raster, other, start, rates), 2);
  });
});

describe('features', () => {
  const raster = bursting(3, 17, 12_000);
  const known = { raster, spans: [{ start: 0, stop: 8000 }] };

  it('tell the hazard by the interval before', () => {
    const statistics = countKnown(known, 'statistics', host);
    const { features } = new FeatureReader(statistics, 'statistics', raster, host);
    const reader = new ScalarReader(raster, statistics, host);
    const told = new UnitFeatures(statistics, 'statistics', reader);
    const row = new Float32Array(features.count);
    const place = unitFeatureNames('statistics').indexOf('hazard table');
    const classes = new Set<number>();
    for (let from = 9000; from < 12_000; from += 500)
      reader.read(from, from + 500, () => {
        told.arrive();
        const cls = reader.scalars.intervalClass[1];
        classes.add(cls);
        told.write(1, row, 0);
        expect(row[place]).toBe(statistics.tables[HAZARD].logRatio(1, reader.scalars.age(1), cls));
      });
    expect(classes.size).toBeGreaterThan(1);
  });

  it('start, at level rates, from the rate and from ratios of own and population traces, and tell the time since the last spike', () => {
    const statistics = countKnown(known, 'rates', host);
    const rates = trainingProbabilities(raster, known.spans);
    const reader = new FeatureReader(statistics, 'rates', raster, host);
    const row = new Float32Array(reader.features.count);
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    const spikes = new Float32Array(3);
    const start = (tau: number, rate: number): number => rate / (1 - Math.exp(-1 / tau));
    const traces = [start(500, rates[0]), start(10_000, rates[0]), start(8, total)];
    const expected = [...traces];
    const age = unitFeatureNames('rates').indexOf('log age');
    let sinceSpike = 1;
    reader.read(0, 400, (bin) => {
      const ratios = traces.map((trace, k) => Math.log((trace + 1) / (expected[k] + 1)));
      const logit = Math.log(rates[0] / (1 - rates[0])) + 0.6 * ratios[0] + 0.4 * ratios[1] + ratios[2];
      expect(reader.features.write(0, row, 0)).toBeCloseTo(logit, 5);
      expect(row[age]).toBeCloseTo(Math.log(sinceSpike), 5);
      unpackBin(raster, bin, spikes);
      sinceSpike = spikes[0] === 1 ? 1 : sinceSpike + 1;
      const count = spikes.reduce((sum, spike) => sum + spike, 0);
      [500, 10_000, 8].forEach(
        (tau, k) => (traces[k] = traces[k] * Math.exp(-1 / tau) + (k < 2 ? spikes[0] : count)),
      );
    });
  });
});

describe('units', () => {
  it.each(UNIT_FREE_LEVELS)('keep no place at level %s: outputs permute with them', async (level) => {
    const raster = bursting(9, 8, 20_000);
    const order = [4, 0, 8, 2, 6, 1, 7, 3, 5];
    const moved = emptyRaster(raster.bins, 9);
    const spikes = new Float32Array(9);
    for (let bin = 0; bin < raster.bins; bin++) {
      unpackBin(raster, bin, spikes);
      order.forEach((from, to) => {
        if (spikes[from] === 1) setSpike(moved, bin, to);
      });
    }
    const make = modelOf(configOf(level).config, weightsAt(level));
    const { train: spans } = thirds(raster);
    const one = await predict(make, viewOf(level, raster, { raster, spans }), 15_000, 16_000);
    const two = await predict(make, viewOf(level, moved, { raster: moved, spans }), 15_000, 16_000);
    let largest = 0;
    for (let bin = 0; bin < 1000; bin++)
      order.forEach((from, to) => {
        const p = one[bin * 9 + from];
        largest = Math.max(largest, Math.abs(two[bin * 9 + to] - p) / p);
      });
    // Sums over units run in another order.
    expect(largest).toBeLessThan(1e-4);
  });
});

describe('leaks', () => {
  it.each(UNIT_FREE_LEVELS)('passes the guards at level %s', async (level) => {
    const raster = bursting(6, 9, 30_000);
    const parts = thirds(raster);
    const factory = modelOf(configOf(level).config, weightsAt(level));
    const view = viewOf(level, raster, { raster, spans: parts.train });
    const future = await futurePerturbation({ factory, view, spans: parts.test, seed: 3 });
    expect(future.violation).toBeNull();
    const surrogate = poissonRaster(60_000, [0.02, 0.01, 0.05, 0.03], 11);
    const drawn = thirds(surrogate);
    const poisson = await poissonGuard({
      ...{ factory, surrogate, train: drawn.train, spans: drawn.test, level, seed: 3 },
      scored: new Uint8Array(4).fill(1),
    });
    expect(poisson.passed).toBe(true);
  });

  it('looks at the known part and nowhere else', async () => {
    const raster = bursting(4, 12, 20_000);
    const spans = [{ start: 8000, stop: 11_000 }];
    const words = raster.words.slice();
    words.fill(0b1111, 0, 8000);
    words.fill(0b1111, 11_000);
    const make = modelOf(configOf('pairs').config, weightsAt('pairs'));
    const one = await predict(make, viewOf('pairs', raster, { raster, spans }), 15_000, 15_100);
    const two = await predict(
      make,
      viewOf('pairs', raster, { raster: { ...raster, words }, spans }),
      15_000,
      15_100,
    );
    expect(two).toEqual(one);
  });

  it('is refused a level that knows less than it was told in training', () => {
    const raster = bursting(2, 3, 2000);
    const make = modelOf(configOf('statistics').config, weightsAt('statistics'));
    expect(() => make(viewOf('rates', raster, { raster, spans: [{ start: 0, stop: 1000 }] }))).toThrow(
      expect.objectContaining({ code: 'E_EVALUATION_LEVEL' }),
    );
  });
});

describe('transfer', () => {
  it('beats the plug-in floor on a recording of which three seconds are known', async () => {
    const target = bursting(8, 40, 20_000);
    const known = { raster: target, spans: [{ start: 13_000, stop: 16_000 }] };
    const view = viewOf('statistics', target, known);
    const rates = trainingProbabilities(target, [{ start: 0, stop: 16_000 }]);
    const floor = new StatisticsPredictor(countPlugIn(known, 'statistics', host), 'statistics', target, host);
    const plugIn = bits(target, await predict(() => floor, view, 16_000, 20_000), 16_000, rates);
    const make = modelOf(configOf('statistics').config, weightsAt('statistics'));
    const model = bits(target, await predict(make, view, 16_000, 20_000), 16_000, rates);
    expect(model).toBeGreaterThan(plugIn + 0.03);
  });
});

describe('roll-out', () => {
  it.each(UNIT_FREE_LEVELS)('predicts what prediction predicts at level %s', async (level) => {
    const raster = bursting(5, 21, 12_000);
    const known = { raster, spans: [{ start: 0, stop: 8000 }] };
    const { config } = configOf(level);
    const weights = weightsAt(level);
    const whole = await predict(modelOf(config, weights), viewOf(level, raster, known), 0, 3000);
    const roller = new UnitFreeRoller({ backend, net: unitFreeNetOf(config), weights, known, host });
    const p = new Float32Array(5);
    let apart = 0;
    for (let bin = 0; bin < 2999; bin++) {
      roller.step(raster.words.subarray(bin, bin + 1), p);
      for (let u = 0; u < 5; u++) {
        const expected = whole[(bin + 1) * 5 + u];
        if (Math.abs(p[u] - expected) > 1e-5 * expected) apart++;
      }
    }
    roller.dispose();
    // Pair sums run in another order there, and one in a thousand ends on the other side of an edge of its table.
    expect(apart).toBeLessThanOrEqual(level === 'pairs' ? 15 : 0);
  });
});

describe('rows', () => {
  it('leave the net right about how often units fire, though a third of them are spikes', async () => {
    const target = bursting(8, 41, 20_000);
    const view = viewOf('statistics', target, { raster: target, spans: [{ start: 0, stop: 12_000 }] });
    const long = configOf(
      'statistics',
      'training.steps=400',
      'training.learningRate=0.01',
      'training.weightDecay=0',
    );
    const weights = await train(long, [bursting(5, 1), bursting(7, 2)]);
    const p = await predict(modelOf(long.config, weights), view, 14_000, 20_000);
    const { spikes } = countSpikes(target, [{ start: 14_000, stop: 20_000 }]);
    const fired = spikes.reduce((sum, n) => sum + n, 0);
    const expected = p.reduce((sum, value) => sum + value, 0);
    // About 800 spikes in bursts; learning the drawn odds would expect some thousands.
    expect(expected / fired).toBeGreaterThan(0.75);
    expect(expected / fired).toBeLessThan(1.33);
  });

  it('stand for the validation part that they are drawn from', async () => {
    const raster = bursting(4, 6);
    const { config } = configOf('statistics');
    const task = await taskOf(config, raster);
    const parameters = backend.parameters(task.specs);
    for (const [name, values] of task.initialise(1)) parameters.write(name, values);
    const open = task.open(backend, parameters);
    const score = await open.validate?.(() => Promise.resolve());
    const { train: spans, validation } = thirds(raster);
    const view = viewOf('statistics', raster, { raster, spans });
    const [{ start, stop }] = validation;
    const p = await predict(modelOf(config, task.initialise(1)), view, start + 128, stop);
    const direct = bits(raster, p, start + 128, view.rates ?? new Float64Array(0));
    // 500 spikes and 1,000 silences stand for 8,000 bins of four units.
    expect(score?.bins).toBeGreaterThan(0.9 * 4 * (stop - start));
    expect(score?.bins).toBeLessThan(1.1 * 4 * (stop - start));
    expect(Math.abs((score?.bitsPerSpike ?? NaN) - direct)).toBeLessThan(0.1);
    open.dispose();
    parameters.dispose();
  });

  it('are drawn evenly for a loss that has no shift: most are silences, and Dice sees few hits', async () => {
    const { config } = configOf('rates', 'loss.kind=dice', 'loss.densityPenalty=false');
    const task = await taskOf(config, bursting(4, 35, 20_000));
    const parameters = backend.parameters(task.specs);
    for (const [name, values] of task.initialise(1)) parameters.write(name, values);
    const open = task.open(backend, parameters);
    open.run(0);
    // At a density of a few per cent; with a third spikes it would be near a half.
    expect(await open.loss()).toBeGreaterThan(0.8);
    open.dispose();
    parameters.dispose();
  });
});

describe('a linear net', () => {
  it('learns from one recording what helps on another of which rates are known', async () => {
    const config = unitFree(
      resolveConfig({
        preset: 'unit-free-rates',
        sets: ['training.batch=2', 'training.context=256', 'rows.judgedSeconds=20', 'rows.perExposure=1500'],
      }),
    );
    const weights = await train(config, [bursting(5, 51)]);
    expect([...weights.keys()].filter((name) => !name.startsWith('inputs.')).sort()).toEqual([
      'output.bias',
      'output.weight',
    ]);
    const target = bursting(7, 52, 20_000);
    const view = viewOf('rates', target, { raster: target, spans: [{ start: 0, stop: 12_000 }] });
    const start = new Map(
      [...weights].map(([name, values]) => [name, name.startsWith('output') ? values.map(() => 0) : values]),
    );
    const of = async (one: ReadonlyMap<string, Float32Array>): Promise<number> =>
      bits(
        target,
        await predict(modelOf(config.config, one), view, 14_000, 20_000),
        14_000,
        view.rates ?? new Float64Array(0),
      );
    expect(await of(weights)).toBeGreaterThan((await of(start)) + 0.05);
  });
});

describe('a run', () => {
  it('goes on after a stop to the same bits', async () => {
    const rasters = [bursting(3, 31, 20_000), bursting(4, 32, 20_000)];
    const resolved = configOf('statistics');
    const straight = await train(resolved, rasters);
    const store = new MemoryStore();
    await train(resolved, rasters, store, { stopAt: 33 });
    const resumed = await train(resolved, rasters, store, { resume: true });
    expect([...resumed]).toEqual([...straight]);
  });

  it('learns with any loss', async () => {
    const rasters = [bursting(4, 33, 20_000)];
    for (const kind of ['focal', 'dice', 'dice-per-unit']) {
      const weights = await train(configOf('rates', `loss.kind=${kind}`, 'training.steps=20'), rasters);
      expect(weights.get('output.weight')?.some((value) => value !== 0)).toBe(true);
    }
  });

  it('has nothing to learn from a recording too short to be judged', async () => {
    const { config } = configOf('rates');
    await expect(taskOf(config, bursting(3, 34, 1500))).rejects.toMatchObject({ code: 'E_TRAINING_NO_DATA' });
  });
});
