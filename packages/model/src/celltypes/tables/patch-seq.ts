// The two published Patch-seq tables of interneurons, as their files have them: mouse visual cortex (Gouwens et al., Cell 2020) and
// human neocortex (Lee, Dalley et al., Science 2023), joined to labels and donors. Text in, table out.
import { SpikebridgeError } from '../../errors.ts';
import { buildTable, numbersUnder } from './build-table.ts';
import type { CellFacts } from './build-table.ts';
import { columnOf, readCsv, rowsById } from './csv-text.ts';
import type { CsvText } from './csv-text.ts';
import { HUMAN_QUANTITIES, MOUSE_QUANTITIES, gapsIn, outOfRange, quantitiesOf } from './quantities.ts';
import type { FeatureTable } from './types.ts';

/** The text of a file and the name that messages give it. */
export interface TableText {
  readonly name: string;
  readonly text: string;
}

/** Names the tables were published under: features, labels and donors of mouse (Gouwens et al. 2020); features and metadata of human (Lee et al. 2023). */
export const PUBLISHED_FILES = {
  mouse: ['efeature_filtered.csv', 'label_visual.csv', '20200711_patchseq_metadata_mouse.csv'],
  human: ['LeeDalley_ephys_fx.csv', 'LeeDalley_manuscript_metadata_v2.csv'],
} as const;

export const MOUSE_CLASSES = ['Lamp5', 'Pvalb', 'Sncg', 'Sst', 'Vip'] as const;
export const HUMAN_CLASSES = ['LAMP5/PAX6/Other', 'PVALB', 'SST', 'VIP'] as const;
/** Too few to learn from, and no class of the published five. */
const DROPPED_IN_MOUSE = ['Serpinf1'];

/**
 * The mouse table: features by transcriptomic sample, `cell,ttype,ttype_sub,layer` labels, and the Allen metadata with donors.
 * 3,654 cells x 41 as published, of which 43 Serpinf1 cells are left out. Attributes: `layer`, `tType`.
 * @throws E_CELLS_* where a file is not what it should be, E_CELLS_JOIN where a cell has no label
 */
export function readMouseTable(features: TableText, labels: TableText, metadata: TableText): FeatureTable {
  const table = readCsv(features.text, features.name);
  const rows = rowsById(table, 0);
  const labelTable = readCsv(labels.text, labels.name);
  const labelRows = rowsById(labelTable, columnOf(labelTable, 'cell'));
  const donorTable = readCsv(metadata.text, metadata.name);
  const donorRows = rowsById(donorTable, columnOf(donorTable, 'transcriptomics_sample_id'));
  const [type, subtype, layer] = ['ttype', 'ttype_sub', 'layer'].map((name) => columnOf(labelTable, name));
  const donor = columnOf(donorTable, 'donor_id');

  const ids = [...rows.rows.keys()];
  const known = requireAll(ids, labelRows.rows, labelTable);
  const isDropped = (id: string): boolean => DROPPED_IN_MOUSE.includes(known(id)[type]);
  const kept = ids.filter((id) => !isDropped(id));
  const facts = kept.map((cell) => ({
    cell,
    label: oneOf(MOUSE_CLASSES, known(cell)[type], labelTable, cell),
    donor: donorRows.rows.get(cell)?.[donor],
    attributes: { layer: known(cell)[layer], tType: known(cell)[subtype] },
  }));
  const left = ids.length - kept.length;
  return assemble(table, rows.rows, facts, MOUSE_QUANTITIES, [
    ...[table, rows, labelTable, labelRows, donorTable, donorRows].flatMap(({ notes }) => notes),
    ...(left === 0
      ? []
      : [`${left} of ${ids.length} cells are left out: ${DROPPED_IN_MOUSE.join(', ')} is no class here.`]),
    `${labels.name}: the numbers of sweeps (rheobase_sweep_num, thumbnail_sweep_num) are kept as the file has them; they tell of the protocol, not of the cell.`,
  ]);
}

