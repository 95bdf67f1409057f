// Plan: sizes and names of parameters, derived by hand; starting values (the own-rate null, scales, independence of order
// and seed); plan modes; every refusal.
import { describe, expect, it } from 'vitest';
import { log } from '../engine/elementary.ts';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { BCE, DICE } from '../losses/losses.ts';
import { historyFeatures } from './own-history.ts';
import { NET_PRESETS } from './presets.ts';
import { parameterCount, wordsPerBin } from './parameters.ts';
import { createSpikeNet } from './spike-transformer.ts';
import { PRESET_NAMES, drawnRates, drawnValues, drawnWords, fillInputs, narrowNet } from './narrow-nets.ts';
import type { NetConfig } from './types.ts';

const DATA = { units: 128, context: 512, binMilliseconds: 1 };

describe('parameters', () => {
  it('of `paper` are 116,096, as published', () => {
    const attention = 3 * (128 * 128 + 128) + (128 * 128 + 128); // q, k, v and output: 66,048
    const feedForward = 2 * (128 * 128 + 128); // 33,024
    const norms = 2 * 2 * 128; // 512
    const output = 128 * 128 + 128; // 16,512
    expect(attention + feedForward + norms + output).toBe(116_096);
    expect(parameterCount(createSpikeNet(NET_PRESETS.paper, DATA, DICE).config)).toBe(116_096);
  });

  it('of `small` and `base` add an embedding, a last norm and the history table', () => {
    const historyRows = 5 + 14 + 36; // lags, traces, buckets
    const count = (d: number, f: number, layers: number): number =>
      128 * d +
      d +
      layers * (4 * (d * d + d) + 2 * d * f + f + d + 4 * d) +
      2 * d +
      d * 128 +
      128 +
      historyRows * 128;
    expect(parameterCount(createSpikeNet(NET_PRESETS.small, DATA, BCE).config)).toBe(count(128, 256, 1));
    expect(parameterCount(createSpikeNet(NET_PRESETS.base, DATA, BCE).config)).toBe(count(256, 1024, 4));
  });

  it('decay where they are matrices, and not where they are biases, gains or positions', () => {
    const net = createSpikeNet({ ...NET_PRESETS.small, positions: 'learned' }, DATA, BCE);
    for (const { name, decay, shape } of net.specs) {
      expect(decay, name).toBe(name.endsWith('.weight'));
      expect(shape.length, name).toBe(decay || name === 'positions' ? 2 : 1);
    }
    expect(net.specs.find(({ name }) => name === 'positions')?.shape).toEqual([512, 128]);
  });

  it('words a bin', () => {
    expect([1, 32, 33, 128, 129].map(wordsPerBin)).toEqual([1, 1, 2, 4, 5]);
  });
});

