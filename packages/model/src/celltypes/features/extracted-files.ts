// Extracted cells as files of other tools: npz for NumPy, Parquet for data frames.
import { parquetWriteBuffer } from 'hyparquet-writer/src/write.js';
import { encodeNpy, encodeNpyText, encodeNpz } from '../../formats/npyWrite.ts';
import { FEATURES, type FeatureDefinition } from './feature-list.ts';
import { FAMILIES, FAMILY_LENGTH, familyMask, type CellFeatures, type FamilyName } from './types.ts';

/** A cell with what is known of it beside its features. */
export interface ExtractedCell {
  readonly cell: string;
  readonly donor?: string;
  readonly species?: string;
  readonly features: CellFeatures;
}

/** Name of a scalar where both tables stand side by side: `mouse_tau`, `human_tau`. */
export function scalarColumn({ table, name }: FeatureDefinition): string {
  return `${table}_${name}`;
}

/**
 * One npz: `cells`, `donors`, `species` (text); `scalars` (cells, FEATURES) with `scalar_names` and `scalar_units`; each family under its name,
 * (cells, FAMILY_LENGTH) in float32; `family_names` and `family_mask` (cells, 13), 1 where a family is there in full. What is missing is NaN.
 */
export function extractedNpz(cells: readonly ExtractedCell[]): Uint8Array {
  const n = cells.length;
  const arrays: Record<string, Uint8Array> = {
    cells: encodeNpyText(cells.map(({ cell }) => cell)),
    donors: encodeNpyText(cells.map(({ donor }) => donor ?? '')),
    species: encodeNpyText(cells.map(({ species }) => species ?? '')),
    scalar_names: encodeNpyText(FEATURES.map(scalarColumn)),
    scalar_units: encodeNpyText(FEATURES.map(({ unit }) => unit)),
    family_names: encodeNpyText(FAMILIES.map(({ name }) => name)),
  };
  const scalars = new Float64Array(n * FEATURES.length);
  const mask = new Uint8Array(n * FAMILIES.length);
  cells.forEach(({ features }, row) => {
    scalars.set(features.scalars, row * FEATURES.length);
    mask.set(familyMask(features), row * FAMILIES.length);
  });
  arrays['scalars'] = encodeNpy(scalars, [n, FEATURES.length]);
  arrays['family_mask'] = encodeNpy(mask, [n, FAMILIES.length]);
  for (const { name } of FAMILIES) {
    const length = FAMILY_LENGTH[name];
    const values = new Float32Array(n * length).fill(NaN);
    cells.forEach(({ features }, row) => {
      const vector = features.families[name];
      if (vector !== undefined) values.set(vector, row * length);
    });
    arrays[name] = encodeNpy(values, [n, length]);
  }
  return encodeNpz(arrays);
}

/**
 * One Parquet file, a row a cell: `cell`, `donor`, `species`; each scalar as a number (`mouse_tau`); each family as a list of numbers;
 * `reasons`, a list of why something is missing or was filled. What is missing is null. Units and definitions stand in the file's metadata,
 * under `spikebridge.features` and `spikebridge.families`, as JSON.
 */
export function extractedParquet(cells: readonly ExtractedCell[]): Uint8Array {
  const text = (name: string, of: (cell: ExtractedCell) => string | undefined): Column => ({
    schema: [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }],
    data: cells.map((cell) => of(cell) ?? null),
  });
  const columns: Column[] = [
    text('cell', ({ cell }) => cell),
    text('donor', ({ donor }) => donor),
    text('species', ({ species }) => species),
    ...FEATURES.map((feature, k): Column => ({
      schema: [{ name: scalarColumn(feature), type: 'DOUBLE', repetition_type: 'OPTIONAL' }],
      data: cells.map(({ features }) => known(features.scalars[k])),
    })),
    ...FAMILIES.map(({ name }): Column => ({
      schema: listOf(name, { name: 'element', type: 'FLOAT', repetition_type: 'OPTIONAL' }),
      data: cells.map(({ features }) => listed(features, name)),
    })),
    {
      schema: listOf('reasons', {
        name: 'element',
        type: 'BYTE_ARRAY',
        converted_type: 'UTF8',
        repetition_type: 'OPTIONAL',
      }),
      data: cells.map(({ features }) => reasonsOf(features)),
    },
  ];
  const buffer = parquetWriteBuffer({
    columnData: columns.map(({ schema, data }) => ({ name: schema[0].name, data })),
    schema: [{ name: 'cells', num_children: columns.length }, ...columns.flatMap(({ schema }) => schema)],
    kvMetadata: [
      { key: 'spikebridge.features', value: JSON.stringify(FEATURES) },
      { key: 'spikebridge.families', value: JSON.stringify(FAMILIES) },
    ],
    createdBy: 'spikebridge',
  });
  return new Uint8Array(buffer);
}

interface SchemaNode {
  readonly name: string;
  readonly type?: 'DOUBLE' | 'FLOAT' | 'BYTE_ARRAY';
  readonly converted_type?: 'UTF8' | 'LIST';
  readonly repetition_type: 'OPTIONAL' | 'REPEATED';
  readonly num_children?: number;
}

interface Column {
  readonly schema: [SchemaNode, ...SchemaNode[]];
  /** A value a cell. */
  readonly data: unknown[];
}

/** Parquet's three levels of a list. */
function listOf(name: string, element: SchemaNode): Column['schema'] {
  return [
    { name, converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    element,
  ];
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function listed(features: CellFeatures, name: FamilyName): (number | null)[] | null {
  const values = features.families[name];
  return values === undefined ? null : Array.from(values, known);
}

/** Sentences a person reads, each with what it is about. */
function reasonsOf({ rejected, absent, notes }: CellFeatures): string[] {
  return [
    ...rejected.map(({ sweep, reason }) => (sweep === undefined ? reason : `Sweep ${sweep}: ${reason}`)),
    ...absent.map(({ family, reason }) => `${family}: ${reason}`),
    ...notes,
  ];
}
