// The cluster_*.tsv (or .csv) tables and channel files of a Phy folder, joined to the clusters that have spikes.
import { SpikebridgeError } from '../errors.ts';
import type { UnitInfo } from '../recording/types.ts';
import { readText, withSource } from './bytes.ts';
import { readNpyNumbers, readNpyVector } from './npy.ts';
import type { TextTable } from './table.ts';
import { parseTable } from './table.ts';
import type { Location } from './types.ts';

type Labels = Partial<Omit<UnitInfo, 'id'>>;

/** Labels of each cluster, in the order asked for. */
export interface PhyLabels {
  readonly units: readonly Labels[];
  readonly assumptions: readonly string[];
  /** Clusters that the tables name and that have no spike. */
  readonly silent: number;
}

/** Names a table gives to the curated label, the region and the cell class. */
const QUALITY = ['group', 'quality', 'kslabel', 'ks_label', 'label'];
const REGION = ['region', 'brain_region', 'brain_area', 'area', 'acronym', 'location'];
const CLASS = ['cell_type', 'celltype', 'cell_class', 'putative_type'];

/** Reads every cluster table of the folder; a damaged one becomes a warning. */
export function phyLabels(location: Location, clusters: readonly number[], warnings: string[]): PhyLabels {
  const columns = new Map<string, Map<number, string>>();
  for (const file of tableOrder(location.list())) {
    try {
      merge(
        columns,
        withSource(location.open(file), (source) => parseTable(readText(source, 1 << 26), file)),
        file,
      );
    } catch (error) {
      if (!(error instanceof SpikebridgeError)) throw error;
      warnings.push(`${file} could not be read (${error.code}); it was left out.`);
    }
  }
  const positions = channelPositions(location, warnings);
  const assumptions: string[] = [];
  const sources = new Set<string>();
  const units = clusters.map((id): Labels => {
    const quality = columns.get('quality')?.get(id);
    const from = columns.get('quality-source')?.get(id);
    if (from !== undefined) sources.add(from);
    const region = columns.get('region')?.get(id);
    const cellClass = columns.get('class')?.get(id);
    const channel = columns.get('channel')?.get(id);
    const position = channel === undefined ? undefined : positions?.get(Number(channel));
    return {
      ...(quality === undefined ? {} : { quality }),
      ...(region === undefined ? {} : { region }),
      ...(cellClass === undefined ? {} : { cellClass }),
      ...(position === undefined ? {} : { position }),
    };
  });
  if (sources.size > 0) {
    assumptions.push(
      `Quality labels come from ${[...sources].join(', then ')}; what you curated (cluster_group) wins.`,
    );
  }
  const named = new Set<number>();
  for (const [key, column] of columns)
    if (key !== 'quality-source') for (const id of column.keys()) named.add(id);
  for (const id of clusters) named.delete(id);
  return { units, assumptions, silent: named.size };
}

/** cluster_group first, cluster_KSLabel second, cluster_info third, the rest after. */
function tableOrder(files: readonly string[]): string[] {
  const rank = (file: string) => {
    const name = file.replace(/\.(tsv|csv)$/i, '').toLowerCase();
    return ['cluster_group', 'cluster_groups', 'cluster_kslabel', 'cluster_info'].indexOf(name) + 1 || 9;
  };
  return files
    .filter((f) => /^cluster_.*\.(tsv|csv)$/i.test(f))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** First table to name a value keeps it. */
function merge(columns: Map<string, Map<number, string>>, table: TextTable, file: string): void {
  const idColumn = table.columns.findIndex((c) => ['cluster_id', 'id', 'cluster'].includes(c));
  if (idColumn < 0) return;
  const isGroup = /^cluster_groups?\./i.test(file);
  table.columns.forEach((name, c) => {
    if (c === idColumn) return;
    // Kilosort writes cluster_group with its own column name; whatever stands there is the group.
    const key =
      isGroup || QUALITY.includes(name)
        ? 'quality'
        : REGION.includes(name)
          ? 'region'
          : CLASS.includes(name)
            ? 'class'
            : name === 'ch' || name === 'channel'
              ? 'channel'
              : undefined;
    if (key === undefined) return;
    const column = columns.get(key) ?? new Map<number, string>();
    const source = columns.get('quality-source') ?? new Map<number, string>();
    columns.set(key, column);
    columns.set('quality-source', source);
    table.rows.forEach((row) => {
      const id = Number(row.at(idColumn));
      const value = row.at(c) ?? '';
      if (value === '' || value.toLowerCase() === 'nan' || !Number.isInteger(id) || column.has(id)) return;
      column.set(id, value);
      if (key === 'quality') source.set(id, file);
    });
  });
}

/** Position of each channel in micrometres, by the channel number of the raw file (channel_map). */
function channelPositions(
  location: Location,
  warnings: string[],
): Map<number, readonly [number, number]> | undefined {
  const files = location.list();
  if (!files.includes('channel_positions.npy') || !files.includes('channel_map.npy')) return undefined;
  try {
    const map = withSource(location.open('channel_map.npy'), readNpyVector).data;
    const { shape, data } = withSource(location.open('channel_positions.npy'), readNpyNumbers);
    if (shape.length !== 2 || shape[1] !== 2 || shape[0] !== map.length) return undefined;
    return new Map(Array.from(map, (channel, i) => [channel, [data[2 * i], data[2 * i + 1]] as const]));
  } catch (error) {
    if (!(error instanceof SpikebridgeError)) throw error;
    warnings.push(`Channel positions could not be read (${error.code}).`);
    return undefined;
  }
}
