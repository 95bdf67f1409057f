// Plan: products of all three forms against sums written out, on both hosts; Cholesky and eigenvectors by what defines them.
import { KernelCore } from '@spikebridge/core-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../engine/random.ts';
import { kernelMatMul } from './kernel-host.ts';
import {
  eigenSymmetric,
  plainMatMul,
  solveCholesky,
  type MatMulForm,
  type MatMulHost,
} from './linear-algebra.ts';

const random = new RandomStream(3, 1);
const draw = (n: number): Float64Array => Float64Array.from({ length: n }, () => random.normal());

describe.each(['plain', 'kernel'])('matrix products, %s host', (name) => {
  let host: MatMulHost;
  beforeAll(async () => {
    host = name === 'plain' ? plainMatMul() : kernelMatMul(await KernelCore.create({ deterministic: true }));
  });

  it.each<[MatMulForm, number, number, number]>([
    ['nn', 5, 1, 20],
    ['nn', 17, 35, 9],
    ['nt', 3, 4, 7],
    ['tn', 20, 20, 1300],
    ['tn', 6, 1, 65],
  ])('%s of %i x %i x %i', (form, m, n, k) => {
    const a = draw(m * k);
    const b = draw(k * n);
    const blocks = [a, b, draw(m * n)].map((values) => {
      const block = host.allocate(values.length);
      block.view.set(values);
      return block;
    });
    const start = Float64Array.from(blocks[2].view);
    host.matMul(form, m, n, k, blocks[0], blocks[1], blocks[2], true);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = start[i * n + j];
        for (let l = 0; l < k; l++) {
          sum +=
            (form === 'tn' ? a[l * m + i] : a[i * k + l]) * (form === 'nt' ? b[j * k + l] : b[l * n + j]);
        }
        // float32 operands of order 1: k products, each off by 2^-23.
        expect(Math.abs(blocks[2].view[i * n + j] - sum)).toBeLessThan(1e-6 * k + 1e-5);
      }
    }
    host.release();
  });
});

function gram(n: number): Float64Array {
  const x = draw(n * (n + 3));
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let l = 0; l < n + 3; l++) a[i * n + j] += x[l * n + i] * x[l * n + j];
    }
  }
  return a;
}

describe('solveCholesky', () => {
  it('solves a positive definite system and refuses another', () => {
    const n = 12;
    const a = gram(n);
    const x = draw(n);
    const b = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) b[i] += a[i * n + j] * x[j];
    expect(solveCholesky(a, b, n)).toBe(true);
    b.forEach((value, i) => expect(value).toBeCloseTo(x[i], 8));
    expect(solveCholesky(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1), 2)).toBe(false);
  });
});

describe('eigenSymmetric', () => {
  it.each([1, 2, 7, 40])('gives orthonormal vectors with A v = lambda v, n = %i', (n) => {
    const a = gram(n);
    const { values, vectors } = eigenSymmetric(a, n);
    for (let j = 0; j < n; j++) {
      if (j > 0) expect(values[j]).toBeGreaterThanOrEqual(values[j - 1]);
      for (let i = 0; i < n; i++) {
        let left = 0;
        for (let l = 0; l < n; l++) left += a[i * n + l] * vectors[l * n + j];
        expect(left).toBeCloseTo(values[j] * vectors[i * n + j], 7);
      }
      for (let other = 0; other <= j; other++) {
        let dot = 0;
        for (let l = 0; l < n; l++) dot += vectors[l * n + j] * vectors[l * n + other];
        expect(dot).toBeCloseTo(other === j ? 1 : 0, 9);
      }
    }
  });

  it('handles a matrix that is already diagonal, with equal values', () => {
    const { values } = eigenSymmetric(Float64Array.of(2, 0, 0, 0, 1, 0, 0, 0, 2), 3);
    expect(Array.from(values)).toEqual([1, 2, 2]);
  });
});