describe('starting values', () => {
  it.each(['small', 'base'] as const)('make untrained `%s` the own-rate predictor', (preset) => {
    const net = narrowNet(preset, BCE);
    const backend = new ReferenceBackend();
    const parameters = backend.parameters(net.specs);
    const rates = drawnRates(net.units);
    for (const [name, values] of net.initialise(1, rates)) parameters.write(name, values);
    const netPlan = net.plan('score', { batch: 1, bins: 9 });
    const compiled = backend.compile(netPlan.plan, parameters);
    fillInputs(net, netPlan, compiled, 5);
    compiled.run('forward', { seed: 0, step: 0 });
    const probabilities = compiled.output(netPlan.probabilities ?? netPlan.logits);
    probabilities.forEach((p, i) => {
      // The bias is the log-odds in float32: its rounding (|z| < 3) moves p by at most 3 * 2^-24.
      expect(Math.abs(p - rates[i % net.units])).toBeLessThan(2e-7);
    });
  });

  it('clip the log-odds of silent and of always-firing units', () => {
    const net = narrowNet('paper', BCE);
    const rates = new Float64Array(16);
    rates[1] = 1;
    const bias = net.initialise(1, rates).get('output.bias');
    expect(bias?.[0]).toBe(Math.fround(log(1e-6 / (1 - 1e-6))));
    expect(bias?.[1]).toBeCloseTo(13.8155, 3);
  });

  it('depend on the seed and on nothing else: not on layers that are added', () => {
    const two = createSpikeNet({ ...NET_PRESETS.paper, layers: 2 }, DATA, DICE);
    const one = createSpikeNet(NET_PRESETS.paper, DATA, DICE);
    const rates = new Float64Array(128).fill(0.01);
    const name = 'layers.0.attention.qkv.weight';
    const values = one.initialise(3, rates).get(name);
    expect(two.initialise(3, rates).get(name)).toEqual(values);
    expect(one.initialise(4, rates).get(name)).not.toEqual(values);
    expect(two.initialise(3, rates).get('layers.1.attention.qkv.weight')).not.toEqual(values);
  });

  it('have the scales they should', () => {
    const rates = new Float64Array(128).fill(0.02); // 2.56 spikes a bin
    const values = createSpikeNet({ ...NET_PRESETS.small, positions: 'learned' }, DATA, BCE).initialise(
      1,
      rates,
    );
    const rms = (name: string): number => {
      const held = values.get(name) ?? new Float32Array(1);
      return Math.sqrt(held.reduce((sum, x) => sum + x * x, 0) / held.length);
    };
    // 16,384 draws and more: the root mean square is within 2 % of its expectation (five standard errors).
    const near = (name: string, expected: number): void => {
      expect(Math.abs(rms(name) / expected - 1), name).toBeLessThan(0.02);
    };
    near('embedding.weight', 1 / Math.sqrt(2.56));
    near('layers.0.attention.qkv.weight', Math.sqrt(6 / 512) / Math.sqrt(3));
    near('layers.0.attention.output.weight', 1 / Math.sqrt(128 * 3));
    near('layers.0.feedForward.out.weight', 1 / Math.sqrt(256 * 3));
    near('positions', 0.02);
    for (const name of ['output.weight', 'history.weight', 'embedding.bias']) expect(rms(name), name).toBe(0);
    expect(new Set(values.get('finalNorm.gain'))).toEqual(new Set([1]));
  });

  it('refuse rates of another number of units', () => {
    expect(() => narrowNet('small', BCE).initialise(1, new Float64Array(3))).toThrow(
      expect.objectContaining({ code: 'E_NET_RATES' }),
    );
  });
});

describe('plans', () => {
  it.each(PRESET_NAMES)('of %s: what each mode holds', (preset) => {
    const net = narrowNet(preset, BCE);
    const [train, evaluate, score] = (['train', 'evaluate', 'score'] as const).map((mode) =>
      net.plan(mode, { batch: 2, bins: 4 }),
    );
    expect(train.plan.backward.length).toBeGreaterThan(5);
    expect([evaluate, score].map(({ plan }) => plan.backward.length)).toEqual([0, 0]);
    expect([train.probabilities, score.loss, score.targets, train.bce]).toEqual([null, null, null, null]);
    expect(evaluate.bce?.shape).toEqual([4]);
    expect(score.probabilities?.shape).toEqual([8, net.units]);
    expect(train.recent?.shape ?? null).toEqual(net.history ? [2, net.history.lags, 1] : null);
    expect(train.state?.shape ?? null).toEqual(
      net.history ? [2, net.history.decays.length + 1, net.units] : null,
    );
    // Dropout belongs to training alone.
    const drops = (calls: typeof train.plan.forward): boolean =>
      calls.some((call) => call.op === 'dropout' || (call.op === 'attention' && call.dropout > 0));
    expect([train, evaluate, score].map(({ plan }) => drops(plan.forward))).toEqual([true, false, false]);
  });

  it('give every dropout site a stream of its own', () => {
    const { plan } = createSpikeNet({ ...NET_PRESETS.paper, layers: 3 }, DATA, DICE).plan('train', {
      batch: 1,
      bins: 4,
    });
    const streams = plan.forward.flatMap((call) =>
      call.op === 'dropout' || call.op === 'attention' ? [call.stream] : [],
    );
    expect(streams).toHaveLength(3 * 4);
    expect(new Set(streams).size).toBe(streams.length);
  });

  it('every parameter gets a gradient', () => {
    for (const preset of PRESET_NAMES) {
      const net = narrowNet(preset, BCE, { positions: 'learned' });
      const { plan } = net.plan('train', { batch: 1, bins: 4 });
      const held = plan.tensors
        .filter(({ role }) => role === 'gradient')
        .map(({ id }) => plan.parameterOf.get(id));
      expect(held.sort()).toEqual(net.specs.map(({ name }) => name).sort());
    }
  });
});

