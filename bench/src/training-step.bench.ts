// The training-step suite: every peer in a process of its own for time and peak memory, then ours and tfjs-wasm in one
// process for a ratio, and no ratio before loss, gradient norm and the next losses agree.
// Usage: node dist/training-step.bench.js [--quick] [--only PART-OF-A-PEER-NAME] [--shape BxT]; writes results/training-step.json.
import { loadavg } from 'node:os';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchRow } from './figures.ts';
import { writeResults } from './results.ts';
import { disagreement } from './training-step/agreement.ts';
import type { Measurement } from './training-step/measure.ts';
import { OURS } from './training-step/peers.ts';
import { inNode, inTorch, oneProcess, torchMissing } from './training-step/processes.ts';
import type { Effort, Outcome } from './training-step/processes.ts';
import type { Shape } from './training-step/problem.ts';

const SUITE = 'training-step';
/** Ratios are against this one of ours: the build and threads that a user gets by default on this machine. */
const HEADLINE = 'ours-relaxed-2';
const FULL: readonly Shape[] = [
  { batch: 4, bins: 512 },
  { batch: 8, bins: 1024 },
  { batch: 1, bins: 5000 },
];
/** Small enough for tfjs's plain JavaScript backend, which takes minutes at the others. */
const SMALL: readonly Shape[] = [
  { batch: 2, bins: 64 },
  { batch: 1, bins: 200 },
];

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    shape: { type: 'string', default: '' },
  },
});

const label = ({ batch, bins }: Shape): string => `B ${batch} x T ${bins}`;
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Every peer of a shape, in the order of the table. tfjs-cpu joins at the small shapes only. */
function peersAt(small: boolean): readonly string[] {
  const theirs = small ? ['torch', 'tfjs-wasm', 'tfjs-cpu'] : ['torch', 'tfjs-wasm'];
  return [...OURS, ...theirs].filter((name) => name.includes(values.only) || name === HEADLINE);
}

function noteOf(m: Measurement): string {
  const threads = `, ${m.threads} thread${m.threads === 1 ? '' : 's'}`;
  const version = m.version.endsWith(threads) ? m.version : m.version + threads;
  const { loss, gradientNorm } = m.first;
  const proof = `loss ${loss.toFixed(5)}, gradient norm ${gradientNorm.toFixed(5)}`;
  return `${version}; fastest ${m.fastestMs.toFixed(1)} ms, processor time ${m.cpuMs.toFixed(1)} ms; ${proof}`;
}

interface Cell {
  readonly shape: Shape;
  readonly peer: string;
  readonly outcome: Outcome;
}

function rowOf({ shape, peer, outcome }: Cell, ours: Measurement | undefined): BenchRow {
  const base = { suite: SUITE, what: 'forward, backward, optimiser', peer, shape: label(shape) };
  if ('failure' in outcome) {
    const nothing = { medianMs: null, runs: 0, peakRssMiB: null, ratio: null, note: '' };
    return { ...base, ...nothing, skipped: outcome.failure };
  }
  const { measurement: m } = outcome;
  const differs = ours === undefined ? null : disagreement(ours, m);
  const row = { ...base, medianMs: m.medianMs, runs: m.samples, peakRssMiB: m.peakRssMiB, note: noteOf(m) };
  if (differs !== null) return { ...row, ratio: null, skipped: `computes something else: ${differs}` };
  const isOurs = peer.startsWith('ours');
  return { ...row, ratio: isOurs || ours === undefined ? null : m.medianMs / ours.medianMs };
}

async function measureShape(shape: Shape, small: boolean, noTorch: string | null): Promise<BenchRow[]> {
  const effort: Effort = small || values.quick ? { warmUp: 2, samples: 5 } : { warmUp: 2, samples: 7 };
  const cells: Cell[] = [];
  for (const peer of peersAt(small)) {
    say(`${label(shape)}: ${peer}`);
    const outcome =
      peer !== 'torch'
        ? await inNode(peer, shape, effort)
        : noTorch === null
          ? await inTorch(shape, effort)
          : { failure: noTorch };
    say('failure' in outcome ? `  ${outcome.failure}` : `  ${outcome.measurement.medianMs.toFixed(1)} ms`);
    cells.push({ shape, peer, outcome });
  }
  const headline = cells.find((cell) => cell.peer === HEADLINE)?.outcome;
  const ours = headline !== undefined && 'measurement' in headline ? headline.measurement : undefined;
  return cells.map((cell) => rowOf(cell, ours));
}

/** Ours against tfjs-wasm inside one process: one row for each build and thread count of ours. */
async function ratiosInOneProcess(shape: Shape): Promise<BenchRow[]> {
  const theirs = 'tfjs-wasm';
  const rows: BenchRow[] = [];
  say(`${label(shape)}: ${[...OURS, theirs].join(', ')} in one process`);
  const together = await oneProcess([...OURS, theirs], shape, values.quick ? 0.5 : 5);
  for (const name of OURS) {
    const what = `${theirs} / ${name}, one process`;
    const base = { suite: SUITE, what, peer: theirs, shape: label(shape), peakRssMiB: null };
    if ('failure' in together) {
      rows.push({ ...base, medianMs: null, runs: 0, ratio: null, note: '', skipped: together.failure });
      continue;
    }
    const [a, b] = [together.medians[name], together.medians[theirs]];
    const ratio = b.medianMs / a.medianMs;
    say(`  ${name}: ${ratio.toFixed(1)}x`);
    rows.push({
      ...base,
      medianMs: b.medianMs,
      runs: b.samples,
      ratio,
      note: `ours ${a.medianMs.toFixed(1)} ms`,
    });
  }
  return rows;
}

const busy = loadavg()[0];
if (busy > 0.5) say(`The machine is busy (load ${busy.toFixed(1)}): these figures are not worth keeping.`);
const noTorch = await torchMissing();
if (noTorch !== null) say(`torch: skipped, ${noTorch}`);
const shapes = values.quick ? SMALL : [...SMALL, ...FULL];
const rows: BenchRow[] = [];
for (const shape of shapes) {
  if (values.shape !== '' && `${shape.batch}x${shape.bins}` !== values.shape) continue;
  const small = SMALL.includes(shape);
  rows.push(...(await measureShape(shape, small, noTorch)));
  if ((shape === SMALL[0] || shape === FULL[0]) && 'tfjs-wasm'.includes(values.only)) {
    rows.push(...(await ratiosInOneProcess(shape)));
  }
}
const partial = values.only !== '' || values.shape !== '';
if (partial) say(JSON.stringify(rows, null, 2));
else say(`wrote bench/results/${basename(writeResults(SUITE, rows, { quick: values.quick }))}`);
const wrong = rows.filter((row) => row.skipped?.startsWith('computes something else') === true);
for (const row of wrong) say(`${row.peer} at ${row.shape} ${row.skipped ?? ''}`);
process.exitCode = wrong.length > 0 ? 1 : 0;
