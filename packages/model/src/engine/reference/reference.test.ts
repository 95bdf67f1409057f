// Plan: the oracle itself, op by op, against numbers worked out another way: by hand, by brute force over whole matrices, or
// by a property (a rotation keeps lengths, dropout keeps means). Gradients are proved in nets/gradients.test.ts and against
// PyTorch in nets/golden.test.ts.
import { describe, expect, it } from 'vitest';
import type { OpCall, Tensor } from '../ops.ts';
import { elementCount } from '../plan-builder.ts';
import { CounterRandom } from '../random.ts';
import { adamw } from './adamw.ts';
import { ReferenceBackend } from './backend.ts';
import { runReference } from './kernels.ts';
import { activate } from './linear.ts';

/** A little memory: tensors made with their values. */
class Desk {
  private readonly floats = new Map<number, Float64Array>();
  private readonly integers = new Map<number, Uint32Array>();
  private count = 0;

  tensor(shape: readonly number[], values: readonly number[] = []): Tensor {
    const tensor: Tensor = { id: this.count++, name: 't', shape, dtype: 'f32', role: 'activation' };
    const held = new Float64Array(elementCount(shape));
    held.set(values);
    this.floats.set(tensor.id, held);
    return tensor;
  }

  drawn(shape: readonly number[]): Tensor {
    const random = new CounterRandom(1, this.count);
    return this.tensor(
      shape,
      Array.from({ length: elementCount(shape) }, (_, i) => random.normal(0, i)),
    );
  }

  spikes(shape: readonly number[], words: readonly number[]): Tensor {
    const tensor: Tensor = { id: this.count++, name: 'w', shape, dtype: 'u32', role: 'input' };
    this.integers.set(tensor.id, Uint32Array.from(words));
    return tensor;
  }

  values = (tensor: Tensor): Float64Array => this.floats.get(tensor.id) ?? expect.fail('no such tensor');
  words = (tensor: Tensor): Uint32Array => this.integers.get(tensor.id) ?? expect.fail('no such words');

  run(call: OpCall, step = 0): void {
    runReference(call, this, { seed: 7, step });
  }
}

const FUSED = {
  bias: null,
  residual: null,
  activation: 'none',
  preActivation: null,
  accumulate: false,
} as const;

describe('matMul', () => {
  it('in its three forms, (2, 3) by (3, 2) worked by hand', () => {
    const desk = new Desk();
    const forms = [
      ['nn', desk.tensor([2, 3], [1, 2, 3, 4, 5, 6]), desk.tensor([3, 2], [7, 8, 9, 10, 11, 12])],
      ['nt', desk.tensor([2, 3], [1, 2, 3, 4, 5, 6]), desk.tensor([2, 3], [7, 9, 11, 8, 10, 12])],
      ['tn', desk.tensor([3, 2], [1, 4, 2, 5, 3, 6]), desk.tensor([3, 2], [7, 8, 9, 10, 11, 12])],
    ] as const;
    for (const [form, a, b] of forms) {
      const c = desk.tensor([2, 2], [100, 100, 100, 100]);
      desk.run({ op: 'matMul', form, m: 2, n: 2, k: 3, a, b, c, ...FUSED });
      expect(Array.from(desk.values(c)), form).toEqual([58, 64, 139, 154]);
      desk.run({ op: 'matMul', form, m: 2, n: 2, k: 3, a, b, c, ...FUSED, accumulate: true });
      expect(Array.from(desk.values(c)), form).toEqual([116, 128, 278, 308]);
    }
  });

  it('adds the bias, keeps what stands before the activation, and adds the residual after it', () => {
    const desk = new Desk();
    const [a, b] = [desk.tensor([1, 1], [2]), desk.tensor([1, 2], [1, -1])];
    const [bias, residual, kept, c] = [
      desk.tensor([2], [0.5, 0.5]),
      desk.tensor([1, 2], [10, 20]),
      desk.tensor([1, 2]),
      desk.tensor([1, 2]),
    ];
    const shape = {
      op: 'matMul',
      form: 'nn',
      m: 1,
      n: 2,
      k: 1,
      a,
      b,
      bias,
      residual,
      c,
      accumulate: false,
    } as const;
    desk.run({ ...shape, activation: 'relu', preActivation: kept });
    expect(Array.from(desk.values(kept))).toEqual([2.5, -1.5]);
    expect(Array.from(desk.values(c))).toEqual([12.5, 20]);
  });

  it('gelu in its tanh form: known values (PyTorch, approximate="tanh")', () => {
    expect(activate('gelu', 1)).toBeCloseTo(0.8411919906082768, 12);
    expect(activate('gelu', -0.5)).toBeCloseTo(-0.15428599017485606, 12);
    expect(activate('gelu', 0)).toBe(0);
  });
});