describe('refusals', () => {
  it.each([
    ['net.heads', { heads: 3 }],
    ['net.heads', { heads: 64 }],
    ['net.positions', { positions: 'rotary', heads: 32, width: 96 }],
    ['net.width', { embedding: 'identity', width: 64 }],
    ['net.dropout', { dropout: 1 }],
    ['net.attentionDropout', { attentionDropout: -0.1 }],
    ['net.history.logScale', { history: { lags: 1, taus: [2], logScale: [], ageEdges: [] } }],
    ['net.history.taus', { history: { lags: 1, taus: [0], logScale: [0], ageEdges: [] } }],
    ['net.history.ageEdges', { history: { lags: 1, taus: [], logScale: [], ageEdges: [2, 2] } }],
    ['net.history.lags', { history: { lags: 1.5, taus: [], logScale: [], ageEdges: [] } }],
  ] satisfies [string, Partial<NetConfig>][])('%s', (where, change) => {
    expect(() => createSpikeNet({ ...NET_PRESETS.small, ...change }, DATA, BCE)).toThrow(
      expect.objectContaining({ code: 'E_NET_CONFIG', where, exitCode: 2 }),
    );
  });

  it('a plan longer than the learned positions', () => {
    const net = createSpikeNet({ ...NET_PRESETS.small, positions: 'learned' }, DATA, BCE);
    expect(() => net.plan('score', { batch: 1, bins: 513 })).toThrow(
      expect.objectContaining({ code: 'E_NET_SHAPE' }),
    );
    expect(net.plan('score', { batch: 1, bins: 512 }).words.shape).toEqual([512, 4]);
  });
});

describe('history features', () => {
  it('turn milliseconds into decays a bin, scaled to the variance of a lag bit', () => {
    const config = { lags: 2, taus: [10, 1000], logScale: [0, 1], ageEdges: [] };
    const { decays, scales } = historyFeatures(config, 2);
    expect(decays[0]).toBeCloseTo(Math.exp(-0.2), 14);
    expect(decays[1]).toBeCloseTo(Math.exp(-0.002), 14);
    expect(scales[0]).toBeCloseTo(Math.sqrt(1 - Math.exp(-0.4)), 14);
    expect(scales[1]).toBe(0.25);
  });
});

describe('the cross-entropy beside the loss', () => {
  it.each([false, true])('is that of the probabilities the net gives, double sigmoid %s', (doubleSigmoid) => {
    const net = narrowNet('paper', { ...DICE, doubleSigmoid });
    const backend = new ReferenceBackend();
    const parameters = backend.parameters(net.specs);
    for (const [name, values] of drawnValues(net, 3)) parameters.write(name, values);
    const netPlan = net.plan('evaluate', { batch: 1, bins: 16 });
    const compiled = backend.compile(netPlan.plan, parameters);
    fillInputs(net, netPlan, compiled, 3);
    compiled.run('forward', { seed: 0, step: 0 });
    const { probabilities, bce, logits } = netPlan;
    const p = compiled.output(probabilities ?? logits);
    const y = drawnWords(net, 16, 3, 2);
    let nats = 0;
    let counted = 0;
    for (let row = 0; row < 16; row++) {
      // The holes that fillInputs leaves in the masks.
      if (row % 7 === 3) continue;
      for (let u = 0; u < net.units; u++) {
        if (u === 2) continue;
        const q = p[row * net.units + u];
        nats -= Math.log((y[row] >>> u) & 1 ? q : 1 - q);
        counted++;
      }
    }
    expect(compiled.output(bce ?? logits)[0]).toBeCloseTo(nats / counted, 5);
  });
});
