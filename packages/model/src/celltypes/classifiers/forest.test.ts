// Plan: one tree against an exhaustive search for the best weighted Gini split; the same bits from any number of threads; out-of-bag
// answers come from trees that did not see the row; balance, missing values and importance do what they say.
import { describe, expect, it } from 'vitest';
import { clouds, shareRight } from '../testing/clouds.ts';
import { takeRows } from '../tables/matrix.ts';
import type { Matrix } from '../tables/types.ts';
import { BALANCED_FOREST, balancedWeights, fitForest, forest, FittedForest } from './forest.ts';
import type { GrowthJob, TreeCrew } from './forest.ts';
import { growTrees } from './tree-grower.ts';

const small = { ...BALANCED_FOREST, trees: 60 };

function crewOf(threads: number): TreeCrew {
  // What a thread gets and gives back is copied, as it would be between threads.
  return {
    threads,
    grow: ({ data, from, to }: GrowthJob) =>
      Promise.resolve(structuredClone(growTrees(structuredClone(data), from, to))),
  };
}

/** Class shares by a tree that weighs every boundary of every feature, by definition. */
function exhaustive(
  x: Matrix,
  labels: Int32Array,
  weights: Float64Array,
  rows: number[],
  at: Float64Array,
): number[] {
  const shares = (of: number[]): number[] => {
    const sums = Array.from(weights, () => 0);
    for (const row of of) sums[labels[row]] += weights[labels[row]];
    const all = sums.reduce((a, b) => a + b, 0);
    return sums.map((s) => s / all);
  };
  const impurity = (of: number[]): number => {
    const all = of.reduce((sum, row) => sum + weights[labels[row]], 0);
    return all * (1 - shares(of).reduce((sum, p) => sum + p * p, 0));
  };
  if (new Set(rows.map((row) => labels[row])).size === 1) return shares(rows);
  let best: { left: number[]; right: number[]; feature: number; edge: number } | null = null;
  let least = Infinity;
  for (let f = 0; f < x.columns; f++) {
    const value = (row: number): number => x.values[row * x.columns + f];
    const rising = [...rows].sort((a, b) => value(a) - value(b));
    for (let i = 1; i < rising.length; i++) {
      if (value(rising[i]) === value(rising[i - 1])) continue;
      const left = rising.slice(0, i);
      const right = rising.slice(i);
      const sum = impurity(left) + impurity(right);
      if (sum < least - 1e-9) {
        least = sum;
        best = { left, right, feature: f, edge: (value(rising[i]) + value(rising[i - 1])) / 2 };
      }
    }
  }
  if (best === null) return shares(rows);
  return exhaustive(x, labels, weights, at[best.feature] <= best.edge ? best.left : best.right, at);
}

describe('one tree', () => {
  it.each([
    [30, 'sorted nodes'],
    [180, 'counted nodes'],
  ])('of %i rows (%s) splits where an exhaustive search does', (rows) => {
    const { x, labels } = clouds([rows / 2, rows / 3, rows / 6], { radius: 1.5, seed: 3 });
    const test = clouds([40, 40, 40], { radius: 1.5, seed: 4 }).x;
    const options = { ...BALANCED_FOREST, trees: 1, bootstrap: false, tries: 1 };
    const p = forest('tree', options).fit(x, labels, { classes: 3, seed: 1, groups: [] }).probabilities(test);
    const weights = balancedWeights(labels, 3);
    const all = [...labels.keys()];
    let different = 0;
    for (let row = 0; row < test.rows; row++) {
      const at = test.values.subarray(row * 4, row * 4 + 4);
      const expected = exhaustive(x, labels, weights, all, at);
      if (expected.some((share, c) => Math.abs(share - p.values[row * 3 + c]) > 1e-9)) different++;
    }
    // Inside a node the boundary is half way in rank among all rows, not in value among the node's: a few rows may fall between.
    expect(different).toBeLessThanOrEqual(test.rows * 0.1);
  });

  it('weighs classes: a leaf that cannot be split has shares by weight, not by number', () => {
    const x: Matrix = { rows: 10, columns: 1, values: new Float64Array(10) };
    const labels = Int32Array.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
    const fit = { classes: 2, seed: 1, groups: [] };
    const plain = { ...BALANCED_FOREST, trees: 1, bootstrap: false };
    const ask = (balanced: boolean) => [
      ...forest('f', { ...plain, balanced })
        .fit(x, labels, fit)
        .probabilities(takeRows(x, [0])).values,
    ];
    expect(ask(true)).toEqual([0.5, 0.5]);
    expect(ask(false)).toEqual([0.8, 0.2]);
  });
});

