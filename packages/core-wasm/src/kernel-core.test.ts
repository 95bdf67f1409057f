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
