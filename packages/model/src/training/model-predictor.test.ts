// Plan: probabilities equal a direct run of the whole past in one window; they do not depend on how spans are asked for; no
// later bin changes an earlier probability by one bit, and a net that looks ahead is caught by the same check; spans, gaps and
// the ends of the raster; wrong weights and spans are errors; a backend that answers later is asked once for each run.
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/resolve.ts';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { LaterBackend } from '../engine/testing/later-backend.ts';
import { createSpikeNet } from '../nets/spike-transformer.ts';
import type { Predictor } from '../evaluation/types.ts';
import type { NetConfig, SpikeNet } from '../nets/types.ts';
import type { BinSpan, Raster } from '../recording/types.ts';
import { BoundPlan, bankFor } from './bound-plan.ts';
import { ModelPredictor, modelPredictorFactory } from './model-predictor.ts';
import { ownRates } from './rates.ts';
import { chainRaster } from './testing/rasters.ts';
import { tinyNet } from './testing/tiny-config.ts';

const UNITS = 5;
const CONTEXT = 12;
const { loss } = resolveConfig().config;

function netOf(change: Partial<NetConfig> = {}, causal = true): SpikeNet {
  return createSpikeNet(
    { ...tinyNet, ...change },
    { units: UNITS, context: CONTEXT, binMilliseconds: 1, causal },
    loss,
  );
}

/** Starting weights with every zero table replaced, so that all paths speak. */
function weightsFor(net: SpikeNet, raster: Raster): Map<string, Float32Array> {
  const weights = net.initialise(3, ownRates(raster, raster.observed));
  for (const [name, values] of weights) {
    if (name === 'history.weight' || name === 'output.weight')
      values.forEach((_, i) => (values[i] = Math.sin(i) / 3));
  }
  return weights;
}

function predictorOf(raster: Raster, net = netOf(), batch = 3): ModelPredictor {
  return new ModelPredictor({
    backend: new ReferenceBackend(),
    net,
    weights: weightsFor(net, raster0),
    raster,
    batch,
  });
}

async function all(predictor: Predictor, span: BinSpan): Promise<Float32Array> {
  const out = new Float32Array((span.stop - span.start) * UNITS);
  await predictor.predict(span.start, span.stop, out);
  return out;
}

const raster0 = chainRaster(120, UNITS, 5);
const whole = { start: 0, stop: 120 };

