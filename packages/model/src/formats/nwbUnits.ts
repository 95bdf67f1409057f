// Columns of an NWB units table: the ragged index of the spike times, and what is known of each unit.
import { SpikebridgeError } from '../errors.ts';
import type { UnitInfo } from '../recording/types.ts';
import type { Hdf5File } from './hdf5.ts';

const QUALITY = [
  'quality',
  'group',
  'KSLabel',
  'ks_label',
  'ks2_label',
  'label',
  'unit_quality',
  'default_qc',
];
const REGION = [
  'region',
  'brain_region',
  'brain_area',
  'location',
  'structure_acronym',
  'acronym',
  'beryl_location',
  'cosmos_location',
];
const CLASS = ['cell_type', 'celltype', 'cell_class', 'putative_cell_type', 'waveform_class'];
const LAYER = ['layer', 'cortical_layer'];
const ELECTRODES = '/general/extracellular_ephys/electrodes';

/**
 * Ends of the trains of a ragged column: `index[u]` is where unit u ends.
 * @throws E_INDEX_ORDER where the index runs backwards or past the data, E_HDF5_MISSING where there is none.
 */
export function raggedEnds(file: Hdf5File, path: string, length: number, where: string): Float64Array {
  const ends = file.numbers(path);
  let last = 0;
  ends.forEach((end, u) => {
    if (!Number.isInteger(end) || end < last || end > length) {
      throw new SpikebridgeError(
        'E_INDEX_ORDER',
        `${path}[${u}] is ${end}: it must not be below ${last} (the one before) nor above ${length} (the data).`,
        { where, fix: 'Export the file again: its index is damaged.' },
      );
    }
    last = end;
  });
  return ends;
}

/** Ids, labels, regions and positions. A column that cannot be read becomes a warning. */
export function unitInfo(file: Hdf5File, table: string, units: number, warnings: string[]): UnitInfo[] {
  const attempt = <T>(what: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SpikebridgeError)) throw error;
      warnings.push(`${what} could not be read (${error.code}); it was left out.`);
      return undefined;
    }
  };
  const textColumn = (names: readonly string[]) => {
    for (const name of names) {
      const path = `${table}/${name}`;
      const texts = attempt(path, () => (file.isText(path) ? file.texts(path) : undefined));
      if (texts?.length === units) return texts;
    }
    return undefined;
  };
  const ids = attempt(`${table}/id`, () =>
    file.isDataset(`${table}/id`) ? file.texts(`${table}/id`) : undefined,
  );
  const quality = textColumn(QUALITY);
  const region = textColumn(REGION);
  const cellClass = textColumn(CLASS);
  const layer = textColumn(LAYER);
  const rows = attempt(`${table}/electrodes`, () => electrodeRows(file, table, units));
  const locations = attempt(`${ELECTRODES}/location`, () => electrodeText(file, 'location'));
  const x = attempt(`${ELECTRODES}/rel_x`, () => electrodeNumbers(file, 'rel_x'));
  const y = attempt(`${ELECTRODES}/rel_y`, () => electrodeNumbers(file, 'rel_y'));

  return Array.from({ length: units }, (_, u) => {
    const row = rows?.[u];
    const place = filled(region?.[u]) ?? (row === undefined ? undefined : filled(locations?.at(row)));
    const px = row === undefined ? undefined : x?.at(row);
    const py = row === undefined ? undefined : y?.at(row);
    const [q, c, l] = [filled(quality?.[u]), filled(cellClass?.[u]), filled(layer?.[u])];
    return {
      id: ids?.length === units ? ids[u] : String(u),
      ...(q === undefined ? {} : { quality: q }),
      ...(place === undefined ? {} : { region: place }),
      ...(c === undefined ? {} : { cellClass: c }),
      ...(l === undefined ? {} : { layer: l }),
      ...(px !== undefined && py !== undefined && Number.isFinite(px) && Number.isFinite(py)
        ? { position: [px, py] as const }
        : {}),
    };
  });
}

/** Row of the electrode table for each unit: the first of its electrodes, or the one whose id is its peak channel. */
function electrodeRows(file: Hdf5File, table: string, units: number): (number | undefined)[] | undefined {
  const path = `${table}/electrodes`;
  const peak = `${table}/peak_channel_id`;
  if (file.isDataset(path)) {
    const rows = file.numbers(path);
    const index = `${path}_index`;
    const valid = (row: number | undefined) =>
      row !== undefined && Number.isInteger(row) && row >= 0 ? row : undefined;
    if (!file.isDataset(index)) return rows.length === units ? Array.from(rows, valid) : undefined;
    const ends = raggedEnds(file, index, rows.length, file.name);
    return Array.from(ends, (end, u) => {
      const start = u === 0 ? 0 : ends[u - 1];
      return end > start ? valid(rows[start]) : undefined;
    });
  }
  if (file.isDataset(peak) && file.isDataset(`${ELECTRODES}/id`)) {
    const rowOf = new Map(Array.from(file.numbers(`${ELECTRODES}/id`), (id, row) => [id, row]));
    const channels = file.numbers(peak);
    return channels.length === units ? Array.from(channels, (id) => rowOf.get(id)) : undefined;
  }
  return undefined;
}

function electrodeText(file: Hdf5File, column: string): string[] | undefined {
  const path = `${ELECTRODES}/${column}`;
  return file.isText(path) ? file.texts(path) : undefined;
}

function electrodeNumbers(file: Hdf5File, column: string): Float64Array | undefined {
  const path = `${ELECTRODES}/${column}`;
  return file.isDataset(path) && !file.isText(path) ? file.numbers(path) : undefined;
}

/** Text that says something: NWB writers put `unknown`, `nan` or nothing where they know nothing. */
function filled(text: string | undefined): string | undefined {
  return text === undefined || /^\s*(unknown|nan|none|n\/a)?\s*$/i.test(text) ? undefined : text;
}
