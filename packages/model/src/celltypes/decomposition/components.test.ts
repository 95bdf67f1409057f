// Plan: R's elasticnet on the pit props; scikit-learn's path and PCA on drawn rows (skipped by name where no Python has it); with all
// loadings, sparse components are the plain ones; variance against a QR of the scores; other rows never reach a fit; what cannot be fitted
// is refused by name.
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { takeRows } from '../tables/matrix.ts';
import { refusal } from '../tables/testing/thrown.ts';
import type { Matrix } from '../tables/types.ts';
import { fitComponents, fitSparseComponents, project, sparseLoadings } from './components.ts';
import type { Components } from './components.ts';
import { smoothRows } from './testing/data.ts';
import { PITPROPS } from './testing/pitprops.ts';

const FIND =
  'import sys; from importlib.util import find_spec as f; sys.exit(not (f("sklearn") and f("numpy")))';
const python = [process.env['SPIKEBRIDGE_PYTHON'], 'python3', '/usr/bin/python3']
  .filter((command) => command !== undefined)
  .find((command) => spawnSync(command, ['-c', FIND]).status === 0);

const loadingsOf = ({ loadings }: Pick<Components, 'loadings'>, k: number): number[] =>
  Array.from(loadings.values.subarray(k * loadings.columns, (k + 1) * loadings.columns));

/** Largest difference of two directions, whichever way they point. */
function apart(a: readonly number[], b: readonly number[]): number {
  const sign = Math.sign(a.reduce((sum, value, i) => sum + value * b[i], 0));
  return Math.max(...a.map((value, i) => Math.abs(value - sign * b[i])));
}

/** Squared diagonal of R of the centred scores (modified Gram-Schmidt) over the variance of the rows. */
function varianceByQr(x: Matrix, scores: Matrix): number[] {
  const columns = Array.from({ length: scores.columns }, (_, k) =>
    Array.from({ length: scores.rows }, (__, r) => scores.values[r * scores.columns + k]),
  );
  const means = Array.from({ length: x.columns }, (_, c) => {
    let sum = 0;
    for (let r = 0; r < x.rows; r++) sum += x.values[r * x.columns + c];
    return sum / x.rows;
  });
  const total = x.values.reduce((sum, value, at) => sum + (value - means[at % x.columns]) ** 2, 0);
  return columns.map((column, k) => {
    const squares = column.reduce((sum, value) => sum + value * value, 0);
    const unit = column.map((value) => value / Math.sqrt(squares));
    for (const later of columns.slice(k + 1)) {
      const along = later.reduce((sum, value, r) => sum + value * unit[r], 0);
      unit.forEach((value, r) => (later[r] -= along * value));
    }
    return squares / total;
  });
}

describe('sparse components', () => {
  it("of the pit props are those of R's elasticnet", () => {
    const gram = Float64Array.from(PITPROPS.correlations.flat());
    const found = sparseLoadings(gram, 13, 13, {
      nonZero: [7, 4, 4, 1, 1, 1],
      ridge: 1e-6,
      rounds: 200,
      tolerance: 1e-3,
    });
    // Both run the same rounds in float64 and stop at the same one; R's file has 15 digits.
    PITPROPS.loadings.forEach((wanted, k) => expect(apart(loadingsOf(found, k), wanted)).toBeLessThan(1e-12));
    expect(found.converged).toBe(true);
  });

  it('have as many loadings as asked, unit norm, the largest positive, and the variance of a QR of their scores', () => {
    const x = smoothRows(60, 20);
    const found = fitSparseComponents(x, { nonZero: [9, 6, 3] });
    expect(found.converged).toBe(true);
    expect(found.rounds).toBeGreaterThan(3);
    [9, 6, 3].forEach((count, k) => {
      const row = loadingsOf(found, k);
      expect(row.filter((value) => value !== 0)).toHaveLength(count);
      expect(row.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 12);
      expect(Math.max(...row)).toBe(Math.max(...row.map(Math.abs)));
    });
    const wanted = varianceByQr(x, project(found, x));
    found.variance.forEach((value, k) => expect(value).toBeCloseTo(wanted[k], 12));
    // Plain ones explain the most that three can.
    const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
    expect(sum(found.variance)).toBeLessThan(sum(fitComponents(x, 3).variance));
  });

  it('with every loading are the plain components', () => {
    const x = smoothRows(50, 12, { seed: 2 });
    const [plain, sparse] = [
      fitComponents(x, 4),
      fitSparseComponents(x, { nonZero: [12, 12, 12, 12], ridge: 0 }),
    ];
    for (let k = 0; k < 4; k++) expect(apart(loadingsOf(plain, k), loadingsOf(sparse, k))).toBeLessThan(1e-9);
    plain.variance.forEach((value, k) => expect(sparse.variance[k]).toBeCloseTo(value, 10));
  });

  it('say that they have not settled after too few rounds', () => {
    const found = fitSparseComponents(smoothRows(60, 20), { nonZero: [9, 6, 3], tolerance: 1e-8, rounds: 2 });
    expect([found.rounds, found.converged]).toEqual([2, false]);
  });
});