/**
 * The human table: features by specimen and the metadata of the manuscript (either version). Classes are those of
 * `Revised_subclass_label`, where LAMP5/PAX6/Other is wider than Lamp5. Attributes: `culture` (acute, cultured), `layer`, `tType`.
 * @throws E_CELLS_* where a file is not what it should be, E_CELLS_JOIN where a cell is not in the metadata
 */
export function readHumanTable(features: TableText, metadata: TableText): FeatureTable {
  const table = readCsv(features.text, features.name);
  const rows = rowsById(table, columnOf(table, 'specimen_id'));
  const about = readCsv(metadata.text, metadata.name);
  const aboutRows = rowsById(about, columnOf(about, 'specimen_id', 'specimen_id_x'));
  const column = (name: string): number => columnOf(about, name);
  const [label, donor, condition] = ['Revised_subclass_label', 'Donor', 'condition'].map(column);
  const [layer, type] = ['Cortical_layer', 'Transcriptomic_type'].map(column);

  const known = requireAll([...rows.rows.keys()], aboutRows.rows, about);
  const facts = [...rows.rows.keys()].map((cell) => ({
    cell,
    label: oneOf(HUMAN_CLASSES, known(cell)[label], about, cell),
    donor: known(cell)[donor] === '' ? undefined : known(cell)[donor],
    attributes: {
      culture: cultureOf(known(cell)[condition], about, cell),
      layer: known(cell)[layer],
      tType: known(cell)[type],
    },
  }));
  const without = aboutRows.rows.size - rows.rows.size;
  return assemble(table, rows.rows, facts, HUMAN_QUANTITIES, [
    ...[table, rows, about, aboutRows].flatMap(({ notes }) => notes),
    ...(without === 0
      ? []
      : [`${metadata.name}: ${without} cells have no features and are not in the table.`]),
  ]);
}

/** Every column of `table` but the first as a feature. */
function assemble(
  table: CsvText,
  rows: ReadonlyMap<string, readonly string[]>,
  facts: readonly CellFacts[],
  named: typeof MOUSE_QUANTITIES,
  notes: readonly string[],
): FeatureTable {
  const names = table.columns.slice(1);
  const columns = names.map((_, i) => i + 1);
  const kept = facts.map(({ cell }) => rows.get(cell) ?? []);
  const values = numbersUnder(table, kept, columns, 0);
  const cells = facts.map(({ cell }) => cell);
  const quantities = quantitiesOf(named, names);
  const units = quantities.map((quantity) => quantity?.unit ?? '');
  return buildTable(facts, names, units, values, [
    ...notes,
    ...gapsIn(names, values),
    ...outOfRange(quantities, names, values, cells),
  ]);
}

/** Rows of another file by cell, which has to know every one. @throws E_CELLS_JOIN */
function requireAll(
  cells: readonly string[],
  rows: ReadonlyMap<string, readonly string[]>,
  table: CsvText,
): (cell: string) => readonly string[] {
  const unknown = cells.filter((cell) => !rows.has(cell));
  if (unknown.length > 0)
    throw new SpikebridgeError(
      'E_CELLS_JOIN',
      `${unknown.length} of ${cells.length} cells are not in it: ${unknown.slice(0, 3).join(', ')}${unknown.length > 3 ? ' ...' : ''}`,
      { where: table.file, fix: 'Give the files of one release.' },
    );
  return (cell) => rows.get(cell) ?? [];
}

/** @throws E_CELLS_LABEL for a name that is none of these */
function oneOf(classes: readonly string[], label: string, table: CsvText, cell: string): string {
  if (classes.includes(label)) return label;
  throw new SpikebridgeError('E_CELLS_LABEL', `${cell} is labelled "${label}"`, {
    where: table.file,
    fix: `Expected one of ${classes.join(', ')}.`,
  });
}

function cultureOf(condition: string, table: CsvText, cell: string): string {
  const names: Readonly<Record<string, string>> = { acute: 'acute', culture: 'cultured' };
  if (condition in names) return names[condition];
  throw new SpikebridgeError('E_CELLS_LABEL', `${cell} has the condition "${condition}"`, {
    where: table.file,
    fix: 'Expected acute or culture.',
  });
}
