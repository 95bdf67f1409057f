// Plan: products of all three forms against sums written out, on both hosts; Cholesky and eigenvectors by what defines them.
import { KernelCore } from '@spikebridge/core-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../engine/random.ts';
import { kernelHost } from './kernel-host.ts';
import { plainHost, trainBlocks, type DenseBlock, type DenseHost, type MatMulForm } from './dense-host.ts';
import { eigenSymmetric, orthonormalFactor, solveCholesky } from './linear-algebra.ts';

const random = new RandomStream(3, 1);
const draw = (n: number): Float64Array => Float64Array.from({ length: n }, () => random.normal());

describe.each(['plain', 'kernel'])('the %s host', (name) => {
  let host: DenseHost;
  beforeAll(async () => {
    host = name === 'plain' ? plainHost() : kernelHost(await KernelCore.create({ deterministic: true }));
  });

  it.each<[MatMulForm, number, number, number]>([
    ['nn', 5, 1, 20],
    ['nn', 17, 35, 9],
    ['nt', 3, 4, 7],
    ['tn', 20, 20, 1300],
    ['tn', 6, 1, 65],
  ])('multiplies %s of %i x %i x %i', (form, m, n, k) => {
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

  it('writes lags and traces before each bin', () => {
    const [rows, units] = [6, 5];
    const spikes = host.allocate(rows * units);
    spikes.view.set(Array.from({ length: rows * units }, (_, i) => (i % 3 === 0 ? 1 : 0)));
    const decays = host.allocate(1);
    decays.view[0] = 0.75;
    const state = host.allocate(3 * units);
    const out = host.allocate(rows * 3 * units);
    host.traceRows(rows, units, 2, decays, spikes, state, out);
    for (let i = 0; i < rows; i++) {
      for (let u = 0; u < units; u++) {
        const at = (bin: number): number => (bin < 0 ? 0 : spikes.view[bin * units + u]);
        let trace = 0;
        for (let bin = 0; bin < i; bin++) trace += at(bin) * 0.75 ** (i - 1 - bin);
        const row = out.view.subarray(i * 3 * units);
        expect([row[u], row[units + u]]).toEqual([at(i - 1), at(i - 2)]);
        expect(row[2 * units + u]).toBeCloseTo(trace, 6);
      }
    }
    const next = host.allocate(3 * units);
    host.traceRows(1, units, 2, decays, spikes, state, next);
    expect(next.view[2 * units]).toBeCloseTo(
      out.view[(rows - 1) * 3 * units + 2 * units] * 0.75 + spikes.view[25],
      6,
    );
    host.release();
  });

  it.each([
    { lags: 2, traces: [0.5, 0.75, 0.9, 0.95, 0.99], logs: [0.8, 0.999] },
    { lags: 5, traces: [0.5, 0.6, 0.7], logs: [0.9] },
    { lags: 0, traces: [0.25], logs: [] },
  ])('makes the rows of one spike train: %o', ({ lags, traces, logs }) => {
    const count = lags + traces.length + logs.length;
    const [rows, width] = [40, count + 2];
    const train = Array.from({ length: rows }, (_, i) => (i % 3 === 0 || i % 7 === 2 ? 1 : 0));
    const spikes = host.allocate(rows);
    const { counts, decays, state } = trainBlocks(host, lags, traces, logs);
    const out = host.allocate(rows * width);
    out.view.fill(-1);
    // 3 bins passed by, the rest in two calls.
    const part = (start: number, stop: number, to: DenseBlock | null): Float32Array => {
      spikes.view.set(train.slice(start, stop));
      host.trainRows(stop - start, width, counts, decays, spikes, state, to);
      return out.view.slice(0, (stop - start) * width);
    };
    part(0, 3, null);
    const found = [...part(3, 10, out), ...part(10, rows, out)];
    for (let i = 3; i < rows; i++) {
      const row = found.slice((i - 3) * width, (i - 2) * width);
      const trace = (decay: number): number =>
        train.slice(0, i).reduce<number>((sum, spike, bin) => sum + spike * decay ** (i - 1 - bin), 0);
      const expected = [
        ...Array.from({ length: lags }, (_, k) => (i > k ? train[i - 1 - k] : 0)),
        ...traces.map(trace),
        ...logs.map((decay) => Math.log(1 + trace(decay))),
      ];
      expected.forEach((value, j) => expect(row[j], `bin ${i}, column ${j}`).toBeCloseTo(value, 5));
      expect(row.slice(count), 'columns of others').toEqual([-1, -1]);
    }
    host.release();
  });

  it('lets a trace that no figure shows fall silent', () => {
    const spikes = host.allocate(1200);
    const { counts, decays, state } = trainBlocks(host, 0, [0.5], [0.5]);
    spikes.view.fill(0)[0] = 1;
    host.trainRows(70, 4, counts, decays, spikes, state, null);
    expect([state.view[0], state.view[4]]).toEqual([0, 0]);
    host.release();
  });

  it('measures and standardises columns', () => {
    const [rows, width] = [1300, 8];
    const values = draw(rows * width);
    const x = host.allocate(rows * width);
    x.view.set(values);
    const [sums, squares] = [new Float64Array(width).fill(3), new Float64Array(width).fill(5)];
    host.columnMoments(rows, width, x, sums, squares);
    const by = host.allocate(2 * width);
    for (let j = 0; j < width; j++) {
      const column = Array.from({ length: rows }, (_, i) => values[i * width + j]);
      expect(sums[j]).toBeCloseTo(
        column.reduce((sum, v) => sum + v, 3),
        3,
      );
      expect(squares[j]).toBeCloseTo(
        column.reduce((sum, v) => sum + v * v, 5),
        2,
      );
      [by.view[j], by.view[width + j]] = [j / 4, 2 ** (j - 3)];
    }
    host.standardise(rows, width, x, by);
    values.forEach((value, at) => {
      const j = at % width;
      expect(Math.abs(x.view[at] - (value - j / 4) * 2 ** (j - 3))).toBeLessThan(1e-5);
    });
    host.release();
  });

  it('walks rows and grids of a logistic regression', () => {
    const [rows, width, columns] = [9, 4, 4];
    const block = (values: ArrayLike<number>) => {
      const made = host.allocate(values.length + 3);
      made.view.set(values);
      return made;
    };
    const x = draw(rows * width);
    const weights = draw(width);
    const spikes = Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? 1 : 0));
    const expected = { loss: 0, curvature: 0, gradient: new Float64Array(3) };
    const term = (z: number, y: number) => {
      const p = 1 / (1 + Math.exp(-z));
      return { loss: -Math.log(y === 1 ? p : 1 - p), r: p - y, w: p * (1 - p) };
    };
    const root = spikes.flatMap((y, i) => {
      const row = Array.from(x.subarray(i * width, (i + 1) * width));
      const { loss, r, w } = term(
        row.reduce((sum, v, j) => sum + v * weights[j], 0),
        y,
      );
      expected.loss += loss;
      expected.curvature += w;
      for (let j = 0; j < 3; j++) expected.gradient[j] += r * row[j];
      return row.map((v) => Math.sqrt(w) * v);
    });
    const sums = { loss: 0, curvature: 0, gradient: new Float64Array(3) };
    const out = block(new Float32Array(8 * width).fill(5));
    const sampled = { block: out, stride: 2 };
    host.logisticRows(rows, width, block(x), block(spikes), block(weights), sampled, sums);
    expect(sums.loss).toBeCloseTo(expected.loss, 4);
    expect(sums.curvature).toBeCloseTo(expected.curvature, 5);
    expected.gradient.forEach((g, j) => expect(sums.gradient[j]).toBeCloseTo(g, 4));
    // Groups 0 and 2: rows 0-3 and row 8, with zeros where it ends.
    const expectedRoot = [
      ...root.slice(0, 4 * width),
      ...root.slice(8 * width),
      ...Array<number>(3 * width).fill(0),
    ];
    expectedRoot.forEach((v, i) => expect(out.view[i]).toBeCloseTo(v, 5));

    const logits = draw(rows * columns);
    const ys = Array.from(logits, (_, i) => (i % 5 === 0 ? 1 : 0));
    const z = block(logits);
    // Columns past those asked for are computed and left out of the sums.
    const byColumn = {
      loss: new Float64Array(3),
      residual: new Float64Array(3),
      curvature: new Float64Array(3),
    };
    host.logisticGrid(rows, columns, z, block(ys), byColumn);
    const terms = Array.from(logits, (value, i) => term(value, ys[i]));
    terms.forEach(({ r }, i) => expect(z.view[i]).toBeCloseTo(r, 5));
    const sum = (j: number, key: 'loss' | 'r' | 'w') =>
      terms.reduce((total, entry, i) => (i % columns === j ? total + entry[key] : total), 0);
    for (let j = 0; j < 3; j++) {
      expect(byColumn.loss[j]).toBeCloseTo(sum(j, 'loss'), 4);
      expect(byColumn.residual[j]).toBeCloseTo(sum(j, 'r'), 5);
      expect(byColumn.curvature[j]).toBeCloseTo(sum(j, 'w'), 5);
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

describe('orthonormalFactor', () => {
  it.each([
    [1, 1],
    [5, 2],
    [40, 7],
    [9, 9],
  ])('leaves a symmetric positive factor, %i x %i', (rows, columns) => {
    // Columns of very different lengths: squares would lose the smallest.
    const m = draw(rows * columns).map((value, i) => value * 10 ** -(i % columns));
    const factor = orthonormalFactor(m, rows, columns);
    const product = (a: Float64Array, b: Float64Array, i: number, j: number): number => {
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += a[r * columns + i] * b[r * columns + j];
      return sum;
    };
    const rest = new Float64Array(columns * columns);
    for (let i = 0; i < columns; i++)
      for (let j = 0; j < columns; j++) {
        expect(product(factor, factor, i, j)).toBeCloseTo(i === j ? 1 : 0, 12);
        rest[i * columns + j] = product(factor, m, i, j);
      }
    for (let i = 0; i < columns; i++)
      for (let j = 0; j < i; j++) expect(rest[i * columns + j]).toBeCloseTo(rest[j * columns + i], 12);
    expect(eigenSymmetric(rest, columns).values[0]).toBeGreaterThan(0);
  });

  it('leaves out a direction that is not there', () => {
    const factor = orthonormalFactor(Float64Array.of(1, 1, 1, 1, 0, 0), 3, 2);
    factor.forEach((value, i) => expect(value).toBeCloseTo(i < 4 ? 0.5 : 0, 12));
  });
});
