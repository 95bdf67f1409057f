// The one-bin kernels against naive float64 loops, over widths with tails and over a ring that goes round; one and two threads
// must agree bit for bit, in both builds.
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KernelCore } from './kernel-core.ts';
import { packPanels, ringFloats, rowAttentionRecord, rowFloats, rowLinearRecord } from './kernel-row.ts';
import { nodeThreads } from './kernel-threads.ts';

// Node 20 compiles relaxed SIMD only with this flag; later versions accept and ignore it.
setFlagsFromString('--experimental-wasm-relaxed-simd');

/** Deterministic values in [-1, 1): a linear congruence, so that failures repeat. */
function values(length: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  });
}

/** A block of `floats`, zeros behind what is put there. */
function put(core: KernelCore, data: Float32Array, floats = data.length): number {
  const address = core.memory.allocate(4 * floats);
  core.memory.floats(address, data.length).set(data);
  return address;
}

function largestDifference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(got[i] - expected[i]);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}

const gelu = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const act = { none: (x: number) => x, relu: (x: number) => Math.max(0, x), gelu };

describe.each([{ deterministic: true }, { deterministic: false }])('row kernels, %j', ({ deterministic }) => {
  let cores: KernelCore[];
  beforeAll(async () => {
    cores = [
      await KernelCore.create({ deterministic }),
      await KernelCore.create({ deterministic, threads: 2, spawn: nodeThreads(Worker) }),
    ];
  });
  afterAll(() => cores.forEach((core) => core.dispose()));

  it.each([
    [1, 1],
    [3, 17],
    [16, 31],
    [128, 32],
    [65, 33],
    [128, 384],
  ])(
    'a row of %i times (%i columns), with every activation, with and without a residual',
    (depth, columns) => {
      const x = values(depth, 1);
      const weight = values(depth * columns, 2);
      const bias = values(columns, 3);
      const residual = values(columns, 4);
      for (const activation of ['none', 'relu', 'gelu'] as const) {
        for (const onto of [false, true]) {
          const expected = Float64Array.from(bias, (b, j) => {
            let sum = 0;
            for (let p = 0; p < depth; p++) sum += x[p] * weight[p * columns + j];
            return act[activation](sum + b) + (onto ? residual[j] : 0);
          });
          const results = cores.map((core) => {
            const floats = rowFloats(columns);
            const call = {
              x: put(core, x),
              panels: put(core, packPanels(weight, depth, columns)),
              bias: put(core, bias, floats),
              ...(onto ? { residual: put(core, residual, floats) } : {}),
              out: put(core, new Float32Array(floats).fill(9)),
            };
            core.runOnce([rowLinearRecord({ ...call, depth, columns, activation })]);
            const row = core.memory.floats(call.out, floats).slice();
            for (const address of Object.values(call)) core.memory.free(address);
            return row;
          });
          // As for matrix products: a float32 sum of `depth` products below 1, and gelu's own 1e-6.
          expect(largestDifference(results[0], expected)).toBeLessThan(2e-7 * depth + 2e-6);
          expect(results[0].subarray(columns)).toEqual(new Float32Array(rowFloats(columns) - columns));
          expect(results[1]).toEqual(results[0]);
        }
      }
    },
  );

  it.each([
    [1, 1, 3],
    [2, 4, 16],
    [4, 5, 17],
    [4, 8, 33],
    [3, 17, 20],
    [4, 32, 64],
  ])(
    '%i heads of width %i over a ring of %i bins attend to the latest bins and no others',
    (heads, headWidth, capacity) => {
      const width = heads * headWidth;
      const shape = { heads, headWidth, capacity };
      const bins = 2 * capacity + 5;
      const rows = Array.from({ length: bins }, (_, t) => values(3 * width, t + 1).map((v) => 2 * v));
      const scale = 1 / Math.sqrt(headWidth);
      const results = cores.map((core) => {
        const floats = ringFloats(shape);
        const qkv = core.memory.allocate(12 * width);
        const call = {
          ...{
            qkv,
            keys: core.memory.allocate(4 * floats.keys),
            values: core.memory.allocate(4 * floats.values),
          },
          ...{ out: core.memory.allocate(4 * width), position: core.memory.allocate(8), scale },
        };
        const outs = rows.map((row, t) => {
          core.memory.floats(qkv, 3 * width).set(row);
          core.memory.words(call.position, 2).set([t % capacity, Math.min(t + 1, capacity)]);
          core.runOnce([rowAttentionRecord({ ...shape, ...call })]);
          return core.memory.floats(call.out, width).slice();
        });
        for (const address of [qkv, call.keys, call.values, call.out, call.position])
          core.memory.free(address);
        return outs;
      });
      rows.forEach((row, t) => {
        const seen = rows.slice(Math.max(0, t + 1 - capacity), t + 1);
        const expected = new Float64Array(width);
        for (let h = 0; h < heads; h++) {
          const part = (of: Float32Array, which: number) =>
            of.subarray(which * width + h * headWidth, which * width + (h + 1) * headWidth);
          const q = part(row, 0);
          const weights = seen.map((other) => {
            const k = part(other, 1);
            let dot = 0;
            for (let i = 0; i < headWidth; i++) dot += q[i] * k[i];
            return Math.exp(scale * dot);
          });
          const total = weights.reduce((sum, w) => sum + w, 0);
          seen.forEach((other, s) => {
            part(other, 2).forEach((v, i) => (expected[h * headWidth + i] += (weights[s] / total) * v));
          });
        }
        // Scores of up to 4 sqrt(width) in float32 (1e-6 after 32 products), values below 2.
        expect(largestDifference(results[0][t], expected)).toBeLessThan(1e-5);
      });
      expect(results[1]).toEqual(results[0]);
    },
  );
});