describe('embeddings', () => {
  it('sum the rows of the units that fire, across a word edge', () => {
    const desk = new Desk();
    const weight = desk.tensor(
      [34, 1],
      Array.from({ length: 34 }, (_, u) => u + 1),
    );
    const words = desk.spikes([2, 2], [0b101, 0b10, 0, 0]); // units 0, 2, 33; none
    const [bias, out] = [desk.tensor([1], [0.5]), desk.tensor([2, 1])];
    desk.run({ op: 'bitEmbed', words, weight, bias, out });
    expect(Array.from(desk.values(out))).toEqual([1 + 3 + 34 + 0.5, 0.5]);
    const [dOut, dWeight, dBias] = [desk.tensor([2, 1], [2, 3]), desk.tensor([34, 1]), desk.tensor([1], [1])];
    desk.run({ op: 'bitEmbedBackward', words, dOut, dWeight, dBias });
    expect(Array.from(desk.values(dWeight)).flatMap((d, u) => (d === 0 ? [] : [[u, d]]))).toEqual([
      [0, 2],
      [2, 2],
      [33, 2],
    ]);
    expect(desk.values(dBias)[0]).toBe(6);
    const unpacked = desk.tensor([2, 34]);
    desk.run({ op: 'unpackBits', words, out: unpacked });
    expect(Array.from(desk.values(unpacked).keys()).filter((i) => desk.values(unpacked)[i] === 1)).toEqual([
      0, 2, 33,
    ]);
  });

  it('positions start again with each sequence of a batch', () => {
    const desk = new Desk();
    const [positions, out] = [desk.tensor([3, 1], [1, 2, 9]), desk.tensor([4, 1])];
    desk.run({ op: 'addPositions', positions, out, bins: 2 });
    expect(Array.from(desk.values(out))).toEqual([1, 2, 1, 2]);
    const dPositions = desk.tensor([3, 1]);
    desk.run({ op: 'addPositionsBackward', dOut: out, dPositions, bins: 2 });
    expect(Array.from(desk.values(dPositions))).toEqual([2, 4, 0]);
  });

  it('rotary leaves values alone, keeps lengths, makes products depend on distance only, and is undone by its inverse', () => {
    const desk = new Desk();
    const bins = 5;
    const vector = [0.3, -1, 0.7, 2]; // one head of width 4, the same q, k and v in every bin
    const qkv = desk.tensor(
      [bins, 12],
      Array.from({ length: bins * 3 }).flatMap(() => vector),
    );
    const frequencies = [1, 0.01];
    const angles = desk.tensor(
      [bins, 4],
      Array.from({ length: bins }).flatMap((_, t) => [
        ...frequencies.map((f) => Math.cos(t * f)),
        ...frequencies.map((f) => Math.sin(t * f)),
      ]),
    );
    const before = desk.values(qkv).slice();
    desk.run({ op: 'rotary', qkv, angles, bins, heads: 1, inverse: false });
    const x = desk.values(qkv);
    const dot = (t: number, s: number): number =>
      [0, 1, 2, 3].reduce((d, i) => d + x[t * 12 + i] * x[s * 12 + 4 + i], 0);
    expect(dot(3, 3)).toBeCloseTo(
      vector.reduce((d, v) => d + v * v, 0),
      12,
    );
    expect(dot(4, 2)).toBeCloseTo(dot(2, 0), 12);
    expect(Math.abs(dot(4, 2) - dot(4, 3))).toBeGreaterThan(0.01);
    expect(x.slice(4 * 12 + 8)).toEqual(Float64Array.from(vector));
    desk.run({ op: 'rotary', qkv, angles, bins, heads: 1, inverse: true });
    x.forEach((v, i) => expect(v).toBeCloseTo(before[i], 12));
  });
});

describe('layerNorm', () => {
  it('gives rows of mean 0 and variance 1 before gain and bias', () => {
    const desk = new Desk();
    const x = desk.drawn([3, 8]);
    const [gain, bias] = [
      desk.tensor([8], new Array<number>(8).fill(2)),
      desk.tensor([8], new Array<number>(8).fill(5)),
    ];
    const [out, mean, rstd] = [desk.tensor([3, 8]), desk.tensor([3]), desk.tensor([3])];
    desk.run({ op: 'layerNorm', x, gain, bias, out, mean, rstd });
    for (let n = 0; n < 3; n++) {
      const row = desk.values(out).subarray(8 * n, 8 * n + 8);
      const m = row.reduce((a, b) => a + b, 0) / 8;
      expect(m).toBeCloseTo(5, 10);
      expect(row.reduce((a, b) => a + (b - m) ** 2, 0) / 8).toBeCloseTo(4, 3); // epsilon takes 1e-5 / variance of it
    }
  });
});

