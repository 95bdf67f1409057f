// The published tables in a folder of the user's, found by their names, or a table of one's own with a map of its columns.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { FeatureTable, SharedFeature, Species, TableText } from '@spikebridge/model';
import {
  parseColumnMap,
  PUBLISHED_FILES,
  readFeatureMap,
  readHumanTable,
  readMouseTable,
  readOwnTable,
  SpikebridgeError,
} from '@spikebridge/model';
import { hostCall } from '../host/location.ts';

export interface TableFlags {
  readonly species: Species;
  /** A folder with the published tables, at any depth. */
  readonly tables?: string;
  /** A table of one's own, with `map`. */
  readonly table?: string;
  readonly map?: string;
}

const FEATURE_MAP = 'feature_map.csv';

/** @throws E_USAGE, E_TABLES_MISSING, E_CELLS_* */
export function openTable({ species, tables, table, map }: TableFlags): FeatureTable {
  if (table !== undefined && map !== undefined && tables === undefined)
    return readOwnTable(textOf(table), parseColumnMap(textOf(map)));
  if (tables === undefined || table !== undefined || map !== undefined)
    throw new SpikebridgeError('E_USAGE', 'say where the table is: --tables alone, or --table with --map', {
      fix: 'give --tables FOLDER for the published tables, or --table FILE.csv --map COLUMNS.yaml for your own',
      exitCode: 2,
    });
  const found = findFiles(tables, PUBLISHED_FILES[species]);
  return species === 'mouse'
    ? readMouseTable(found[0], found[1], found[2])
    : readHumanTable(found[0], found[1]);
}

/** What both species' tables have. @throws E_TABLES_MISSING */
export function openFeatureMap(tables: string): SharedFeature[] {
  return readFeatureMap(findFiles(tables, [FEATURE_MAP])[0]);
}

function findFiles(folder: string, names: readonly string[]): TableText[] {
  const all = hostCall(folder, () => readdirSync(folder, { recursive: true, encoding: 'utf8' }));
  return names.map((name) => {
    const path = all.find((one) => basename(one) === name);
    if (path !== undefined) return textOf(join(folder, path));
    throw new SpikebridgeError('E_TABLES_MISSING', `there is no ${name} in the folder`, {
      where: folder,
      fix: 'docs/celltypes.md says where the tables were published',
      exitCode: 2,
    });
  });
}

const textOf = (path: string): TableText => ({
  name: basename(path),
  text: hostCall(path, () => readFileSync(path, 'utf8')),
});
