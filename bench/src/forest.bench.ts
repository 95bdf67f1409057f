// The forest suite: fitting 500 class-balanced trees on a table of the mouse table's size, on two threads and on one, against
// scikit-learn's forest on two. Turns alternate, so that other work on the machine meets both alike.
// Usage: node dist/forest.bench.js [--quick]; writes results/forest.json.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import {
  BALANCED_FOREST,
  fitForest,
  type GrowthJob,
  type TreeBlock,
  type TreeCrew,
} from '@spikebridge/model';
import { PYTHON } from './binner-numpy.ts';
import { SKLEARN_FOREST } from './forest-sklearn.ts';
import { median } from './figures.ts';
import type { BenchRow } from './figures.ts';
import { writeResults } from './results.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const SUITE = 'forest';
const SIZES = [448, 719, 214, 1546, 684].map((size) => (values.quick ? Math.round(size / 10) : size));
const COLUMNS = 41;
const TREES = values.quick ? 100 : 500;
const TURNS = values.quick ? 3 : 7;
const ROWS = SIZES.reduce((sum, size) => sum + size, 0);
const SHAPE = `${ROWS.toLocaleString('en')} x ${COLUMNS}, 5 classes, ${TREES} trees`;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Classes of the mouse table's sizes, each shifted in its own features, by so much that a forest is right nine times in ten. */
function problem(): { x: Float64Array; labels: Int32Array } {
  let state = 2463534242;
  const draw = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  const labels = Int32Array.from(SIZES.flatMap((size, c) => new Array<number>(size).fill(c)));
  const x = new Float64Array(ROWS * COLUMNS);
  labels.forEach((label, row) => {
    const common = normal();
    for (let f = 0; f < COLUMNS; f++) {
      x[row * COLUMNS + f] = normal() + 0.7 * common + (f % SIZES.length === label ? 1.1 : 0);
    }
  });
  return { x, labels };
}

/** Threads that stay, each growing its piece. */
function crewOf(threads: number): TreeCrew & { close(): Promise<unknown> } {
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('./forest-thread.js', import.meta.url)),
  );
  let next = 0;
  return {
    threads,
    grow: async (job: GrowthJob) => {
      const worker = workers[next++ % threads];
      worker.postMessage(job);
      const [block] = (await once(worker, 'message')) as [TreeBlock];
      return block;
    },
    close: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
}

const { x, labels } = problem();
const matrix = { rows: ROWS, columns: COLUMNS, values: x };
const one = crewOf(1);
const two = crewOf(2);
let accuracy = NaN;

async function fit(crew: TreeCrew, seed: number): Promise<number> {
  const start = performance.now();
  const options = { ...BALANCED_FOREST, trees: TREES };
  const forest = await fitForest(matrix, labels, { classes: SIZES.length, seed, groups: [] }, options, crew);
  const ms = performance.now() - start;
  if (Number.isNaN(accuracy)) accuracy = forest.outOfBagAccuracy() ?? NaN;
  return ms;
}

interface Report {
  readonly version: string;
  readonly ms: number;
  readonly peakRssMiB: number;
}

const folder = mkdtempSync(join(tmpdir(), 'forest-'));
writeFileSync(join(folder, 'x.f64'), x);
writeFileSync(join(folder, 'y.i32'), labels);
const child = spawn(PYTHON, ['-c', SKLEARN_FOREST, folder, String(ROWS), String(COLUMNS), String(TREES)], {
  stdio: ['pipe', 'pipe', 'pipe'],
});
let complaint = '';
child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
child.on('error', (error) => (complaint = error.message));
child.stdin.on('error', () => undefined);
const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

/** One fit by scikit-learn, or null when it is not there. */
async function peerTurn(): Promise<Report | null> {
  child.stdin.write('\n');
  const answer = await answers.next();
  return answer.done === true ? null : (JSON.parse(answer.value) as Report);
}

const ours: Record<'one' | 'two', number[]> = { one: [], two: [] };
const theirs: Report[] = [];
// The first turn warms both up and does not count.
for (let turn = 0; turn <= TURNS; turn++) {
  const times = { one: await fit(one, turn), two: await fit(two, turn) };
  const peer = await peerTurn();
  if (turn === 0) continue;
  ours.one.push(times.one);
  ours.two.push(times.two);
  if (peer !== null) theirs.push(peer);
  say(
    `  ${times.one.toFixed(0)} ms, two threads ${times.two.toFixed(0)} ms, scikit-learn ${peer?.ms.toFixed(0) ?? '-'} ms`,
  );
}
child.stdin.end();
await Promise.all([one.close(), two.close()]);
rmSync(folder, { recursive: true, force: true });

const base = { suite: SUITE, shape: SHAPE, what: 'fit', runs: TURNS };
const own = { peer: 'spikebridge', peakRssMiB: null, ratio: null };
const told = `out-of-bag accuracy ${accuracy.toFixed(3)}`;
const rows: BenchRow[] = [
  { ...base, ...own, medianMs: median(ours.two), note: `2 threads; ${told}` },
  { ...base, ...own, medianMs: median(ours.one), note: '1 thread' },
];
const peer = 'scikit-learn RandomForestClassifier';
if (theirs.length === TURNS) {
  const ms = median(theirs.map((report) => report.ms));
  const ratio = ms / median(ours.two);
  say(`  ratio ${ratio.toFixed(2)}`);
  rows.push({
    ...base,
    peer,
    medianMs: ms,
    peakRssMiB: Math.max(...theirs.map((report) => report.peakRssMiB)),
    ratio,
    note: `scikit-learn ${theirs[0].version}, 2 threads, another process, by turns`,
  });
} else {
  const skipped = complaint.trim().split('\n').at(-1) ?? 'failed';
  say(`  scikit-learn: ${skipped}`);
  rows.push({ ...base, runs: 0, peer, medianMs: null, peakRssMiB: null, ratio: null, note: '', skipped });
}
say(`wrote ${writeResults(SUITE, rows, { quick: values.quick })}`);
