// The binner suite: spikes of 128 units at 10 Hz to a raster of 1 ms bins, against the loop a JavaScript author writes and
// against numpy. Every peer fills the same cleared array, and all must agree before any time counts.
// Usage: node dist/binner.bench.js [--quick]; writes results/binner.json.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Binner, type BinLayout } from '@spikebridge/core-wasm';
import { add, configure, cycle, suite } from 'benny';
import { NUMPY_BINNER, PYTHON } from './binner-numpy.ts';
import { median } from './figures.ts';
import type { BenchRow } from './figures.ts';
import { writeResults } from './results.ts';
import { FS, plainBytes, plainPacked, ROW, spikes, UNITS } from './spike-list.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const SUITE = 'binner';
const SECONDS = values.quick ? 120 : 3600;
const BINS = SECONDS * 1000;
const SHAPE = `${UNITS} units, ${SECONDS} s, 10 Hz`;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const medians = new Map<string, { ms: number; runs: number }>();
const ours = <L extends BinLayout>(layout: L): Binner<L> =>
  new Binner({ units: UNITS, clock: FS, binMilliseconds: 1, bins: BINS, layout });

/** One benny suite: ours and the plain loop on the same spikes, into arrays that each clears first. */
async function compare(layout: 'packed' | 'bytes', sorted: boolean): Promise<BenchRow[]> {
  const list = spikes(SECONDS, sorted);
  const { samples, units } = list;
  const binner = ours(layout);
  const theirs = layout === 'packed' ? new Uint32Array(BINS * ROW) : new Uint8Array(BINS * UNITS);
  const wasm = (): void => {
    binner.clear();
    binner.add(samples, units);
  };
  const plain = (): void => {
    theirs.fill(0);
    if (theirs instanceof Uint32Array) plainPacked(list, BINS, theirs);
    else plainBytes(list, BINS, theirs);
  };
  wasm();
  plain();
  const { data } = binner.finish();
  for (let i = 0; i < theirs.length; i++) {
    if (data[i] !== theirs[i])
      throw new Error(`${layout}: cell ${i} is ${data[i]}, the plain loop has ${theirs[i]}`);
  }
  const what = `${sorted ? 'sorted' : 'shuffled'}, ${layout}`;
  // Short rounds, ours and theirs in turn, so that what else the machine does falls on both; the ratio is the median round's.
  const rounds: { ours: number; plain: number; runs: number }[] = [];
  for (let round = 0; round < (values.quick ? 3 : 9); round++) {
    const found = new Map<string, number>();
    let runs = 0;
    await suite(
      what,
      add('spikebridge', wasm, { minSamples: 3, maxTime: 0.3 }),
      add('plain JavaScript', plain, { minSamples: 3, maxTime: 0.3 }),
      configure({ minDisplayPrecision: 2 }),
      cycle((one) => {
        found.set(one.name, one.details.median * 1000);
        runs += one.samples;
        return `  ${what}: ${one.name} ${(one.details.median * 1000).toFixed(2)} ms`;
      }),
    );
    rounds.push({ ours: found.get('spikebridge') ?? NaN, plain: found.get('plain JavaScript') ?? NaN, runs });
  }
  const runs = Math.round(rounds.reduce((sum, round) => sum + round.runs, 0) / 2);
  const a = { ms: median(rounds.map((round) => round.ours)), runs };
  const b = { ms: median(rounds.map((round) => round.plain)), runs };
  const ratio = median(rounds.map((round) => round.plain / round.ours));
  medians.set(`${what}: spikebridge`, a);
  const rate = (ms: number): string => `${(samples.length / ms / 1000).toFixed(0)} million spikes/s`;
  const base = { suite: SUITE, what, shape: SHAPE, peakRssMiB: null };
  say(`  ratio ${ratio.toFixed(2)}`);
  return [
    { ...base, peer: 'spikebridge', medianMs: a.ms, runs: a.runs, ratio: null, note: rate(a.ms) },
    { ...base, peer: 'plain JavaScript', medianMs: b.ms, runs: b.runs, ratio, note: rate(b.ms) },
  ];
}

/** numpy's two ways on the same sorted spikes, dense bytes; a row that says why where Python or numpy is missing. */
async function numpy(): Promise<BenchRow[]> {
  const what = 'sorted, bytes';
  const base = { suite: SUITE, what, shape: SHAPE, peakRssMiB: null };
  const reference = medians.get(`${what}: spikebridge`);
  const folder = mkdtempSync(join(tmpdir(), 'binner-'));
  try {
    const { samples, units } = spikes(SECONDS, true);
    writeFileSync(join(folder, 'samples.u32'), samples);
    writeFileSync(join(folder, 'units.u16'), units);
    const args = [
      '-c',
      NUMPY_BINNER,
      folder,
      String(BINS),
      String(UNITS),
      String(FS),
      values.quick ? '2' : '5',
    ];
    const { stdout } = await promisify(execFile)(PYTHON, args);
    const report = JSON.parse(stdout) as {
      version: string;
      rows: { name: string; ms: number; runs: number }[];
    };
    return report.rows.map(({ name, ms, runs }) => ({
      ...base,
      peer: name,
      medianMs: ms,
      runs,
      ratio: reference === undefined ? null : ms / reference.ms,
      note: `numpy ${report.version}; ${(samples.length / ms / 1000).toFixed(1)} million spikes/s; another process`,
    }));
  } catch (error) {
    const skipped = error instanceof Error ? error.message.split('\n')[0] : 'failed';
    return [{ ...base, peer: 'numpy', medianMs: null, runs: 0, ratio: null, note: '', skipped }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const rows: BenchRow[] = [];
for (const layout of ['packed', 'bytes'] as const) {
  for (const sorted of [true, false]) rows.push(...(await compare(layout, sorted)));
}
rows.push(...(await numpy()));
say(`wrote ${writeResults(SUITE, rows, { quick: values.quick })}`);