describe('attention', () => {
  const [batch, bins, heads, headWidth] = [2, 6, 2, 3];
  const width = heads * headWidth;

  function attend(desk: Desk, qkv: Tensor, window: number, causal: boolean, dropout = 0) {
    const [out, logSumExp] = [desk.tensor([batch * bins, width]), desk.tensor([batch, heads, bins])];
    const shape = { batch, bins, heads, window, causal, dropout, scale: 1 / Math.sqrt(headWidth), stream: 1 };
    desk.run({ op: 'attention', qkv, out, logSumExp, ...shape });
    return { out: desk.values(out), logSumExp: desk.values(logSumExp) };
  }

  it.each([
    [0, true],
    [1, true],
    [3, true],
    [0, false],
  ])('window %i, causal %s: equals the softmax over whole masked matrices', (window, causal) => {
    const desk = new Desk();
    const qkv = desk.drawn([batch * bins, 3 * width]);
    const x = desk.values(qkv);
    const { out, logSumExp } = attend(desk, qkv, window, causal);
    for (let b = 0; b < batch; b++) {
      for (let h = 0; h < heads; h++) {
        for (let t = 0; t < bins; t++) {
          const at = (s: number, part: number, i: number): number =>
            x[(b * bins + s) * 3 * width + part * width + h * headWidth + i];
          const weights = Array.from({ length: bins }, (_, s) => {
            const hidden = causal && (s > t || (window > 0 && s <= t - window));
            let score = 0;
            for (let i = 0; i < headWidth; i++) score += at(t, 0, i) * at(s, 1, i);
            return hidden ? 0 : Math.exp(score / Math.sqrt(headWidth));
          });
          const total = weights.reduce((a, w) => a + w, 0);
          expect(logSumExp[(b * heads + h) * bins + t]).toBeCloseTo(Math.log(total), 12);
          for (let i = 0; i < headWidth; i++) {
            const wanted = weights.reduce((sum, w, s) => sum + (w / total) * at(s, 2, i), 0);
            expect(out[(b * bins + t) * width + h * headWidth + i]).toBeCloseTo(wanted, 12);
          }
        }
      }
    }
  });

  it('a window of one bin returns the values themselves', () => {
    const desk = new Desk();
    const qkv = desk.drawn([batch * bins, 3 * width]);
    const { out } = attend(desk, qkv, 1, true);
    out.forEach((v, i) => {
      const [n, j] = [Math.floor(i / width), i % width];
      expect(v).toBeCloseTo(desk.values(qkv)[n * 3 * width + 2 * width + j], 12);
    });
  });

  it('dropout of probabilities zeroes or scales them and leaves the log-sum-exp alone', () => {
    const desk = new Desk();
    const qkv = desk.drawn([batch * bins, 3 * width]);
    const plain = attend(desk, qkv, 1, true);
    const dropped = attend(desk, qkv, 1, true, 0.5);
    expect(dropped.logSumExp).toEqual(plain.logSumExp);
    const factors = Array.from(dropped.out, (v, i) => Math.round((v / plain.out[i]) * 1e9) / 1e9);
    expect(new Set(factors)).toEqual(new Set([0, 2]));
  });
});

describe('dropout', () => {
  it('keeps a share of 1 - p, scaled so that the mean stays, and the same mask backward', () => {
    const desk = new Desk();
    const n = 20000;
    const [x, out, dX] = [desk.tensor([n], new Array<number>(n).fill(1)), desk.tensor([n]), desk.tensor([n])];
    desk.run({ op: 'dropout', x, residual: null, out, probability: 0.1, stream: 3 }, 5);
    const kept = desk.values(out).filter((v) => v > 0);
    expect(new Set(kept)).toEqual(new Set([1 / 0.9]));
    // Binomial SD = sqrt(20000 * 0.09) = 42.4.
    expect(Math.abs(kept.length - 18000)).toBeLessThan(5 * 42.4);
    desk.run({ op: 'dropoutBackward', dOut: x, dX, probability: 0.1, stream: 3, accumulate: false }, 5);
    expect(desk.values(dX)).toEqual(desk.values(out));
    desk.run({ op: 'dropoutBackward', dOut: x, dX, probability: 0.1, stream: 3, accumulate: false }, 6);
    expect(desk.values(dX)).not.toEqual(desk.values(out));
  });
});

