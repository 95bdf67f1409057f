// The kernel core against naive float64 loops: products of every form over awkward sizes, array functions, threads
// (one and two must agree bit for bit, in both builds), memory reuse, and the single-thread fallback.
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeBase64 } from './base64.ts';
import { kernelsPlain } from './generated/kernels-plain.ts';
import { hasRelaxedSimd, withoutSharing } from './kernel-build.ts';
import { KernelCore } from './kernel-core.ts';
import { logisticRootRows } from './kernel-logistic.ts';
import type { MatMulForm } from './kernel-matmul.ts';
import { KernelMemory } from './kernel-memory.ts';
import { nodeThreads } from './kernel-threads.ts';

// Node 20 compiles relaxed SIMD only with this flag; later versions accept and ignore it.
setFlagsFromString('--experimental-wasm-relaxed-simd');

const spawn = nodeThreads(Worker);
/** Deterministic values in [-1, 1): a linear congruence, so that failures repeat. */
function values(length: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  });
}
function put(core: KernelCore, data: Float32Array): number {
  const address = core.memory.allocate(data.byteLength);
  core.memory.floats(address, data.length).set(data);
  return address;
}
function naive(
  form: MatMulForm,
  m: number,
  n: number,
  k: number,
  a: Float32Array,
  b: Float32Array,
): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) {
        sum += a[form === 'tn' ? p * m + i : i * k + p] * b[form === 'nt' ? j * k + p : p * n + j];
      }
      c[i * n + j] = sum;
    }
  }
  return c;
}
function largestDifference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(got[i] - expected[i]);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}

