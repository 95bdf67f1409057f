// Features and classes that both species have, by one name and in one unit: what transfer between species stands on.
import { SpikebridgeError } from '../../errors.ts';
import { columnOf, numberIn, readCsv } from './csv-text.ts';
import { parseExpression } from './expression.ts';
import { median } from './imputation.ts';
import { columnValues } from './matrix.ts';
import type { TableText } from './patch-seq.ts';
import { gapsIn } from './quantities.ts';
import type { FeatureTable } from './types.ts';

export type Species = 'mouse' | 'human';

/** One feature of both species: what makes it of each table's columns, and what its median is there. */
export interface SharedFeature {
  readonly name: string;
  readonly unit: string;
  readonly expressions: Readonly<Record<Species, string>>;
  /** NaN where the map does not say. */
  readonly medians: Readonly<Record<Species, number>>;
}

/** Classes that both species have. */
export const SHARED_CLASSES = ['Lamp5', 'Pvalb', 'Sst', 'Vip'] as const;

/** Class of each species' table -> shared class. */
const ALIGNED: Readonly<Record<Species, Readonly<Record<string, string>>>> = {
  mouse: { Lamp5: 'Lamp5', Pvalb: 'Pvalb', Sst: 'Sst', Vip: 'Vip', Sncg: 'Vip' },
  human: { 'LAMP5/PAX6/Other': 'Lamp5', PVALB: 'Pvalb', SST: 'Sst', VIP: 'Vip' },
};

/** A median this many times off the map's is told: a factor of 1,000 between units shows, a difference of cohorts does not. */
const SUSPICIOUS = 5;

/**
 * Reads a feature map: `name`, `unit`, an expression a species and, where it has them, the medians `mouse_p50` and `human_p50`.
 * @throws E_CELLS_* where a column is missing or a name stands there twice
 */
export function readFeatureMap({ name: file, text }: TableText): SharedFeature[] {
  const table = readCsv(text, file);
  const expressionColumn = (species: Species): number => {
    const found = table.columns.find(
      (column) => column.startsWith(`${species}_`) && column.endsWith('expression'),
    );
    return columnOf(table, found ?? `${species}_expression`);
  };
  const [name, unit] = ['name', 'unit'].map((column) => columnOf(table, column));
  const [mouse, human] = [expressionColumn('mouse'), expressionColumn('human')];
  const medianIn = (row: readonly string[], species: Species): number => {
    const column = table.columns.indexOf(`${species}_p50`);
    return column < 0 ? NaN : numberIn(row[column], `${file}: ${species}_p50 of ${row[name]}`);
  };
  const features = table.rows.map((row) => ({
    name: row[name],
    unit: row[unit],
    expressions: { mouse: row[mouse], human: row[human] },
    medians: { mouse: medianIn(row, 'mouse'), human: medianIn(row, 'human') },
  }));
  const names = features.map((feature) => feature.name);
  const twice = names.find((feature, i) => names.indexOf(feature) < i);
  if (twice !== undefined)
    throw new SpikebridgeError('E_CELLS_TWICE', `the feature ${twice} stands there twice`, {
      where: file,
      fix: 'Name each feature once.',
    });
  return features;
}

/**
 * The shared features of one species' table, cell by cell, with its labels aligned. A gap in a column used is a gap in the feature.
 * @throws E_CELLS_COLUMN, E_CELLS_EXPRESSION where the map asks for what the table does not have
 */
export function harmonise(
  table: FeatureTable,
  featureMap: readonly SharedFeature[],
  species: Species,
): FeatureTable {
  const values = new Float64Array(table.cells.length * featureMap.length);
  featureMap.forEach((feature, f) => {
    const where = `feature ${feature.name}, ${species}`;
    const evaluate = parseExpression(feature.expressions[species], table.features, where);
    for (let r = 0; r < table.cells.length; r++) {
      const offset = r * table.values.columns;
      values[r * featureMap.length + f] = evaluate((column) => table.values.values[offset + column]);
    }
  });
  const matrix = { rows: table.cells.length, columns: featureMap.length, values };
  const names = featureMap.map(({ name }) => name);
  const doubts = featureMap.flatMap((feature, f) => {
    const [found, expected] = [median(columnValues(matrix, f)), feature.medians[species]];
    const times = found / expected;
    if (Number.isNaN(times) || (times > 1 / SUSPICIOUS && times < SUSPICIOUS)) return [];
    return [
      `${feature.name} has a median of ${Number(found.toPrecision(3))}, where ${expected} ${feature.unit} was expected: is it in another unit?`,
    ];
  });
  const aligned = alignLabels(table, species);
  return {
    ...aligned,
    features: names,
    units: featureMap.map(({ unit }) => unit),
    values: matrix,
    notes: [
      ...aligned.notes,
      `${names.length} features shared by both species, in the units of the map.`,
      ...gapsIn(names, matrix),
      ...doubts,
    ],
  };
}

/**
 * The same table with the classes that both species have: mouse Sncg counts as Vip, human LAMP5/PAX6/Other as Lamp5.
 * @throws E_CELLS_LABEL for a class that is none of the species'
 */
export function alignLabels(table: FeatureTable, species: Species): FeatureTable {
  const shared: readonly string[] = SHARED_CLASSES;
  const target = table.classes.map((name) => {
    const found = Object.hasOwn(ALIGNED[species], name)
      ? ALIGNED[species][name]
      : shared.find((one) => one === name);
    if (found !== undefined) return shared.indexOf(found);
    throw new SpikebridgeError('E_CELLS_LABEL', `the class "${name}" is none of the ${species}'s`, {
      fix: `Expected ${Object.keys(ALIGNED[species]).join(', ')}.`,
    });
  });
  const labels = table.labels.map((label) => (label < 0 ? -1 : target[label]));
  const moved = table.classes.indexOf('Sncg');
  const count = table.labels.filter((label) => label === moved).length;
  const notes =
    species === 'human'
      ? ['Human LAMP5/PAX6/Other is called Lamp5 here, and is wider than the mouse class of that name.']
      : moved < 0
        ? []
        : [`${count} Sncg cells count as Vip.`];
  return { ...table, classes: shared, labels, notes: [...table.notes, ...notes] };
}