describe('ownHistory', () => {
  it('reads lags, traces and ages from the window and from the state before it', () => {
    const desk = new Desk();
    // One unit, spikes at bins 1 and 2 of the window; before it: a spike two bins back (oldest first: 0, 1, 0).
    const words = desk.spikes([4, 1], [0, 1, 1, 0]);
    const recent = desk.spikes([1, 3, 1], [0, 1, 0]);
    const state = desk.tensor([1, 3, 1], [0.5, 4, 1]); // traces 0.5 and 4, age 1 (the spike at bin -2)
    const shape = {
      batch: 1,
      bins: 4,
      lags: 3,
      decays: [0.5, 0.9],
      logScale: [0, 2],
      scales: [1, 0.25],
      ageEdges: [1, 3],
    };
    const features = Array.from({ length: 7 }, (_, f) => {
      const weight = desk.tensor([7, 1]);
      desk.values(weight)[f] = 1;
      const logits = desk.tensor([4, 1]);
      desk.run({ op: 'ownHistory', words, recent, state, weight, logits, ...shape });
      return Array.from(desk.values(logits));
    });
    expect(features[0]).toEqual([0, 1, 1, 0]); // x[t]
    expect(features[1]).toEqual([0, 0, 1, 1]); // x[t - 1]
    expect(features[2]).toEqual([1, 0, 0, 1]); // x[t - 2]; at t = 0 that is bin -2
    expect(features[3]).toEqual([0.25, 1.125, 1.5625, 0.78125]);
    [3.6, 4.24, 4.816, 4.3344].forEach((s, t) =>
      expect(features[4][t]).toBeCloseTo(0.25 * Math.log(1 + 2 * s), 12),
    );
    // Ages 2, 0, 0, 1: the bucket [0, 1), then [1, 3).
    expect(features[5]).toEqual([0, 1, 1, 0]);
    expect(features[6]).toEqual([1, 0, 0, 1]);
  });
});

describe('adamw', () => {
  const one = (gradient: number, extra: Partial<{ decay: boolean; learningRateScale: number }> = {}) => ({
    weight: Float64Array.of(2),
    gradient: Float64Array.of(gradient),
    m: new Float64Array(1),
    v: new Float64Array(1),
    decay: false,
    learningRateScale: 1,
    ...extra,
  });
  const settings = {
    step: 1,
    learningRate: 0.1,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 0,
    weightDecay: 0.5,
    clip: 0,
  };

  it('moves each weight by the learning rate on its first step, whatever the size of its gradient', () => {
    for (const gradient of [1e-3, 40, -7]) {
      const parameter = one(gradient);
      adamw([parameter], settings);
      expect(parameter.weight[0]).toBeCloseTo(2 - 0.1 * Math.sign(gradient), 12);
    }
  });

  it('decays flagged weights only, before the step and apart from it', () => {
    const parameter = one(1, { decay: true });
    adamw([parameter], settings);
    expect(parameter.weight[0]).toBeCloseTo(2 * (1 - 0.1 * 0.5) - 0.1, 12);
  });

  it('clips by the norm over all tensors and returns it unclipped', () => {
    const [a, b] = [one(3), one(4)];
    expect(adamw([a, b], { ...settings, clip: 1 })).toBe(5);
    expect(a.m[0]).toBeCloseTo((0.1 * 3) / 5, 6);
    const small = one(0.5);
    adamw([small], { ...settings, clip: 1 });
    expect(small.m[0]).toBeCloseTo(0.05, 12);
  });

  it('leaves frozen tensors alone and out of the norm', () => {
    const [frozen, half] = [one(100, { learningRateScale: 0 }), one(3, { learningRateScale: 0.5 })];
    expect(adamw([frozen, half], settings)).toBe(3);
    expect([frozen.weight[0], frozen.m[0], frozen.v[0]]).toEqual([2, 0, 0]);
    expect(half.weight[0]).toBeCloseTo(2 - 0.05, 12);
  });
});

describe('ReferenceBackend', () => {
  const specs = [{ name: 'w', shape: [2], decay: true, learningRateScale: 1 }];

  it('keeps weights and moments across plans and checks sizes and names', () => {
    const parameters = new ReferenceBackend().parameters(specs);
    parameters.write('w', Float32Array.of(1, 2));
    parameters.writeMoments('w', Float32Array.of(3, 4), Float32Array.of(5, 6));
    expect(parameters.read('w')).toEqual(Float32Array.of(1, 2));
    expect(parameters.readMoments('w')).toEqual({ m: Float32Array.of(3, 4), v: Float32Array.of(5, 6) });
    expect(() => parameters.write('w', new Float32Array(3))).toThrow(
      expect.objectContaining({ code: 'E_PARAMETER_SIZE' }),
    );
    expect(() => parameters.read('x')).toThrow(expect.objectContaining({ code: 'E_PLAN_PARAMETER' }));
  });
});