describe.each([
  { deterministic: true, build: 'plain' },
  { deterministic: false, build: 'relaxed' },
])('kernels, $build build', ({ deterministic, build }) => {
  let one: KernelCore;
  let two: KernelCore;
  beforeAll(async () => {
    one = await KernelCore.create({ deterministic });
    two = await KernelCore.create({ deterministic, threads: 2, spawn });
  });
  afterAll(() => {
    one.dispose();
    two.dispose();
  });

  it('loads the build it was asked for', () => {
    expect(hasRelaxedSimd()).toBe(true);
    expect(one.build).toBe(build);
    expect(two.threads).toBe(2);
    expect(two.description).toBe(`${build} SIMD, 2 threads`);
  });

  const sizes = [
    [1, 1, 1],
    [3, 17, 5],
    [2, 16, 256],
    [63, 65, 129],
    [128, 127, 300],
    [17, 33, 1025],
    [36, 36, 4096],
    [530, 20, 64],
    [5, 700, 30],
  ];
  it.each(['nn', 'nt', 'tn'] as const)('%s products match float64 and do not depend on threads', (form) => {
    for (const [m, n, k] of sizes) {
      const a = values(m * k, 1);
      const b = values(k * n, 2);
      const start = values(m * n, 3);
      const expected = naive(form, m, n, k, a, b);
      // Each product is at most 1, so the error of a float32 sum of k of them is below k * 2^-24 * sqrt(k) / 2 or so.
      const tolerance = 2e-7 * k + 1e-6;
      const results = [one, two].map((core) => {
        const addresses = [put(core, a), put(core, b), put(core, start)];
        const [pa, pb, pc] = addresses;
        core.matMul({ form, m, n, k, a: pa, b: pb, c: pc });
        const fresh = core.memory.floats(pc, m * n).slice();
        core.matMul({ form, m, n, k, a: pa, b: pb, c: pc, accumulate: true });
        const twice = core.memory.floats(pc, m * n).slice();
        addresses.forEach((address) => core.memory.free(address));
        return { fresh, twice };
      });
      expect(largestDifference(results[0].fresh, expected), `${form} ${m}x${n}x${k}`).toBeLessThan(tolerance);
      expect(
        largestDifference(
          results[0].twice,
          expected.map((x) => 2 * x),
        ),
      ).toBeLessThan(2 * tolerance);
      expect(results[1]).toEqual(results[0]);
    }
  });

  it('fuses bias, activation and residual, also onto the residual itself', () => {
    const [m, n, k] = [70, 37, 130];
    const a = values(m * k, 4);
    const b = values(k * n, 5);
    const bias = values(n, 6);
    const residual = values(m * n, 7);
    const product = naive('nn', m, n, k, a, b);
    const gelu = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    const apply = { none: (x: number) => x, relu: (x: number) => Math.max(x, 0), gelu };
    for (const activation of ['none', 'relu', 'gelu'] as const) {
      const expected = product.map((x, i) => apply[activation](x + bias[i % n]) + residual[i]);
      for (const core of [one, two]) {
        const [pa, pb, pbias, pc, kept] = [a, b, bias, residual, new Float32Array(m * n)].map((x) =>
          put(core, x),
        );
        core.matMul({
          form: 'nn',
          m,
          n,
          k,
          a: pa,
          b: pb,
          c: pc,
          bias: pbias,
          residual: pc,
          activation,
          preActivation: kept,
        });
        expect(largestDifference(core.memory.floats(pc, m * n), expected), activation).toBeLessThan(3e-5);
        const before = product.map((x, i) => x + bias[i % n]);
        expect(largestDifference(core.memory.floats(kept, m * n), before)).toBeLessThan(3e-5);
        for (const address of [pa, pb, pbias, pc, kept]) core.memory.free(address);
      }
    }
  });

  /** Loss, p - y and p (1 - p) of one logit, in float64. */
  const logistic = (z: number, y: number) => {
    const p = 1 / (1 + Math.exp(-z));
    return { loss: Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - y * z, r: p - y, w: p * (1 - p) };
  };

  it('walks rows of a logistic regression once for loss, gradient and curvature, whatever their number', () => {
    for (const [rows, width] of [
      [1, 4],
      [7, 8],
      [512, 4],
      [1535, 36],
    ]) {
      const x = values(rows * width, 8).map((v, i) => (i % width === width - 1 ? 1 : 3 * v));
      const y = values(rows, 9).map((v) => (v > 0.6 ? 1 : 0));
      const weights = values(width, 10).map((v) => 2 * v);
      const expected = { loss: 0, curvature: 0, gradient: new Float64Array(width) };
      const stride = 3;
      const rootRows = logisticRootRows(rows, stride);
      const root = new Float64Array(rootRows * width);
      for (let i = 0; i < rows; i++) {
        const row = x.subarray(i * width, (i + 1) * width);
        const { loss, r, w } = logistic(
          row.reduce((sum, v, j) => sum + v * weights[j], 0),
          y[i],
        );
        expected.loss += loss;
        expected.curvature += w;
        const group = i >> 2;
        row.forEach((v, j) => {
          expected.gradient[j] += r * v;
          if (group % stride === 0) root[((group / stride) * 4 + (i & 3)) * width + j] = Math.sqrt(w) * v;
        });
      }
      const results = [one, two].map((core) => {
        const addresses = [x, y, weights, new Float32Array(rootRows * width + 4).fill(7)].map((data) =>
          put(core, data),
        );
        const sums = { loss: 10, curvature: 0, gradient: new Float64Array(width) };
        const call = { rows, width, x: addresses[0], y: addresses[1], weights: addresses[2] };
        core.logisticRows(call, sums);
        const without = core.memory.floats(addresses[3], rootRows * width + 4).slice();
        core.logisticRows({ ...call, root: { address: addresses[3], stride } }, sums);
        const block = core.memory.floats(addresses[3], rootRows * width + 4).slice();
        addresses.forEach((address) => core.memory.free(address));
        return { sums, without, block };
      });
      const [{ sums, without, block }] = results;
      // Two calls were added up. Each logit carries an error of a few 1e-6, each term one of 1e-6 at most.
      expect(Math.abs(sums.loss - 10 - 2 * expected.loss)).toBeLessThan(2e-5 * rows);
      expect(Math.abs(sums.curvature - 2 * expected.curvature)).toBeLessThan(2e-6 * rows);
      expect(
        largestDifference(
          sums.gradient,
          expected.gradient.map((v) => 2 * v),
        ),
      ).toBeLessThan(1e-5 * rows);
      expect(without.every((v) => v === 7)).toBe(true);
      expect(largestDifference(block.subarray(0, rootRows * width), root)).toBeLessThan(1e-5);
      // Nothing is written past the last row.
      expect(block.subarray(rootRows * width).every((v) => v === 7)).toBe(true);
      expect(results[1]).toEqual(results[0]);
    }
    expect(() =>
      one.logisticRows(
        { rows: 1, width: 5, x: 0, y: 0, weights: 0 },
        { loss: 0, curvature: 0, gradient: new Float64Array(5) },
      ),
    ).toThrow(/multiple of 4/);
  });

  it('turns a grid of logits into residuals and sums them by column', () => {
    for (const [rows, columns] of [
      [1, 4],
      [256, 8],
      [700, 128],
    ]) {
      // Logits up to +-60: far out, nothing may overflow.
      const z = values(rows * columns, 11).map((v) => 60 * v ** 3);
      const y = values(rows * columns, 12).map((v) => (v > 0.5 ? 1 : 0));
      const make = () => ({
        loss: new Float64Array(columns),
        residual: new Float64Array(columns),
        curvature: new Float64Array(columns),
      });
      const expected = make();
      const residuals = Float64Array.from(z, (value, i) => {
        const { loss, r, w } = logistic(value, y[i]);
        expected.loss[i % columns] += loss;
        expected.residual[i % columns] += r;
        expected.curvature[i % columns] += w;
        return r;
      });
      const results = [one, two].map((core) => {
        const addresses = [put(core, z), put(core, y)];
        const sums = make();
        core.logisticGrid({ rows, columns, z: addresses[0], y: addresses[1] }, sums);
        const block = core.memory.floats(addresses[0], rows * columns).slice();
        addresses.forEach((address) => core.memory.free(address));
        return { sums, block };
      });
      const [{ sums, block }] = results;
      expect(largestDifference(block, residuals)).toBeLessThan(3e-7);
      // A float32 sum of up to 256 losses of up to 60 each, then float64.
      expect(largestDifference(sums.loss, expected.loss)).toBeLessThan(2e-5 * rows);
      expect(largestDifference(sums.residual, expected.residual)).toBeLessThan(1e-6 * rows);
      expect(largestDifference(sums.curvature, expected.curvature)).toBeLessThan(1e-6 * rows);
      expect(results[1]).toEqual(results[0]);
    }
  });

  it('writes lags and traces before each bin, in one call or in many', () => {
    const [rows, units, lags] = [50, 70, 2];
    const decays = Float32Array.of(0.5, 0.9);
    const count = lags + decays.length;
    const spikes = values(rows * units, 13).map((v) => (v > 0.5 ? 1 : 0));
    const expected = new Float64Array(rows * count * units);
    for (let i = 0; i < rows; i++) {
      for (let u = 0; u < units; u++) {
        const at = (k: number) => i * count * units + k * units + u;
        for (let k = 0; k < lags; k++) expected[at(k)] = i > k ? spikes[(i - k - 1) * units + u] : 0;
        decays.forEach((decay, j) => {
          for (let past = 0; past < i; past++)
            expected[at(lags + j)] += spikes[past * units + u] * decay ** (i - 1 - past);
        });
      }
    }
    const results = [one, two].map((core) => {
      const addresses = [put(core, spikes), put(core, decays), core.memory.allocate(4 * count * units)];
      const out = core.memory.allocate(4 * (rows * count * units + 4));
      core.memory.floats(out, rows * count * units + 4).fill(7);
      const call = { units, lags, traces: decays.length, state: addresses[2], decays: addresses[1] };
      // 20 bins with output, 5 passed by, the rest with output.
      for (const [start, end, written] of [
        [0, 20, true],
        [20, 25, false],
        [25, rows, true],
      ] as const) {
        const block = { ...call, rows: end - start, spikes: addresses[0] + 4 * start * units };
        core.traceRows(written ? { ...block, out: out + 4 * start * count * units } : block);
      }
      const block = core.memory.floats(out, rows * count * units + 4).slice();
      [...addresses, out].forEach((address) => core.memory.free(address));
      return block;
    });
    const [block] = results;
    const row = count * units;
    expect(largestDifference(block.subarray(0, 20 * row), expected.subarray(0, 20 * row))).toBeLessThan(2e-6);
    expect(block.subarray(20 * row, 25 * row).every((v) => v === 7)).toBe(true);
    expect(largestDifference(block.subarray(25 * row, rows * row), expected.subarray(25 * row))).toBeLessThan(
      2e-6,
    );
    expect(block.subarray(rows * row).every((v) => v === 7)).toBe(true);
    expect(results[1]).toEqual(block);
  });

  it('measures and standardises columns alike on any number of threads', () => {
    const [rows, width] = [1100, 12];
    const x = values(rows * width, 5);
    const results = [one, two].map((core) => {
      const addresses = [put(core, x), put(core, values(2 * width, 6))];
      const call = { rows, width, x: addresses[0] };
      const moments = core.columnMoments(call).slice();
      core.standardise(call, addresses[1]);
      const block = core.memory.floats(addresses[0], rows * width).slice();
      addresses.forEach((address) => core.memory.free(address));
      return { moments, block };
    });
    const [{ moments, block }] = results;
    const by = values(2 * width, 6);
    for (let j = 0; j < width; j++) {
      const column = Float64Array.from({ length: rows }, (_, i) => x[i * width + j]);
      expect(Math.abs(moments[j] - column.reduce((sum, v) => sum + v, 0))).toBeLessThan(1e-3);
      expect(Math.abs(moments[width + j] - column.reduce((sum, v) => sum + v * v, 0))).toBeLessThan(1e-3);
      column.forEach((value, i) =>
        expect(Math.abs(block[i * width + j] - (value - by[j]) * by[width + j])).toBeLessThan(1e-6),
      );
    }
    expect(results[1]).toEqual(results[0]);
  });

  it('computes exp, log, log1p, sigmoid and tanh to single precision', () => {
    const x = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) / 23);
    const positive = x.map((v) => Math.exp(v / 4));
    const address = put(one, x);
    const out = one.memory.allocate(x.byteLength);
    const got = one.memory.floats(out, x.length);
    const relative = (f: (v: number) => number, input: Float32Array) => {
      let worst = 0;
      input.forEach((v, i) => (worst = Math.max(worst, Math.abs(got[i] / f(v) - 1))));
      return worst;
    };
    const inside = x.map((v) => Math.max(-87, Math.min(88, v)));
    one.memory.floats(address, x.length).set(inside);
    one.map('exp', address, out, x.length);
    expect(relative(Math.exp, inside)).toBeLessThan(2e-7);
    one.map('sigmoid', address, out, x.length);
    expect(relative((v) => 1 / (1 + Math.exp(-v)), inside)).toBeLessThan(4e-7);
    one.map('tanh', address, out, x.length);
    expect(largestDifference(got, Array.from(inside, Math.tanh))).toBeLessThan(2e-7);
    one.memory.floats(address, x.length).set(positive);
    one.map('log1p', address, out, x.length);
    expect(relative(Math.log1p, positive)).toBeLessThan(4e-7);
    one.map('log', address, out, x.length);
    expect(largestDifference(got, Array.from(positive, Math.log))).toBeLessThan(3e-6);
    one.memory.floats(address, 4).set([NaN, Infinity, 1e30, -1e30]);
    one.map('exp', address, out, 4);
    expect(got[0]).toBeNaN();
    expect(got[3]).toBeLessThan(2e-38);
    one.memory.free(address);
    one.memory.free(out);
  });
});

