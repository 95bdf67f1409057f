// A feature table from rows of text and what is known of each cell: the part that every reader shares.
import type { CsvText } from './csv-text.ts';
import { numberIn } from './csv-text.ts';
import type { FeatureTable, Matrix } from './types.ts';

/** What a source knows of one cell beside its features. */
export interface CellFacts {
  readonly cell: string;
  /** Name of its class; undefined where it has none. */
  readonly label?: string | undefined;
  readonly donor?: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Numbers under these columns, (rows, columns). @throws E_CELLS_NUMBER naming the cell and the column */
export function numbersUnder(
  table: CsvText,
  rows: readonly (readonly string[])[],
  columns: readonly number[],
  idColumn: number,
): Matrix {
  const values = new Float64Array(rows.length * columns.length);
  rows.forEach((row, r) =>
    columns.forEach((column, c) => {
      const where = `${table.file}: ${table.columns[column]} of ${row[idColumn]}`;
      values[r * columns.length + c] = numberIn(row[column], where);
    }),
  );
  return { rows: rows.length, columns: columns.length, values };
}

/** Puts the parts together. A cell without a donor counts as a donor of its own, since nothing says that it is another's. */
export function buildTable(
  facts: readonly CellFacts[],
  features: readonly string[],
  units: readonly string[],
  values: Matrix,
  notes: readonly string[],
): FeatureTable {
  const known = new Set(facts.flatMap(({ label }) => (label === undefined ? [] : [label])));
  const classes = [...known].sort();
  const alone = facts.filter(({ donor }) => donor === undefined).length;
  const unlabelled = facts.filter(({ label }) => label === undefined).length;
  const names = new Set(facts.flatMap(({ attributes }) => Object.keys(attributes)));
  return {
    cells: facts.map(({ cell }) => cell),
    features,
    units,
    values,
    classes,
    labels: Int32Array.from(facts, ({ label }) => (label === undefined ? -1 : classes.indexOf(label))),
    donors: facts.map(({ cell, donor }) => donor ?? `of ${cell} alone`),
    attributes: Object.fromEntries(
      [...names].map((name) => [name, facts.map(({ attributes }) => attributes[name] ?? '')]),
    ),
    notes: [
      ...notes,
      ...(alone === 0
        ? []
        : [`${alone} of ${facts.length} cells have no known donor; each counts as a donor of its own.`]),
      ...(unlabelled === 0 ? [] : [`${unlabelled} of ${facts.length} cells have no label.`]),
    ],
  };
}
