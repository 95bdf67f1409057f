// Plan: every kind of net, written as ONNX and run by onnxruntime, gives the logits and probabilities of the CPU backend at tails
// of bins, for drawn, silent and all-spike windows in one batch; what it says the next window starts from is what the trace bank
// says, and chunks in a row equal one window; a later bin moves nothing earlier; the file describes itself, and is the same bytes
// twice; wrong weights and windows longer than learned positions are refused.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../engine/backend.ts';
import { createWasmBackend } from '../engine/wasm/index.ts';
import { BCE } from '../losses/losses.ts';
import { NET_PRESETS } from '../nets/presets.ts';
import { createSpikeNet } from '../nets/spike-transformer.ts';
import type { SpikeNet } from '../nets/types.ts';
import { rasterOf } from '../training/testing/rasters.ts';
import { TraceBank } from '../training/trace-bank.ts';
import { describeNet } from './net-description.ts';
import { onnxModel } from './onnx-model.ts';
import {
  CONTEXT,
  FIRINGS,
  INTEROP_NETS,
  engineScores,
  errorInRms,
  interopInputs,
  interopWeights,
  unpacked,
} from './testing/nets.ts';
import type { InteropInputs, InteropNet } from './testing/nets.ts';

/** As in pytorch.test.ts, and for the same reasons: onnxruntime computes in float32 too. */
const TOLERANCE = 1e-5;
const BINS = [1, 3, 17, CONTEXT];

const bytesOf = ({ net, doubleSigmoid }: InteropNet): Promise<Uint8Array> =>
  onnxModel(net, { weights: interopWeights(net), doubleSigmoid, producerVersion: '9.9', extra: { step: 7 } });

const sessionOf = async (drawn: InteropNet): Promise<InferenceSession> =>
  InferenceSession.create(await bytesOf(drawn), { intraOpNumThreads: 1, logSeverityLevel: 4 });

const tensor = (values: Float32Array, ...shape: number[]): Tensor => new Tensor('float32', values, shape);

type Feeds = Record<string, Tensor>;

function feedsOf(net: SpikeNet, { batch, bins, words, recent, state }: InteropInputs): Feeds {
  const lags = net.history?.lags ?? 0;
  const rows = state.length / batch / net.units;
  return {
    spikes: tensor(unpacked(words, net), batch, bins, net.units),
    ...(lags > 0 ? { recent: tensor(unpacked(recent, net), batch, lags, net.units) } : {}),
    ...(rows > 0 ? { state: tensor(state, batch, rows, net.units) } : {}),
  };
}

function floats(value: Tensor | undefined): Float32Array {
  if (!(value?.data instanceof Float32Array)) throw new TypeError(`a tensor of ${String(value?.type)}`);
  return value.data;
}

describe.each(Object.keys(INTEROP_NETS))('%s as ONNX', (name) => {
  const drawn = INTEROP_NETS[name];
  const { net } = drawn;
  let backend: Backend;
  let session: InferenceSession;
  beforeAll(async () => {
    backend = await createWasmBackend({ threads: 1, deterministic: true });
    session = await sessionOf(drawn);
  }, 60_000);
  afterAll(() => session.release());

  it.each(BINS)('%d bins: logits and probabilities', async (bins) => {
    const inputs = interopInputs(net, bins);
    const out = await session.run(feedsOf(net, inputs));
    expect(out['logits'].dims).toEqual([FIRINGS.length, bins, net.units]);
    const wanted = await engineScores(backend, net, interopWeights(net), inputs);
    expect(errorInRms(floats(out['logits']), wanted.logits)).toBeLessThan(TOLERANCE);
    expect(errorInRms(floats(out['probabilities']), wanted.probabilities)).toBeLessThan(TOLERANCE);
  });

  if (!net.config.causal) return;
  it('a later bin moves no bit before it', async () => {
    const inputs = interopInputs(net, 17, ['drawn']);
    const later = {
      ...inputs,
      words: inputs.words.map((word, i) => (i < 9 * net.wordsPerBin ? word : ~word)),
    };
    const [before, after] = [await session.run(feedsOf(net, inputs)), await session.run(feedsOf(net, later))];
    const until = 9 * net.units;
    expect(floats(after['logits']).slice(0, until)).toEqual(floats(before['logits']).slice(0, until));
    expect(floats(after['logits']).slice(until)).not.toEqual(floats(before['logits']).slice(until));
  });
});

