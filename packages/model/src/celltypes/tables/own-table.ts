// One's own table of cells: a CSV file and a column map in YAML that says what its columns are.
import { parse } from 'yaml';
import { z } from 'zod';
import { valueAt } from '../../config/key-paths.ts';
import { nearestName } from '../../config/nearest.ts';
import { SpikebridgeError } from '../../errors.ts';
import { buildTable } from './build-table.ts';
import { columnOf, numberIn, readCsv, rowsById } from './csv-text.ts';
import { parseExpression } from './expression.ts';
import type { TableText } from './patch-seq.ts';
import { QUANTITIES_BY_UNIT, gapsIn, outOfRange } from './quantities.ts';
import type { FeatureTable } from './types.ts';

const column = z.string().min(1);
const columnMapSchema = z.strictObject({
  /** Column with the name of each cell. */
  cell: column,
  donor: column.optional(),
  /** Column with the class of each cell; empty where it is not known. */
  label: column.optional(),
  /** Other names for the classes in that column: `Parvalbumin: Pvalb`. */
  classes: z.record(z.string(), z.string().min(1)).default({}),
  /** What else is known of a cell, by name: `culture: preparation`. */
  attributes: z.record(z.string(), column).default({}),
  /** What stands where nothing was measured, beside empty, NA, NaN, null and none: `-999`. */
  missing: z.array(z.union([z.string(), z.number()])).default([]),
  /** Features by name: a column, or an expression over columns (`tau_s * 1000`); with a unit where it is to be checked. */
  features: z
    .record(z.string(), z.union([column, z.strictObject({ from: column, unit: z.string().default('') })]))
    .refine((features) => Object.keys(features).length > 0, 'expected at least one feature'),
});
export type ColumnMap = z.infer<typeof columnMapSchema>;

/** Reads and checks a column map. @throws E_CELLS_MAP with the key at fault; exit code 2 */
export function parseColumnMap({ name, text }: TableText): ColumnMap {
  const fault = (message: string, fix?: string): SpikebridgeError =>
    new SpikebridgeError('E_CELLS_MAP', message, {
      where: name,
      ...(fix === undefined ? {} : { fix }),
      exitCode: 2,
    });
  let tree: unknown;
  try {
    tree = parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw fault(`not readable as YAML: ${reason.split('\n', 1)[0]}`);
  }
  const checked = columnMapSchema.safeParse(tree);
  if (checked.success) return checked.data;
  const { issues } = checked.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue.code === 'unrecognized_keys') {
    const nearest = nearestName(issue.keys[0], Object.keys(columnMapSchema.shape));
    throw fault(
      `no key of a column map is called ${issue.keys[0]}`,
      nearest === undefined ? undefined : `Did you mean ${nearest}?`,
    );
  }
  const path = issue.path.map(String).join('.');
  const found = valueAt(tree, issue.path);
  const said = found === undefined ? 'missing' : JSON.stringify(found);
  throw fault(
    `${path === '' ? 'the column map' : path} is ${said}: ${issue.message}`,
    'A map needs `cell: COLUMN` and `features:` with NAME: COLUMN under it.',
  );
}

/**
 * Cells of a CSV file under a column map. Features are in the map's order; gaps stay gaps.
 * @throws E_CELLS_* naming the row and the column
 */
export function readOwnTable(csv: TableText, map: ColumnMap): FeatureTable {
  const table = readCsv(csv.text, csv.name);
  const cellColumn = columnOf(table, map.cell);
  const optional = (name: string | undefined): number | undefined =>
    name === undefined ? undefined : columnOf(table, name);
  const [donor, label] = [optional(map.donor), optional(map.label)];
  const attributes = Object.entries(map.attributes).map(
    ([name, from]) => [name, columnOf(table, from)] as const,
  );
  const features = Object.entries(map.features).map(([name, said]) => {
    const { from, unit } = typeof said === 'string' ? { from: said, unit: '' } : said;
    return { name, unit, evaluate: parseExpression(from, table.columns, `${csv.name}: feature ${name}`) };
  });
  const byCell = rowsById(table, cellColumn);
  const missing = new Set(map.missing.map(String));
  const isGap = (text: string): boolean => text === '' || missing.has(text);

  const cells = [...byCell.rows.keys()];
  const values = new Float64Array(cells.length * features.length);
  const facts = [...byCell.rows].map(([cell, row], r) => {
    const numberAt = (c: number): number =>
      missing.has(row[c]) ? NaN : numberIn(row[c], `${csv.name}: ${table.columns[c]} of ${cell}`);
    features.forEach(({ evaluate }, f) => {
      values[r * features.length + f] = evaluate(numberAt);
    });
    const known = (from: number | undefined): string | undefined =>
      from === undefined || isGap(row[from]) ? undefined : row[from];
    const named = known(label);
    return {
      cell,
      label: named !== undefined && Object.hasOwn(map.classes, named) ? map.classes[named] : named,
      donor: known(donor),
      attributes: Object.fromEntries(attributes.map(([name, from]) => [name, row[from]])),
    };
  });
  const matrix = { rows: cells.length, columns: features.length, values };
  const [names, units] = [features.map(({ name }) => name), features.map(({ unit }) => unit)];
  const quantities = units.map((unit) => QUANTITIES_BY_UNIT[unit]);
  return buildTable(facts, names, units, matrix, [
    ...table.notes,
    ...byCell.notes,
    ...gapsIn(names, matrix),
    ...outOfRange(quantities, names, matrix, cells),
  ]);
}