describe('components of rows', () => {
  it('are of the rows given: others are projected with their means, and a row with a gap has no scores', () => {
    const x = smoothRows(40, 10);
    const train = takeRows(
      x,
      Array.from({ length: 30 }, (_, r) => r),
    );
    const fitted = fitComponents(train, 2);
    const rest = takeRows(x, [35, 36]);
    rest.values[10] = NaN;
    const scores = project(fitted, rest);
    const wanted = loadingsOf(fitted, 0).reduce((sum, value, c) => {
      const mean =
        Array.from({ length: 30 }, (_, r) => train.values[r * 10 + c]).reduce((a, b) => a + b, 0) / 30;
      return sum + value * (rest.values[c] - mean);
    }, 0);
    expect(scores.values[0]).toBeCloseTo(wanted, 10);
    expect([...scores.values.subarray(2)]).toEqual([NaN, NaN]);
  });

  it('too many, of gaps, of nothing that varies, or of no loading are refused', () => {
    const x = smoothRows(5, 10);
    expect(refusal(() => fitComponents(x, 5))).toMatch(
      /^E_COMPONENTS_NUMBER .*5 rows of 10 columns .*Ask for 1 to 4/,
    );
    expect(refusal(() => fitComponents(takeRows(x, [0]), 1))).toMatch(
      /^E_COMPONENTS_NUMBER .*at least two rows/,
    );
    expect(refusal(() => fitSparseComponents(x, { nonZero: [11] }))).toMatch(
      /^E_COMPONENTS_LOADINGS .*11 of 10/,
    );
    expect(refusal(() => fitSparseComponents(x, { nonZero: [3, 0] }))).toMatch(/^E_COMPONENTS_LOADINGS/);
    expect(refusal(() => fitComponents(takeRows(x, [1, 1, 1]), 1))).toMatch(/^E_COMPONENTS_CONSTANT/);
    x.values[3] = NaN;
    expect(refusal(() => fitComponents(x, 1))).toMatch(/^E_COMPONENTS_GAP/);
  });
});

/** Zou's alternation with scikit-learn's LARS on the rows themselves (the ridge as further rows) and numpy's decompositions. */
const SCRIPT = `
import json, sys, numpy as np
from sklearn.linear_model import lars_path
from sklearn.decomposition import PCA
case = json.load(sys.stdin)
x = np.array(case['values']).reshape(case['shape'])
pca = PCA(len(case['nonZero']), svd_solver='full').fit(x)
x = x - x.mean(0)
p = x.shape[1]
augmented = np.vstack([x, np.sqrt(case['ridge']) * np.eye(p)])
def net(a, count):
    y = np.concatenate([x @ a, np.zeros(p)])
    _, _, path = lars_path(augmented, y, method='lasso')
    numbers = (path != 0).sum(0)
    return path[:, np.flatnonzero(numbers == count)[0]] if count < p else path[:, -1]
def unit(b): return b / np.linalg.norm(b, axis=0)
a = np.linalg.svd(x, full_matrices=False)[2].T[:, :len(case['nonZero'])]
b = np.column_stack([net(a[:, k], c) for k, c in enumerate(case['nonZero'])])
rounds, moved = 0, 1
while rounds < case['rounds'] and moved > case['tolerance']:
    u, _, v = np.linalg.svd(x.T @ x @ b, full_matrices=False)
    a, before = u @ v, unit(b)
    b = np.column_stack([net(a[:, k], c) for k, c in enumerate(case['nonZero'])])
    moved, rounds = np.abs(unit(b) - before).max(), rounds + 1
r = np.diag(np.linalg.qr(x @ unit(b))[1]) ** 2 / (x ** 2).sum()
json.dump({'loadings': unit(b).T.tolist(), 'variance': r.tolist(), 'rounds': rounds,
           'plain': pca.components_.tolist(), 'share': pca.explained_variance_ratio_.tolist()}, sys.stdout)
`;

describe.skipIf(python === undefined)(
  'scikit-learn (needs a Python with it, SPIKEBRIDGE_PYTHON or python3)',
  () => {
    it.each([
      ['tall', 10, smoothRows(60, 20), [9, 6, 3]],
      ['wide', 4, smoothRows(15, 24, { seed: 3 }), [10, 8, 5, 4]],
      ['hardly any noise', 10, smoothRows(80, 30, { seed: 4, directions: 6, noise: 0.02 }), [20, 15, 10]],
    ])('%s: the same loadings and variance after %i rounds', (_, rounds, x, nonZero) => {
      // A round that picks another variable for a hair's breadth leads elsewhere, so rounding grows with the rounds, fastest where
      // columns depend on each other.
      const options = { nonZero, ridge: 1e-6, rounds, tolerance: 0 };
      const input = JSON.stringify({ ...options, shape: [x.rows, x.columns], values: [...x.values] });
      const wanted = JSON.parse(
        execFileSync(python ?? '', ['-W', 'ignore', '-c', SCRIPT], { input, encoding: 'utf8' }),
      ) as Readonly<Record<'loadings' | 'plain', number[][]>> &
        Readonly<Record<'variance' | 'share', number[]>> & { readonly rounds: number };
      const sparse = fitSparseComponents(x, options);
      expect([sparse.rounds, wanted.rounds]).toEqual([rounds, rounds]);
      const plain = fitComponents(x, nonZero.length);
      nonZero.forEach((__, k) => {
        // The same steps in float64 in another order: products of columns here, rows there.
        expect(apart(loadingsOf(sparse, k), wanted.loadings[k])).toBeLessThan(1e-6);
        expect(sparse.variance[k]).toBeCloseTo(wanted.variance[k], 7);
        expect(apart(loadingsOf(plain, k), wanted.plain[k])).toBeLessThan(1e-8);
        expect(plain.variance[k]).toBeCloseTo(wanted.share[k], 10);
      });
    });
  },
);
