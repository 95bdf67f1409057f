// Tables of features out of dropped files, by the readers of the model package.
import type { ByteSource, FeatureTable, Species, TableText } from '@spikebridge/model';
import {
  parseColumnMap,
  readFeatureCsv,
  readFeatureNpz,
  readFeatureParquet,
  readHumanTable,
  readMouseTable,
  readOwnTable,
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
