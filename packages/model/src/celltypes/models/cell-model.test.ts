// Plan: a model of drawn cells calls what it should, abstains for each of its reasons alone, rests on the feature that tells the classes apart,
// comes back from its file with the same answers, and its figures are of cells it was not fitted on.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../engine/random.ts';
import type { FeatureTable } from '../tables/types.ts';
import { callCell, confidenceFor, judgeCell } from './cell-model.ts';
import type { CellModel } from './cell-model.ts';
import { decodeCellModel, encodeCellModel } from './cell-model-file.ts';
import { trainCellModel } from './train-cell-model.ts';

const FEATURES = ['told', 'twin', 'noise', 'more', 'other', 'last'];
const CELLS = 240;

/** Two classes 3 apart in `told`; `twin` follows `told` closely; the rest is noise. Donors of three cells. `shuffled`: labels say nothing. */
function drawn(shuffled = false): FeatureTable {
  const random = new RandomStream(5, 1);
  const labels = Int32Array.from({ length: CELLS }, (_, i) => i % 2);
  const values = new Float64Array(CELLS * FEATURES.length);
  for (let i = 0; i < CELLS; i++) {
    const told = 3 * labels[i] + random.normal();
    values.set(
      [told, told + 0.1 * random.normal(), random.normal(), random.normal(), random.normal(), 7],
      i * 6,
    );
  }
  const order = Array.from({ length: CELLS }, (_, i) => i);
  if (shuffled)
    for (let i = CELLS - 1; i > 0; i--) {
      const j = random.integer(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
  return {
    cells: Array.from(labels, (_, i) => `c${i}`),
    features: [...FEATURES, 'unused'].slice(0, 6),
    units: FEATURES.map(() => 'mV'),
    values: { rows: CELLS, columns: 6, values },
    classes: ['low', 'high'],
    labels: Int32Array.from(order, (i) => labels[i]),
    donors: Array.from(labels, (_, i) => `d${Math.floor(i / 3)}`),
    ...{ attributes: {}, notes: [] },
  };
}

const train = (table: FeatureTable): Promise<CellModel> =>
  trainCellModel(table, {
    ...{ species: 'mouse', features: FEATURES.slice(0, 5), seed: 3, folds: 4 },
    about: { name: 'drawn', data: 'drawn cells', licence: 'none', limits: ['drawn'] },
  });
const cell = (...values: number[]) => Float64Array.from(values);
const model = await train(drawn());

describe('a cell model', () => {
  it('calls cells, and says by what', () => {
    const low = callCell(model, cell(-0.5, -0.5, 0, 0, 0));
    expect(low).toMatchObject({ call: 'low', abstained: [], present: 1, outside: [] });
    const high = callCell(model, cell(3.5, 3.5, 0, 0, 0));
    expect(high.call).toBe('high');
    expect(high.probability).toBeGreaterThan(0.9);
    expect(
      high.evidence
        .slice(0, 2)
        .map(({ feature }) => feature)
        .sort(),
    ).toEqual(['told', 'twin']);
    expect(high.evidence[0].weight).toBeGreaterThan(0);
    const told = high.evidence.find(({ feature }) => feature === 'told')?.ofClasses ?? {};
    expect(told['high'][1]).toBeCloseTo(3, 0);
    expect(told['low'][1]).toBeCloseTo(0, 0);
  });

  it('judges a cell as it calls it, but for what the call rests on', () => {
    for (const values of [cell(3.5, 3.5, 0, 0, 0), cell(1.5, 1.5, 0, 30, NaN)]) {
      const { evidence, ...judged } = callCell(model, values, { minAccuracy: 0.9 });
      expect(judgeCell(model, values, { minAccuracy: 0.9 })).toEqual(judged);
      expect(evidence.length).toBeGreaterThan(3);
    }
  });

  it('abstains where it is unsure, where features are missing, and where a cell is unlike any, each for itself', () => {
    const codes = (values: Float64Array, minAccuracy?: number) =>
      callCell(model, values, minAccuracy === undefined ? {} : { minAccuracy }).abstained.map(
        ({ code }) => code,
      );
    expect(codes(cell(1.5, 1.5, 0, 0, 0))).toEqual(['unsure']);
    expect(codes(cell(1.5, 1.5, 0, 0, 0), 0)).toEqual([]);
    expect(codes(cell(3.5, NaN, NaN, 0, 0))).toEqual(['missing']);
    // Each value is common, but told and twin are never apart.
    expect(codes(cell(3, 4.5, 0, 0, 0))).toEqual(['unlike']);
    expect(codes(cell(3.5, 3.5, 30, -30, 0))).toContain('unlike');
    expect(callCell(model, cell(3.5, 3.5, 30, 0, 0)).outside.map(({ feature }) => feature)).toEqual([
      'noise',
    ]);
  });

  it('asks for more confidence the more often it is to be right, and never answers where nothing reaches it', () => {
    const needed = [0, 0.9, 0.95, 0.99].map((accuracy) => confidenceFor(model, accuracy));
    expect([...needed].sort((a, b) => a - b)).toEqual(needed);
    expect(needed[0]).toBe(0);
    expect(needed[3]).toBeGreaterThan(0.5);
  });

  it('has figures of held-out donors: labels without meaning give chance, and no confidence is trusted', async () => {
    expect(model.card.heldOut.accuracy).toBeGreaterThan(0.88);
    expect(model.card.heldOut.accuracy).toBeLessThan(0.99);
    expect(model.card.cellsByClass).toEqual({ low: 120, high: 120 });
    const chance = await train(drawn(true));
    expect(Math.abs(chance.card.heldOut.accuracy - 0.5)).toBeLessThan(0.1);
    expect(callCell(chance, cell(3.5, 3.5, 0, 0, 0)).abstained.map(({ code }) => code)).toContain('unsure');
  });

  it('is the same again from its file, and from the same seed', async () => {
    const bytes = encodeCellModel(model);
    const read = decodeCellModel(bytes, 'model.safetensors');
    const asked = cell(2, 2.1, 0.3, -0.2, 1);
    const [one, two] = [callCell(model, asked), callCell(read, asked)];
    expect(two.probability).toBeCloseTo(one.probability, 5);
    expect(two.distance.value).toBeCloseTo(one.distance.value, 3);
    expect(read.card).toEqual(model.card);
    expect(encodeCellModel(read)).toEqual(bytes);
    expect(encodeCellModel(await train(drawn()))).toEqual(bytes);
  });

  it('refuses what is no model and a table without the columns', async () => {
    expect(() => decodeCellModel(new Uint8Array(4), 'x')).toThrow(
      expect.objectContaining({ code: 'E_SAFETENSORS' }),
    );
    const table = drawn();
    const other = { ...table, features: table.features.map((name) => `not ${name}`) };
    await expect(train(other)).rejects.toMatchObject({ code: 'E_CELLTYPE_TABLE' });
  });
});
