// Tables of features out of dropped files, by the readers of the model package, and their cells by the features of a model.
import type { ByteSource, CellModel, FeatureTable, Species, TableText } from '@spikebridge/model';
import {
  parseColumnMap,
  readFeatureCsv,
  readFeatureNpz,
  readFeatureParquet,
  readHumanTable,
  readMouseTable,
  readOwnTable,
  valuesOfTable,
} from '@spikebridge/model';
import type { CellPart } from '../host/cell-drop.ts';
import { fileSource } from '../host/file-location.ts';
import type { PickedFile } from '../host/file-location.ts';

export type TablePart = Extract<CellPart, { kind: 'table' | 'published' }>;

/** @throws E_CELLS_*, E_PARQUET, E_NPZ_*, E_NPY_*, E_FILE_* */
export async function readTable(part: TablePart, species: Species): Promise<FeatureTable> {
  if (part.kind === 'published') {
    const [features, labels, metadata] = await Promise.all(part.files.map(textOf));
    return part.species === 'mouse'
      ? readMouseTable(features, labels, metadata)
      : readHumanTable(features, labels);
  }
  const { file, map } = part;
  if (/\.npz$/i.test(file.path)) return withFile(file, (source) => readFeatureNpz(source, species));
  if (/\.parquet$/i.test(file.path)) return withFile(file, (source) => readFeatureParquet(source, species));
  const csv = await textOf(file);
  return map === null ? readFeatureCsv(csv, species) : readOwnTable(csv, parseColumnMap(await textOf(map)));
}

const textOf = async ({ file }: PickedFile): Promise<TableText> => ({
  name: file.name,
  text: await file.text(),
});

async function withFile<T>({ file }: PickedFile, use: (source: ByteSource) => T | Promise<T>): Promise<T> {
  const source = fileSource(file);
  try {
    return await use(source);
  } finally {
    source.close();
  }
}

/** The table's cells by the model's features; what the whole table lacks is left out. */
export const onModel = (model: CellModel, table: FeatureTable): FeatureTable => ({
  ...table,
  features: model.features.map(({ name }) => name),
  units: model.features.map(({ unit }) => unit),
  values: valuesOfTable(model, table),
});

/** Cells with their values by the model's features (cells x features), known by name alone. */
export function rowsOnModel(
  model: CellModel,
  cells: readonly string[],
  values: readonly Float64Array[],
): FeatureTable {
  const columns = model.features.length;
  const flat = new Float64Array(cells.length * columns);
  values.forEach((row, r) => flat.set(row, r * columns));
  return {
    ...{
      cells,
      features: model.features.map(({ name }) => name),
      units: model.features.map(({ unit }) => unit),
    },
    ...{ values: { rows: cells.length, columns, values: flat }, classes: model.classes },
    ...{ labels: new Int32Array(cells.length).fill(-1), donors: cells, attributes: {}, notes: [] },
  };
}
