// The Markdown table of what bench/results holds: one section a suite, machine and date above the figures.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { milliseconds, tableCell, timesOurs } from './figures.ts';
import type { BenchRow } from './figures.ts';
import type { Machine } from './results.ts';

export interface SuiteDocument {
  readonly suite: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly rows: readonly BenchRow[];
}

/** In the order a reader wants them; a suite not named here comes after. */
const ORDER = ['training-step', 'generation', 'binner', 'ranking'];

function line(row: BenchRow): string {
  const note = row.skipped === undefined ? row.note : `**skipped: ${row.skipped}**`;
  const cells = [
    row.what,
    row.shape,
    row.peer,
    milliseconds(row.medianMs),
    row.peakRssMiB === null ? '-' : row.peakRssMiB.toFixed(0),
    timesOurs(row.ratio),
    note,
  ];
  return `| ${cells.map(tableCell).join(' | ')} |`;
}

function section({ suite, quick, machine: m, rows }: SuiteDocument): string {
  const where = `${m.cpu}, ${m.cores} cores, ${m.memoryGiB} GiB, ${m.os}, Node ${m.node}, ${m.date.slice(0, 10)}`;
  return [
    `## ${suite}${quick ? ' (quick: small shapes, few samples)' : ''}`,
    '',
    where,
    '',
    '| what | shape | who | median, ms | peak memory, MiB | times ours | note |',
    '| --- | --- | --- | ---: | ---: | ---: | --- |',
    ...rows.map(line),
    '',
  ].join('\n');
}

export function markdown(documents: readonly SuiteDocument[]): string {
  const rank = (suite: string): number => (ORDER.includes(suite) ? ORDER.indexOf(suite) : ORDER.length);
  const sorted = [...documents].sort(
    (a, b) => rank(a.suite) - rank(b.suite) || a.suite.localeCompare(b.suite),
  );
  return [
    '# Benchmark results',
    '',
    'Made by `npm run bench`; what each suite measures and how is in docs/benchmarks.md. "Times ours" is the time of',
    "that row's peer divided by ours: above 1, ours is faster.",
    '',
    ...sorted.map(section),
  ].join('\n');
}

/** Reads the documents of the named suites and writes results/README.md beside them, whole. */
export function writeTable(folder: string, suites: readonly string[]): string {
  const documents = suites
    .map((suite) => join(folder, `${suite}.json`))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')) as SuiteDocument);
  const path = join(folder, 'README.md');
  writeFileSync(`${path}.tmp`, markdown(documents));
  renameSync(`${path}.tmp`, path);
  return path;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'results');
  process.stdout.write(`${writeTable(folder, process.argv.slice(2))}\n`);
}
