// Plan: the net alone hangs on no source cell, the fine-tuned one does; the source is learned once for all folds, so that a second fit is the same bits.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWasmBackend } from '../../engine/wasm/index.ts';
import type { WasmBackend } from '../../engine/wasm/index.ts';
import { takeRows } from '../tables/matrix.ts';
import type { Classifier, FeatureTable } from '../tables/types.ts';
import { familyMethods } from './family-methods.ts';
import { FAMILY_TRANSFER } from './methods.ts';
import { drawnSpecies } from './testing/species.ts';

const shared = { distance: 2.5, cellsADonor: 4, shift: 0, scale: 1 };
const source = drawnSpecies('mouse', { ...shared, seed: 1, donors: 12, along: [0, 1, 2] });
const stranger = drawnSpecies('squid', { ...shared, seed: 3, donors: 12, along: [5, 4, 3] });
const target = drawnSpecies('human', { ...shared, seed: 2, donors: 6, along: [0, 1, 2] });
const rows = [...Array(16).keys()];

describe('family nets', () => {
  let backend: WasmBackend;
  beforeAll(async () => {
    backend = await createWasmBackend({ deterministic: true });
  });
  afterAll(() => backend.dispose());

  it('with and without the source', () => {
    const methodsOf = (table: FeatureTable): Classifier[] =>
      familyMethods(
        backend,
        { x: table.values, labels: table.labels, groups: table.donors, classes: 3 },
        // Two families: scalars of a ramp, and of nothing that is known.
        target.features.map((name, f) => (f < 3 ? `${name}_ramp` : name)),
      );
    const answer = (method: Classifier): number[] => {
      const options = { classes: 3, seed: 1, groups: rows.map((row) => target.donors[row]) };
      const fitted = method.fit(takeRows(target.values, rows), target.labels.slice(0, 16), options);
      return [...fitted.probabilities(takeRows(target.values, [16, 17, 18])).values];
    };
    const own = methodsOf(source);
    expect(own.map(({ name }) => name)).toEqual(FAMILY_TRANSFER.map(({ name }) => name));
    const answers = own.map(answer);
    for (const values of answers)
      expect(values.slice(0, 3).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
    expect(answer(own[1])).toEqual(answers[1]);
    const others = methodsOf(stranger).slice(0, 2).map(answer);
    expect(others[0]).toEqual(answers[0]);
    expect(others[1]).not.toEqual(answers[1]);
  });
});
