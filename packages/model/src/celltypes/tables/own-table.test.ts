// Plan: a map's columns, expressions, gaps, renamed classes and attributes arrive where they belong; every fault of map or file is
// refused with its place.
import { describe, expect, it } from 'vitest';
import { parseColumnMap, readOwnTable } from './own-table.ts';
import { refusal } from './testing/thrown.ts';

const MAP = `
cell: id
donor: animal
label: type
classes: {parvalbumin: Pvalb}
attributes: {culture: prep}
missing: [-999, "?"]
features:
  v_rest: {from: Vm (mV), unit: mV}
  tau: {from: tau_s * 1000, unit: ms}
  peak_delta: peak - thr
`;
const CSV = `id;animal;type;prep;Vm (mV);tau_s;peak;thr
c1;m1;parvalbumin;acute;-70;0.0125;30;-40
c2;m1;Sst;cultured;-7000;;20;-999
c3;?;;acute;-65;0.02;25;-35
`;
const read = (map = MAP, csv = CSV): ReturnType<typeof readOwnTable> =>
  readOwnTable({ name: 'own.csv', text: csv }, parseColumnMap({ name: 'map.yaml', text: map }));

describe("a table of one's own", () => {
  it('is read by its map', () => {
    const table = read();
    expect(table.cells).toEqual(['c1', 'c2', 'c3']);
    expect(table.features).toEqual(['v_rest', 'tau', 'peak_delta']);
    expect(table.units).toEqual(['mV', 'ms', '']);
    expect([...table.values.values]).toEqual([-70, 12.5, 70, -7000, NaN, NaN, -65, 20, 60]);
    expect(table.classes).toEqual(['Pvalb', 'Sst']);
    expect([...table.labels]).toEqual([0, 1, -1]);
    expect(table.donors).toEqual(['m1', 'm1', 'of c3 alone']);
    expect(table.attributes).toEqual({ culture: ['acute', 'cultured', 'acute'] });
    expect(table.notes).toEqual([
      '2 of 9 values are missing, in 1 of 3 cells; the gaps are kept.',
      'v_rest lies outside -150 to 150 mV in one cell and is left as it is (c2: -7000).',
      '1 of 3 cells have no known donor; each counts as a donor of its own.',
      '1 of 3 cells have no label.',
    ]);
  });

  it('needs no more than a name and features', () => {
    const table = read('cell: id\nfeatures: {thr: thr}', CSV.replace('-999', '-38'));
    expect(table.classes).toEqual([]);
    expect([...table.labels]).toEqual([-1, -1, -1]);
    expect(new Set(table.donors).size).toBe(3);
  });

  it.each([
    ['cell: [', /^E_CELLS_MAP .*YAML.*map.yaml/],
    ['', /^E_CELLS_MAP .*the column map is null/],
    ['features: {a: thr}', /^E_CELLS_MAP .*cell is missing/],
    ['cell: id\nfeatures: {}', /^E_CELLS_MAP .*at least one feature/],
    ['cell: id\nfeature: {a: thr}', /^E_CELLS_MAP .*called feature .*Did you mean features/],
    ['cell: id\nfeatures: {a: 4}', /^E_CELLS_MAP .*features.a is 4/],
    ['cell: name\nfeatures: {a: thr}', /^E_CELLS_COLUMN .*"name"/],
    ['cell: id\nfeatures: {a: thr - th}', /^E_CELLS_COLUMN .*"th".*feature a.*"thr"/],
    ['cell: id\nfeatures: {a: animal}', /^E_CELLS_NUMBER .*"m1".*animal of c1/],
  ])('map %j is refused', (map, message) => {
    expect(refusal(() => read(map))).toMatch(message);
  });
});
