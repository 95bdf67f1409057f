// The folder of an extraction: one JSON file a cell, kept as soon as it is there, and the tables made of all of them.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { removeTemporaries, writeWhole } from '../host/files.ts';
import { VERSION } from '@spikebridge/model';
import type { CellRecord } from './extraction.ts';

const CELLS = 'cells';

export class CellStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(join(folder, CELLS), { recursive: true });
    removeTemporaries(join(folder, CELLS));
  }

  /** What is kept of a file; undefined where it is not, or was made by another version. The caller compares fingerprints. */
  kept(path: string): CellRecord | undefined {
    const file = this.#fileOf(path);
    if (!existsSync(file)) return undefined;
    return readRecord(file);
  }

  keep(path: string, record: CellRecord): void {
    writeWhole(this.#fileOf(path), JSON.stringify(record, flatten));
  }

  /** Two files of one name in different folders are two cells. */
  #fileOf(path: string): string {
    const name = basename(path).replace(/[^\w.-]/g, '_');
    return join(
      this.folder,
      CELLS,
      `${name}-${createHash('sha256').update(path).digest('hex').slice(0, 8)}.json`,
    );
  }
}

/** Every cell kept in the folder of an extraction, by name of its file; those of another version are left out and counted. */
export function keptCells(folder: string): { readonly cells: CellRecord[]; readonly others: number } {
  const names = readdirSync(join(folder, CELLS))
    .filter((name) => name.endsWith('.json'))
    .sort();
  const found = names.map((name) => readRecord(join(folder, CELLS, name)));
  const cells = found.filter((record) => record !== undefined);
  return { cells, others: found.length - cells.length };
}

function readRecord(file: string): CellRecord | undefined {
  const record = JSON.parse(readFileSync(file, 'utf8'), revive) as CellRecord;
  return record.spikebridge === VERSION ? record : undefined;
}

/** Whether a folder is one of an extraction. */
export const holdsCells = (folder: string): boolean => existsSync(join(folder, CELLS));

/** What JSON does not have: arrays of numbers under a mark, NaN in them as null, and NaN by itself. */
function flatten(_: string, value: unknown): unknown {
  if (value instanceof Float64Array)
    return { float64: Array.from(value, (one) => (Number.isNaN(one) ? null : one)) };
  return typeof value === 'number' && Number.isNaN(value) ? { notANumber: true } : value;
}

function revive(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('notANumber' in value) return NaN;
  if ('float64' in value) return Float64Array.from(value.float64 as (number | null)[], (one) => one ?? NaN);
  return value;
}