describe('kernel memory', () => {
  it('aligns, reuses, joins free neighbours and zeroes what it hands out again', () => {
    const memory = new KernelMemory(new WebAssembly.Memory({ initial: 1, maximum: 4 }), 4 * 65536);
    const [a, b, c] = [100, 64, 1].map((bytes) => memory.allocate(bytes));
    expect([a % 64, b % 64, c % 64]).toEqual([0, 0, 0]);
    memory.floats(a, 25).fill(7);
    memory.free(a);
    memory.free(b);
    const joined = memory.allocate(192);
    expect(joined).toBe(a);
    expect(memory.floats(joined, 48).every((x) => x === 0)).toBe(true);
    expect(memory.bytesInUse).toBe(192 + 64);
    expect(() => memory.free(12345)).toThrow(RangeError);
    expect(() => memory.allocate(1e6)).toThrow(/kernel memory is full/);
  });

  it('grows on demand and keeps what was written', async () => {
    const core = await KernelCore.create({ deterministic: true });
    const before = core.memory.bytes;
    const small = put(core, values(10, 9));
    const large = core.memory.allocate(5 * 2 ** 20);
    expect(core.memory.bytes).toBeGreaterThan(before);
    core.memory.floats(large, 5 * 2 ** 18).fill(1);
    expect(core.memory.floats(small, 10)).toEqual(values(10, 9));
    core.dispose();
  });
});

describe('other builds', () => {
  it('the debug build gives the very results of the plain one', async () => {
    const file = new URL('../build/kernels-debug.wasm', import.meta.url);
    const module = await WebAssembly.compile(readFileSync(file));
    const cores = [
      await KernelCore.create({ deterministic: true, module }),
      await KernelCore.create({ deterministic: true }),
    ];
    const [m, n, k] = [19, 35, 70];
    const results = cores.map((core) => {
      const c = core.memory.allocate(4 * m * n);
      core.matMul({ form: 'nt', m, n, k, a: put(core, values(m * k, 1)), b: put(core, values(n * k, 2)), c });
      return core.memory.floats(c, m * n).slice();
    });
    expect(results[0]).toEqual(results[1]);
  });

  it('runs over a memory that is not shared', async () => {
    const module = await WebAssembly.compile(withoutSharing(decodeBase64(kernelsPlain)));
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 49152 });
    const instance = await WebAssembly.instantiate(module, { env: { memory } });
    expect(typeof instance.exports['run']).toBe('function');
  });
});
