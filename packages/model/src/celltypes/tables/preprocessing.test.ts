// Plan: each step against values worked out by hand or by another library, on rows it was not fitted on; nothing of those rows may reach
// the fit; gaps stay gaps or are filled with training medians alone.
import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../../engine/random.ts';
import { fitImputation, impute, median } from './imputation.ts';
import { matrixOf, rowOf, takeRows } from './matrix.ts';
import { fitRankScores, normalQuantile, rankScores } from './rank-scores.ts';
import { smote } from './smote.ts';
import { fitStandardisation, fitStandardisationBy, standardise, standardiseBy } from './standardisation.ts';
import { refusal } from './testing/thrown.ts';
import type { Matrix } from './types.ts';

const GAP = NaN;
const train = matrixOf([
  [1, 10, GAP, GAP],
  [2, 20, 5, GAP],
  [9, GAP, 5, GAP],
  [4, 40, 5, GAP],
]);
const other = matrixOf([
  [GAP, 1000, 7, 8],
  [100, GAP, GAP, GAP],
]);

describe('imputation', () => {
  it('fills with medians of the training rows', () => {
    expect([
      median(Float64Array.of(3, GAP, 1)),
      median(Float64Array.of(4, 1, 9, 2)),
      median(new Float64Array()),
    ]).toEqual([2, 3, NaN]);
    const filled = impute(fitImputation(train), other);
    expect([...filled.values]).toEqual([3, 1000, 7, 0, 100, 20, 5, 0]);
  });

  it('tells what was missing in the columns that had gaps in training', () => {
    const fitted = fitImputation(train, { indicators: true });
    expect(fitted.indicated).toEqual([1, 2, 3]);
    expect([...rowOf(impute(fitted, other), 0)]).toEqual([3, 1000, 7, 0, 0, 0, 0]);
    expect([...rowOf(impute(fitted, other), 1)]).toEqual([100, 20, 5, 0, 1, 1, 1]);
  });
});

describe('standardisation', () => {
  it('by mean and deviation of the training rows; what never varied is 0', () => {
    const fitted = fitStandardisation(train);
    expect([...fitted.means.subarray(0, 3)]).toEqual([4, 70 / 3, 5]);
    expect(fitted.deviations[0]).toBeCloseTo(Math.sqrt(38 / 4), 12);
    const scaled = standardise(fitted, matrixOf([[4, GAP, 5, 3]]));
    expect([...scaled.values]).toEqual([0, NaN, 0, 3]);
    // 0.1 has no exact mean: what rounding leaves must not be blown up to 1.
    const even = matrixOf(Array.from({ length: 10 }, () => [0.1]));
    expect(Math.abs(standardise(fitStandardisation(even), even).values[3])).toBeLessThan(1e-15);
  });

  it('each species by its own', () => {
    const x = matrixOf([[1], [100], [3], [300]]);
    const species = ['mouse', 'human', 'mouse', 'human'];
    const fitted = fitStandardisationBy(x, species);
    expect([...standardiseBy(fitted, x, species).values]).toEqual([-1, -1, 1, 1]);
    expect([...standardiseBy(fitted, matrixOf([[2], [2]]), ['mouse', 'human']).values]).toEqual([0, -1.98]);
    expect(refusal(() => standardiseBy(fitted, x, ['mouse', 'human', 'rat', 'human']))).toMatch(
      /^E_CELLS_GROUP .*"rat".*mouse, human/,
    );
  });
});

describe('normal scores of ranks', () => {
  it('quantiles of the normal law', () => {
    // scipy.stats.norm.ppf
    for (const [share, wanted] of [
      [0.5, 0],
      [0.975, 1.959963984540054],
      [0.1, -1.2815515655446004],
      [1e-3, -3.090232306167813],
      [1 - 1e-6, 4.753424308822899],
      [1e-10, -6.361340902404056],
      [0.07, -1.4757910281791706],
    ])
      expect(normalQuantile(share)).toBeCloseTo(wanted, 9);
  });

  it('by the training rows alone: ties share a rank, values between lie between, values beyond stop', () => {
    const x = matrixOf([[1], [2], [2], [1000], [GAP]]);
    const fitted = fitRankScores(x);
    const wanted = [1 / 8, 1 / 2, 1 / 2, 7 / 8].map(normalQuantile);
    expect([...rankScores(fitted, x).values]).toEqual([...wanted, NaN]);
    const [low, between, beyond] = rankScores(fitted, matrixOf([[-5], [501], [1e9]])).values;
    expect([low, beyond]).toEqual([wanted[0], wanted[3]]);
    expect(between).toBeCloseTo(normalQuantile(0.5 + (499 / 998) * 0.375), 12);
    expect(rankScores(fitRankScores(matrixOf([[GAP]])), x).values[0]).toBe(0);
  });
});

describe('SMOTE', () => {
  const random = new CounterRandom(3, 3);
  const rows = Array.from({ length: 40 }, (_, r) => [
    random.normal(0, r),
    random.normal(1, r),
    r < 8 ? 10 : 0,
  ]);
  const x = matrixOf(rows);
  const labels = Int32Array.from(rows, (_, r) => (r < 8 ? 1 : r < 10 ? 2 : 0));

  it('fills the rare classes up with points between a cell and a near one of its class', () => {
    const { x: more, labels: all, from } = smote(x, labels, { neighbours: 3, seed: 5 });
    expect([0, 1, 2].map((label) => all.filter((one) => one === label).length)).toEqual([30, 30, 30]);
    expect([...more.values.subarray(0, x.values.length)]).toEqual([...x.values]);
    const distance = (a: number, b: number): number =>
      Math.hypot(...rows[a].map((value, c) => value - rows[b][c]));
    const used = new Set<string>();
    for (let r = x.rows; r < more.rows; r++) {
      const [label, base, point] = [all[r], from[r], rowOf(more, r)];
      expect(labels[base]).toBe(label);
      const near = [...rows.keys()]
        .filter((other) => labels[other] === label && other !== base)
        .sort((a, b) => distance(base, a) - distance(base, b))
        .slice(0, 3);
      const hit = near.find((other) => {
        const share = (point[0] - rows[base][0]) / (rows[other][0] - rows[base][0]);
        return (
          share >= 0 &&
          share < 1 &&
          point.every(
            (value, c) => Math.abs(value - rows[base][c] - share * (rows[other][c] - rows[base][c])) < 1e-12,
          )
        );
      });
      expect(hit, `row ${r} lies between ${base} and a neighbour`).toBeDefined();
      used.add(`${base} ${hit}`);
    }
    // Bases and neighbours are drawn, not the same one again.
    expect(used.size).toBeGreaterThan(15);
  });

  it('the same seed gives the same cells, another one others; one cell is copied; gaps are refused', () => {
    const made = (seed: number): Matrix => smote(x, labels, { seed }).x;
    expect(made(1)).toEqual(made(1));
    expect(made(1)).not.toEqual(made(2));
    const lone = smote(takeRows(x, [0, 10, 11, 12]), Int32Array.of(1, 0, 0, 0), { seed: 1 });
    expect([...rowOf(lone.x, 5)]).toEqual(rows[0]);
    expect(refusal(() => smote(train, new Int32Array(4), { seed: 1 }))).toMatch(/^E_CELLS_GAP/);
  });
});