describe('the history that an ONNX model carries on', () => {
  const UNITS = 5;
  const config = { ...NET_PRESETS.small, layers: 0, width: 16, heads: 4, feedForward: 8 };
  const data = { units: UNITS, context: 64, binMilliseconds: 1 };
  const net = createSpikeNet(config, data, BCE);
  const TRACES = net.history?.decays.length ?? 0;
  const silent = interopInputs(net, 40, ['silent']);
  const inputs = { ...silent, words: interopInputs(net, 40, ['drawn']).words };
  const all = feedsOf(net, inputs);
  let session: InferenceSession;
  beforeAll(async () => {
    session = await sessionOf({ net, doubleSigmoid: false });
  }, 60_000);
  afterAll(() => session.release());

  it('is what the trace bank has at the bin after the window', async () => {
    const out = await session.run(all);
    const raster = rasterOf(40, UNITS, (bin, unit) => ((inputs.words[bin] >> unit) & 1) === 1);
    const state = new Float32Array((TRACES + 1) * UNITS);
    const recent = new Uint32Array(config.history?.lags ?? 0);
    const bank = new TraceBank(raster, net.history ?? { lags: 0, decays: [] });
    bank.stateAt(40, state, 0, recent, 0);
    // One recurrence in float32 on either side: equal but for a multiply and add that a machine may fuse.
    expect(errorInRms(floats(out['next_state']), state)).toBeLessThan(1e-6);
    expect(floats(out['next_recent'])).toEqual(unpacked(recent, net));
  });

  it('makes chunks in a row one window', async () => {
    const whole = floats((await session.run(all))['logits']);
    const pieces: number[] = [];
    let past: Feeds = { recent: all['recent'], state: all['state'] };
    for (const [first, stop] of [
      [0, 1],
      [1, 24],
      [24, 40],
    ] as const) {
      const part = floats(all['spikes']).slice(first * UNITS, stop * UNITS);
      const out = await session.run({ spikes: tensor(part, 1, stop - first, UNITS), ...past });
      past = { recent: out['next_recent'], state: out['next_state'] };
      pieces.push(...floats(out['logits']));
    }
    expect(errorInRms(pieces, whole)).toBeLessThan(1e-6);
  });
});

describe('an ONNX file', () => {
  const drawn = INTEROP_NETS['learned positions, window 5, post-norm, double sigmoid'];

  it('is the same bytes twice, and says what it is', async () => {
    const [once, twice] = [await bytesOf(drawn), await bytesOf(drawn)];
    expect(Buffer.compare(once, twice)).toBe(0);
    const [{ fromBinary }, { ModelProtoSchema }] = await Promise.all([
      import('@bufbuild/protobuf'),
      import('onnx-buf'),
    ]);
    const model = fromBinary(ModelProtoSchema, once);
    expect(model).toMatchObject({ producerName: 'spikebridge', producerVersion: '9.9' });
    const [{ key, value }] = model.metadataProps;
    expect(key).toBe('config');
    expect(JSON.parse(value)).toEqual({ ...describeNet(drawn.net.config, drawn), step: 7 });
    const names = model.graph?.initializer.map((table) => table.name);
    expect(names).toEqual(expect.arrayContaining(drawn.net.specs.map((spec) => spec.name)));
  });

  it('refuses a window longer than its learned positions', async () => {
    const session = await sessionOf(drawn);
    const inputs = interopInputs(drawn.net, CONTEXT + 1, ['drawn']);
    await expect(session.run(feedsOf(drawn.net, inputs))).rejects.toThrow();
    await session.release();
  });

  it('is not made of weights that are missing or do not fit', () => {
    const weights = interopWeights(drawn.net);
    weights.set('positions', new Float32Array(3));
    const options = { doubleSigmoid: false, producerVersion: '', extra: {} };
    expect(() => onnxModel(drawn.net, { ...options, weights })).toThrow(
      expect.objectContaining({ code: 'E_MODEL_WEIGHTS' }),
    );
  });
});