describe('the forest', () => {
  const { x, labels, donors } = clouds([90, 60, 30], { radius: 2.5 });
  const fit = { classes: 3, seed: 7, groups: donors };

  it('is the same bits at one, two and seven threads, and another with another seed', async () => {
    const alone = forest('f', small).fit(x, labels, fit).probabilities(x).values;
    for (const threads of [1, 2, 7]) {
      const grown = await fitForest(x, labels, fit, small, crewOf(threads));
      expect(grown.probabilities(x).values).toEqual(alone);
    }
    const other = forest('f', small)
      .fit(x, labels, { ...fit, seed: 8 })
      .probabilities(x).values;
    expect(other).not.toEqual(alone);
  });

  it('answers out of bag with trees that did not see the row', async () => {
    // Labels by chance: the trees know their own rows by heart, and only those.
    const chance = clouds([90, 90], { radius: 0, features: 6, seed: 11 });
    const grown = await fitForest(chance.x, chance.labels, { ...fit, classes: 2 }, small, crewOf(2));
    expect(shareRight(grown.probabilities(chance.x), chance.labels)).toBeGreaterThan(0.98);
    expect(grown.outOfBagAccuracy()).toBeLessThan(0.65);
    const told = await fitForest(x, labels, fit, small, crewOf(2));
    expect(told.outOfBagAccuracy()).toBeGreaterThan(0.85);
  });

  it('has no out-of-bag answers without bootstrap', async () => {
    const grown = await fitForest(x, labels, fit, { ...small, bootstrap: false }, crewOf(1));
    expect(grown.outOfBag()).toBeNull();
  });

  it('finds the features that matter by shuffling them', async () => {
    const grown = await fitForest(x, labels, fit, small, crewOf(1));
    const fresh = clouds([60, 60, 60], { radius: 2.5, seed: 5 });
    const importance = grown.permutationImportance(fresh.x, (p) => shareRight(p, fresh.labels), {
      repeats: 3,
      seed: 1,
    });
    expect(Math.min(importance[0], importance[1])).toBeGreaterThan(0.15);
    expect(Math.max(Math.abs(importance[2]), Math.abs(importance[3]))).toBeLessThan(0.05);
  });

  it('reads a missing value as the training median', () => {
    const grown = forest('f', small).fit(x, labels, fit);
    const first = Float64Array.from({ length: x.rows }, (_, row) => x.values[row * 4]).sort();
    const median = (first[89] + first[90]) / 2;
    const gap = grown.probabilities({ rows: 1, columns: 4, values: Float64Array.from([NaN, 0, 0, 0]) });
    const filled = grown.probabilities({ rows: 1, columns: 4, values: Float64Array.from([median, 0, 0, 0]) });
    expect(gap.values).toEqual(filled.values);
  });

  it('keeps leaves of the asked size', () => {
    const grown = forest('f', { ...small, trees: 5, leafRows: 20, bootstrap: false }).fit(x, labels, fit);
    // No leaf of 20 rows of overlapping clouds is pure for every tree.
    const sure = grown.probabilities(x).values.filter((p) => p === 1).length;
    const fine = forest('f', { ...small, trees: 5, bootstrap: false }).fit(x, labels, fit);
    expect(fine.probabilities(x).values.filter((p) => p === 1)).toHaveLength(x.rows);
    expect(sure).toBeLessThan(x.rows / 2);
    expect(grown).toBeInstanceOf(FittedForest);
  });
});
