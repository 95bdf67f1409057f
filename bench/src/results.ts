// Where every suite writes its figures: one JSON document a suite, with the machine and the date beside the numbers.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from './figures.ts';

/** What a figure is worth nothing without. No host name, no user name, no path. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly os: string;
  readonly node: string;
  /** ISO date and time (UTC) of the writing. */
  readonly date: string;
}

export function machine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown processor',
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    node: process.versions.node,
    date: new Date().toISOString(),
  };
}

/** Writes results/SUITE.json whole (never half) and returns its path. */
export function writeResults(
  suite: string,
  rows: readonly BenchRow[],
  options: { readonly quick: boolean; readonly folder?: string },
): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const folder = options.folder ?? join(here, '..', 'results');
  const path = join(folder, `${suite}.json`);
  mkdirSync(folder, { recursive: true });
  const document = { schema: 'spikebridge.bench/1', suite, quick: options.quick, machine: machine(), rows };
  writeFileSync(`${path}.tmp`, `${JSON.stringify(document, null, 2)}\n`);
  renameSync(`${path}.tmp`, path);
  return path;
}
