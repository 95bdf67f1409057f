// Plan: families are fitted on the cells that have them, components below 1 % fall away, kept scores have mean 0 and deviation 1 among the
// training cells; cells without a family are NaN there alone; other cells never move a fit; the published plan is whole.
import { describe, expect, it } from 'vitest';
import { columnValues, takeRows } from '../tables/matrix.ts';
import { refusal } from '../tables/testing/thrown.ts';
import { GOUWENS_FAMILIES, familyColumns, fitFamilies, transformFamilies } from './families.ts';
import type { FamilyMatrices } from './families.ts';
import { smoothRows } from './testing/data.ts';

const PLAN = {
  waveform: {
    components: [12, 8, 5],
    columns: [
      [0, 10],
      [20, 30],
    ],
  },
  steps: { components: 4 },
} as const;

function families(): FamilyMatrices {
  const all = {
    waveform: smoothRows(50, 30, { seed: 1 }),
    steps: smoothRows(50, 12, { seed: 2, directions: 2, noise: 0.01 }),
    other: smoothRows(50, 3),
  };
  all.steps.values.fill(NaN, 7 * 12, 8 * 12); // cell 7 has no steps
  all.waveform.values[3 * 30 + 25] = NaN; // nor cell 3 a whole waveform
  all.waveform.values[4 * 30 + 15] = NaN; // outside the columns that are used
  return all;
}
const part = (of: FamilyMatrices, rows: readonly number[]): FamilyMatrices =>
  Object.fromEntries(Object.entries(of).map(([name, matrix]) => [name, takeRows(matrix, rows)]));

describe('components of families', () => {
  const train = part(
    families(),
    Array.from({ length: 40 }, (_, r) => r),
  );
  const fitted = fitFamilies(train, PLAN);

  it('keep those with 1 % of the variance', () => {
    const [, steps] = fitted;
    expect(steps.components.variance).toHaveLength(4);
    expect(steps.kept).toEqual([0, 1]);
    expect(steps.components.variance[2]).toBeLessThan(0.01);
    expect(familyColumns(fitted)).toEqual([
      'waveform sPC1',
      'waveform sPC2',
      'waveform sPC3',
      'steps sPC1',
      'steps sPC2',
    ]);
  });

  it('are in deviations of the training cells that have the family, and NaN for others', () => {
    const scores = transformFamilies(fitted, train);
    expect([scores.rows, scores.columns]).toEqual([40, 5]);
    for (let c = 0; c < 5; c++) {
      const known = columnValues(scores, c).filter((value) => !Number.isNaN(value));
      expect(known).toHaveLength(39);
      expect(known.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 9);
      expect(known.reduce((sum, value) => sum + value * value, 0) / 39).toBeCloseTo(1, 9);
    }
    const row = (r: number): boolean[] => Array.from(scores.values.subarray(5 * r, 5 * r + 5), Number.isNaN);
    expect(row(3)).toEqual([true, true, true, false, false]);
    expect(row(7)).toEqual([false, false, false, true, true]);
    expect(row(4)).not.toContain(true);
  });

  it('a cell gets the same scores alone as among others', () => {
    const rest = part(families(), [41, 42, 43]);
    const together = transformFamilies(fitted, rest);
    const alone = transformFamilies(fitted, part(families(), [42]));
    expect([...alone.values]).toEqual([...together.values.subarray(5, 10)]);
  });

  it('a family that is not there, too short or too even is refused by name', () => {
    expect(refusal(() => fitFamilies(train, { spikes: { components: 2 } }))).toMatch(
      /^E_COMPONENTS_FAMILY .*spikes.*waveform, steps, other/,
    );
    expect(refusal(() => fitFamilies(train, { steps: { components: 2, columns: [[0, 13]] } }))).toMatch(
      /^E_COMPONENTS_FAMILY .*steps has 12 values a cell, and 13/,
    );
    expect(refusal(() => fitFamilies(train, { other: { components: 4 } }))).toMatch(
      /^E_COMPONENTS_NUMBER .*\| other \|/,
    );
  });

  it('as published: twelve families, 59 components', () => {
    const counts = Object.values(GOUWENS_FAMILIES).map(({ components }) =>
      typeof components === 'number' ? components : components.length,
    );
    expect(counts).toHaveLength(12);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(59);
    for (const { components, columns } of Object.values(GOUWENS_FAMILIES)) {
      if (typeof components === 'number' || columns === undefined) continue;
      const width = columns.reduce((sum, [from, to]) => sum + to - from, 0);
      expect(Math.max(...components)).toBeLessThanOrEqual(width);
    }
  });
});