describe('ModelPredictor', () => {
  it('gives what the net says with the window and the true past behind it', async () => {
    const net = netOf();
    const got = await all(predictorOf(raster0, net), whole);
    const backend = new ReferenceBackend();
    const parameters = backend.parameters(net.specs);
    for (const [name, values] of weightsFor(net, raster0)) parameters.write(name, values);
    const plan = new BoundPlan({
      ...{ backend, parameters, net, raster: raster0, bank: bankFor(net, raster0) },
      ...{ mode: 'score', shape: { batch: 1, bins: CONTEXT } },
    });
    // Targets 12 + 7 j ... 18 + 7 j come from the window that ends at their last input (half a context and one bin each).
    for (const [target, inputStart] of [
      [12, 6],
      [18, 6],
      [19, 13],
      [25, 13],
      [117, 111],
    ] as const) {
      plan.load([{ inputStart, rows: Math.min(CONTEXT, 119 - inputStart) }]);
      plan.run('forward', { seed: 0, step: 0 });
      const row = target - 1 - inputStart;
      expect(row + 1, 'bins of past').toBeGreaterThanOrEqual(CONTEXT / 2);
      expect([...got.subarray(target * UNITS, (target + 1) * UNITS)], `target ${target}`).toEqual([
        ...(await plan.probabilities()).subarray(row * UNITS, (row + 1) * UNITS),
      ]);
    }
  });

  it('does not depend on the pieces it is asked in, nor on the batch in exact arithmetic', async () => {
    const got = await all(predictorOf(raster0), whole);
    const pieces = predictorOf(raster0);
    const out = new Float32Array(got.length);
    for (const [start, stop] of [
      [0, 1],
      [1, 30],
      [30, 31],
      [31, 44],
      [44, 120],
    ]) {
      await pieces.predict(start, stop, out.subarray(start * UNITS, stop * UNITS));
    }
    expect(out).toEqual(got);
    expect(await all(predictorOf(raster0, netOf(), 1), whole)).toEqual(got);
    expect(got.every((p) => p > 0 && p < 1)).toBe(true);
  });

  const firstChanged = async (net: SpikeNet, from: number): Promise<number> => {
    const changedRaster = { ...raster0, words: raster0.words.slice() };
    for (let bin = from; bin < 120; bin++) changedRaster.words[bin] ^= 0b10110;
    const a = await all(predictorOf(raster0, net), whole);
    const b = await all(predictorOf(changedRaster, net), whole);
    return Math.floor(a.findIndex((p, i) => p !== b[i]) / UNITS);
  };

  it('is not changed by any bin at or after the target, bit for bit', async () => {
    for (const from of [1, 5, 12, 13, 40, 41, 60, 118])
      expect(await firstChanged(netOf(), from)).toBe(from + 1);
  });

  it('shows a net that looks ahead by the same check', async () => {
    // Bin 57 lies inside the window that gives targets 54 to 60.
    expect(await firstChanged(netOf({}, false), 57)).toBeLessThanOrEqual(57);
  });

  it('starts anew after a gap', async () => {
    const observed = [
      { start: 0, stop: 50 },
      { start: 60, stop: 120 },
    ];
    const gapped = { ...chainRaster(120, UNITS, 5, observed) };
    const changed = { ...gapped, words: gapped.words.slice() };
    changed.words.fill(0xff, 0, 60);
    expect(await all(predictorOf(changed), observed[1])).toEqual(await all(predictorOf(gapped), observed[1]));
    await expect(all(predictorOf(gapped), { start: 45, stop: 65 })).rejects.toThrow(
      expect.objectContaining({ code: 'E_PREDICT_SPAN' }),
    );
  });

  it('works without own history, and as a factory over target views', async () => {
    const net = netOf({ history: null });
    const factory = modelPredictorFactory({
      backend: new ReferenceBackend(),
      net,
      weights: weightsFor(net, raster0),
    });
    const predictor = factory({
      raster: raster0,
      rates: null,
      scored: new Uint8Array(UNITS).fill(1),
      level: 'none',
      known: null,
    });
    expect(predictor.key).toBe('model');
    expect(await all(predictor, whole)).toEqual(await all(predictorOf(raster0, net), whole));
  });

  it('waits for a backend that answers later, and asks it once for each group of windows', async () => {
    const backend = new LaterBackend();
    const net = netOf();
    const predictor = new ModelPredictor({
      ...{ backend, net, weights: weightsFor(net, raster0), raster: raster0, batch: 3 },
    });
    const out = new Float32Array(120 * UNITS);
    // Fifteen bins at a time: pieces end inside blocks and inside groups.
    for (let start = 0; start < 120; start += 15)
      await predictor.predict(start, start + 15, out.subarray(start * UNITS, (start + 15) * UNITS));
    expect(out).toEqual(await all(predictorOf(raster0, net), whole));
    // A block of 12 targets and 16 of 7 (the last one cut): 17 blocks in groups of 3.
    expect(backend.reads).toBe(6);
    // The last group, from target 117 on, is still held; the first one is not.
    await predictor.predict(118, 120, out.subarray(0, 2 * UNITS));
    expect(backend.reads).toBe(6);
    await predictor.predict(0, 12, out.subarray(0, 12 * UNITS));
    expect(backend.reads).toBe(7);
  });

  it('refuses weights of another shape and rasters of another width', () => {
    const net = netOf();
    const weights = weightsFor(net, raster0);
    const options = { backend: new ReferenceBackend(), net, raster: raster0 };
    weights.delete('output.bias');
    expect(() => new ModelPredictor({ ...options, weights })).toThrow(
      expect.objectContaining({ code: 'E_MODEL_WEIGHTS' }),
    );
    weights.set('output.bias', new Float32Array(UNITS + 1));
    expect(() => new ModelPredictor({ ...options, weights })).toThrow(/output.bias has 6 values/);
    expect(
      () => new ModelPredictor({ ...options, weights: weightsFor(net, raster0), raster: chainRaster(50, 6) }),
    ).toThrow(expect.objectContaining({ code: 'E_RASTER_UNITS' }));
  });
});
