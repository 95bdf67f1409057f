// Plan: probabilities equal a direct run of the whole past in one window; they do not depend on how spans are asked for; no
// later bin changes an earlier probability by one bit, and a net that looks ahead is caught by the same check; spans, gaps and
// the ends of the raster; wrong weights and spans are errors.
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/resolve.ts';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { createSpikeNet } from '../nets/spike-transformer.ts';
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

function all(predictor: ModelPredictor, span: BinSpan): Float32Array {
  const out = new Float32Array((span.stop - span.start) * UNITS);
  predictor.predict(span.start, span.stop, out);
  return out;
}

const raster0 = chainRaster(120, UNITS, 5);
const whole = { start: 0, stop: 120 };

describe('ModelPredictor', () => {
  it('gives what the net says with the window and the true past behind it', () => {
    const net = netOf();
    const got = all(predictorOf(raster0, net), whole);
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
        ...plan.probabilities().subarray(row * UNITS, (row + 1) * UNITS),
      ]);
    }
  });

  it('does not depend on the pieces it is asked in, nor on the batch in exact arithmetic', () => {
    const got = all(predictorOf(raster0), whole);
    const pieces = predictorOf(raster0);
    const out = new Float32Array(got.length);
    for (const [start, stop] of [
      [0, 1],
      [1, 30],
      [30, 31],
      [31, 44],
      [44, 120],
    ]) {
      pieces.predict(start, stop, out.subarray(start * UNITS, stop * UNITS));
    }
    expect(out).toEqual(got);
    expect(all(predictorOf(raster0, netOf(), 1), whole)).toEqual(got);
    expect(got.every((p) => p > 0 && p < 1)).toBe(true);
  });

  const after = (net: SpikeNet, from: number): { first: number; changed: number } => {
    const changedRaster = { ...raster0, words: raster0.words.slice() };
    for (let bin = from; bin < 120; bin++) changedRaster.words[bin] ^= 0b10110;
    const a = all(predictorOf(raster0, net), whole);
    const b = all(predictorOf(changedRaster, net), whole);
    const first = a.findIndex((p, i) => p !== b[i]);
    return { first: Math.floor(first / UNITS), changed: from };
  };

  it('is not changed by any bin at or after the target, bit for bit', () => {
    for (const from of [1, 5, 12, 13, 40, 41, 60, 118]) expect(after(netOf(), from).first).toBe(from + 1);
  });

  it('shows a net that looks ahead by the same check', () => {
    // Bin 57 lies inside the window that gives targets 54 to 60.
    expect(after(netOf({}, false), 57).first).toBeLessThanOrEqual(57);
  });

  it('starts anew after a gap', () => {
    const observed = [
      { start: 0, stop: 50 },
      { start: 60, stop: 120 },
    ];
    const gapped = { ...chainRaster(120, UNITS, 5, observed) };
    const changed = { ...gapped, words: gapped.words.slice() };
    changed.words.fill(0xff, 0, 60);
    expect(all(predictorOf(changed), observed[1])).toEqual(all(predictorOf(gapped), observed[1]));
    expect(() => all(predictorOf(gapped), { start: 45, stop: 65 })).toThrow(
      expect.objectContaining({ code: 'E_PREDICT_SPAN' }),
    );
  });

  it('works without own history, and as a factory over target views', () => {
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
    });
    const out = new Float32Array(120 * UNITS);
    predictor.predict(0, 120, out);
    expect(predictor.key).toBe('model');
    expect(out).toEqual(all(predictorOf(raster0, net), whole));
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
