// Tables of features that say themselves what their columns are: named as the published tables name them, or as extracted cells are
// written (`mouse_tau`). As text, npz or Parquet; a column map (own-table.ts) is for all others.
import { SpikebridgeError } from '../../errors.ts';
import { readNpyLabels, readNpyNumbers } from '../../formats/npy.ts';
import { openNpz } from '../../formats/npz.ts';
import type { ByteSource } from '../../formats/types.ts';
import { FEATURES } from '../features/index.ts';
import { buildTable } from './build-table.ts';
import type { CellFacts } from './build-table.ts';
import type { Species } from './harmonise.ts';
import { readCsv } from './csv-text.ts';
import { readOwnTable } from './own-table.ts';
import type { ColumnMap } from './own-table.ts';
import type { TableText } from './patch-seq.ts';
import { QUANTITIES_BY_UNIT, gapsIn, outOfRange } from './quantities.ts';
import type { FeatureTable } from './types.ts';

const CELL = [
  'cell',
  'cell_id',
  'cell_name',
  'specimen_id',
  'cell_specimen_id',
  'transcriptomics_sample_id',
  'id',
  'name',
  '',
];
const DONOR = ['donor', 'donor_id', 'donor_name', 'subject_id'];
const LABEL = ['label', 'class', 'subclass', 'ttype', 'Revised_subclass_label'];

interface FeatureColumn {
  readonly column: string;
  readonly name: string;
  readonly unit: string;
}

/** Columns that are features of a species, in the extractor's order. */
function featureColumns(columns: readonly string[], species: Species): FeatureColumn[] {
  return FEATURES.filter(({ table }) => table === species).flatMap(({ name, unit }) => {
    // Where both tables stand side by side a bare name would be of either.
    const column = [`${species}_${name}`, name].find((one) => columns.includes(one));
    return column === undefined ? [] : [{ column, name, unit }];
  });
}

/** Whether a header line names features of cells rather than a trace. */
export const namesFeatures = (columns: readonly string[]): boolean =>
  featureColumns(columns, 'mouse').length > 0 || featureColumns(columns, 'human').length > 0;

const oneOf = (names: readonly string[], columns: readonly string[]): string | undefined =>
  names.find((name) => columns.includes(name));

/** @throws E_CELLS_FEATURES */
function required(columns: readonly string[], species: Species, where: string): FeatureColumn[] {
  const found = featureColumns(columns, species);
  if (found.length > 0) return found;
  throw new SpikebridgeError('E_CELLS_FEATURES', `no column is a feature of ${species} cells`, {
    where,
    fix: 'name columns as docs/celltypes.md does, give a column map beside it, or choose the other species',
    exitCode: 2,
  });
}

/** @throws E_CELLS_* */
export function readFeatureCsv(csv: TableText, species: Species): FeatureTable {
  const { columns } = readCsv(csv.text, csv.name);
  const features = required(columns, species, csv.name);
  const [cell, donor, label] = [CELL, DONOR, LABEL].map((names) => oneOf(names, columns));
  const map: ColumnMap = {
    cell: cell ?? columns[0],
    ...(donor === undefined ? {} : { donor }),
    ...(label === undefined ? {} : { label }),
    ...{ classes: {}, attributes: {}, missing: [] },
    features: Object.fromEntries(features.map(({ column, name, unit }) => [name, { from: column, unit }])),
  };
  return readOwnTable(csv, map);
}

/** What `celltype extract` wrote. @throws E_CELLS_FEATURES, E_NPZ_*, E_NPY_*, E_FILE_* */
export function readFeatureNpz(source: ByteSource, species: Species): FeatureTable {
  const archive = openNpz(source);
  const text = (name: string): string[] => readNpyLabels(archive.array(name));
  const columns = text('scalar_names');
  const features = required(columns, species, source.name);
  const { data } = readNpyNumbers(archive.array('scalars'));
  const from = features.map(({ column }) => columns.indexOf(column));
  const [cells, donors] = [text('cells'), text('donors')];
  return tableOf(
    source.name,
    cells.map((cell, row) => ({ cell, donor: donors[row] === '' ? undefined : donors[row], attributes: {} })),
    features,
    (row, f) => data[row * columns.length + from[f]],
  );
}

/** What `celltype extract` wrote, or a data frame with such columns. @throws E_CELLS_*, E_PARQUET */
export async function readFeatureParquet(source: ByteSource, species: Species): Promise<FeatureTable> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const file = {
    byteLength: source.size,
    slice: (start: number, end = source.size): ArrayBuffer => source.read(start, end - start).slice().buffer,
  };
  const damaged = (cause: unknown): SpikebridgeError =>
    new SpikebridgeError(
      'E_PARQUET',
      `the file cannot be read as Parquet: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        where: source.name,
        fix: 'write it again, with Snappy or without compression',
        cause,
      },
    );
  const metadata = await parquetMetadataAsync(file).catch((cause: unknown) => {
    throw damaged(cause);
  });
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
  const features = required(columns, species, source.name);
  const [cell, donor, label] = [CELL, DONOR, LABEL].map((names) => oneOf(names, columns));
  const wanted = [cell, donor, label].filter((name) => name !== undefined);
  const rows = await parquetReadObjects({
    ...{ file, metadata },
    columns: [...wanted, ...features.map(({ column }) => column)],
  }).catch((cause: unknown) => {
    throw damaged(cause);
  });
  const text = (row: Readonly<Record<string, unknown>>, name: string | undefined): string | undefined => {
    const value = name === undefined ? undefined : row[name];
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
      ? String(value)
      : undefined;
  };
  return tableOf(
    source.name,
    rows.map((row, r) => ({
      ...{ cell: text(row, cell) ?? `row ${r + 1}`, donor: text(row, donor), label: text(row, label) },
      attributes: {},
    })),
    features,
    (row, f) => {
      const value: unknown = rows[row][features[f].column];
      return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : NaN;
    },
  );
}

function tableOf(
  file: string,
  facts: readonly CellFacts[],
  columns: readonly FeatureColumn[],
  valueAt: (row: number, feature: number) => number,
): FeatureTable {
  if (facts.length === 0)
    throw new SpikebridgeError('E_CELLS_EMPTY', 'the table has no rows', {
      where: file,
      fix: 'give one row a cell',
    });
  const values = new Float64Array(facts.length * columns.length);
  facts.forEach((_, row) => columns.forEach((__, f) => (values[row * columns.length + f] = valueAt(row, f))));
  const matrix = { rows: facts.length, columns: columns.length, values };
  const [names, units] = [columns.map(({ name }) => name), columns.map(({ unit }) => unit)];
  return buildTable(facts, names, units, matrix, [
    ...gapsIn(names, matrix),
    ...outOfRange(
      units.map((unit) => QUANTITIES_BY_UNIT[unit]),
      names,
      matrix,
      facts.map(({ cell }) => cell),
    ),
  ]);
}
