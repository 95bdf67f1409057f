// Plan: a model reads the same values of a cell and of a table that holds the cell; families weigh what they hold, one that says nothing
// nothing; the table of calls has a row a cell, quoted where it must be.
import { expect, it } from 'vitest';
import { RandomStream } from '../../engine/random.ts';
import { featureIndex, FEATURES } from '../features/index.ts';
import type { CellFeatures } from '../features/index.ts';
import type { FeatureTable } from '../tables/types.ts';
import { callCell } from './cell-model.ts';
import { weighFamilies } from './family-weights.ts';
import { valuesOfCell, valuesOfTable } from './model-values.ts';
import { callsCsv, predictionDocument } from './prediction.ts';
import { trainCellModel } from './train-cell-model.ts';

/** Classes part by the two features of ramps; resistance and time constant are noise. */
const NAMES = ['ri', 'tau', 'peak_v_ramp', 'threshold_v_ramp'];
const random = new RandomStream(5, 2);
const labels = Int32Array.from({ length: 160 }, (_, i) => i % 2);
const values = Float64Array.from({ length: 160 * 4 }, (_, i) =>
  i % 4 < 2 ? random.normal() : 4 * labels[Math.floor(i / 4)] + random.normal(),
);
const TABLE: FeatureTable = {
  ...{ cells: [...labels.keys()].map((i) => `c${i}`), features: NAMES, units: ['MOhm', 'ms', 'mV', 'mV'] },
  ...{ values: { rows: 160, columns: 4, values }, classes: ['low', 'high'], labels },
  ...{ donors: [...labels.keys()].map((i) => `d${i}`), attributes: {}, notes: [] },
};
const model = await trainCellModel(TABLE, {
  ...{ species: 'mouse', features: NAMES, seed: 1, folds: 4 },
  about: { name: 'drawn', data: 'drawn', licence: 'none', limits: [] },
});

it('reads a cell as it reads a table of it, and columns that are there in any order', () => {
  const wide = {
    ...model,
    features: [...model.features, { name: 'peak_v_ramp-threshold_v_ramp', unit: 'mV' }],
  };
  const scalars = new Float64Array(FEATURES.length).fill(NaN);
  NAMES.forEach((name, k) => (scalars[featureIndex('mouse', name)] = 10 + k));
  expect([...valuesOfCell(wide, { scalars } as CellFeatures)]).toEqual([10, 11, 12, 13, -1]);
  const turned = {
    ...{ ...TABLE, cells: ['a'], donors: ['a'], features: ['threshold_v_ramp', 'peak_v_ramp', 'ri'] },
    ...{ units: ['mV', 'mV', 'MOhm'], values: { rows: 1, columns: 3, values: Float64Array.of(13, 12, 10) } },
    labels: Int32Array.of(-1),
  };
  expect([...valuesOfTable(wide, turned).values]).toEqual([10, NaN, 12, 13, -1]);
  expect(() => valuesOfTable(model, { ...turned, features: ['x', 'y', 'z'] })).toThrow(
    expect.objectContaining({ code: 'E_CELLS_FEATURES' }),
  );
});

it('weighs families by what they hold', () => {
  const weights = weighFamilies(model, Float64Array.of(0, NaN, 4.2, 4.1));
  expect(weights.map(({ family, features, present }) => [family, features, present])).toEqual([
    ['ramp', 2, 2],
    ['subthreshold', 2, 1],
  ]);
  expect(weights[0].weight).toBeGreaterThan(2);
  expect(Math.abs(weights[1].weight)).toBeLessThan(0.5 * weights[0].weight);
});

it('writes calls as a table and as a document', () => {
  const called = [
    ...[Float64Array.of(0, 0, 4, 4), Float64Array.of(0, 0, NaN, NaN)].map((cell, i) => ({
      ...{ file: 'a, "b".nwb', cell: `c${i}`, call: callCell(model, cell), rejected: [], notes: [] },
    })),
  ];
  const [head, first, second] = callsCsv(model, called).split('\n');
  expect(head).toBe('file,cell,donor,call,likeliest,probability,abstained,present,distance,p low,p high');
  expect(first).toMatch(/^"a, ""b""\.nwb",c0,,high,high,0\.\d+,,1,/);
  expect(second).toMatch(/^"a, ""b""\.nwb",c1,,,(low|high),0\.\d+,missing[a-z ]*,0\.5,/);
  const document = predictionDocument(model, 0.95, called);
  expect(document.cells.map(({ donor, call }) => [donor, call])).toEqual([
    [null, 'high'],
    [null, null],
  ]);
});
