// The ranking suite: exact pooled ROC-AUC and average precision (maximum F1 with them) over 128 x 400,000 scores, against
// scikit-learn's roc_auc_score + average_precision_score on the same file, and per unit for the record.
// Usage: node dist/ranking.bench.js [--quick]; writes results/ranking.json.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Ranker, type RankingMetrics } from '@spikebridge/core-wasm';
import { add, configure, cycle, suite } from 'benny';
import { PYTHON } from './binner-numpy.ts';
import { SKLEARN_RANKING } from './ranking-sklearn.ts';
import type { BenchRow } from './figures.ts';
import { writeResults } from './results.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const SUITE = 'ranking';
const UNITS = 128;
const BINS = values.quick ? 10_000 : 400_000;
const SHAPE = `${UNITS} x ${BINS.toLocaleString('en')} scores`;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Probabilities as a model gives them: small, of very different units, a little higher where a spike follows. (bins, units) */
function problem(): { scores: Float32Array; labels: Uint8Array; words: Uint32Array } {
  const scores = new Float32Array(BINS * UNITS);
  const labels = new Uint8Array(BINS * UNITS);
  const words = new Uint32Array((BINS * UNITS) / 32);
  let state = 12345;
  const draw = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const rate = Float64Array.from({ length: UNITS }, () => 0.001 + 0.1 * draw() ** 4);
  for (let i = 0; i < scores.length; i++) {
    const p = Math.min(1, rate[i % UNITS] * (0.3 + 2 * draw() ** 2));
    scores[i] = p;
    if (draw() < p) {
      labels[i] = 1;
      words[i >> 5] |= 1 << (i & 31);
    }
  }
  return { scores, labels, words };
}

const { scores, labels, words } = problem();
/** Rows handed over at a time, as the evaluation does it. */
const CHUNK = 5000;

function ingest(): Ranker {
  const ranker = new Ranker({ units: UNITS, bins: BINS });
  for (let from = 0; from < BINS; from += CHUNK) {
    const to = Math.min(BINS, from + CHUNK);
    ranker.add(
      scores.subarray(from * UNITS, to * UNITS),
      words.subarray((from * UNITS) / 32, (to * UNITS) / 32),
    );
  }
  return ranker;
}

const medians = new Map<string, { ms: number; runs: number }>();
let pooled: RankingMetrics = ingest().pooled();
const options = values.quick ? { minSamples: 5, maxTime: 0.5 } : { minSamples: 5, maxTime: 5 };
const POOLED = 'pooled ROC-AUC + AP + max F1';
const PER_UNIT = 'the same for each unit';
await suite(
  SHAPE,
  add(POOLED, () => void (pooled = ingest().pooled()), options),
  add(PER_UNIT, () => void ingest().perUnit(), options),
  configure({ minDisplayPrecision: 2 }),
  cycle((one) => {
    medians.set(one.name, { ms: one.details.median * 1000, runs: one.samples });
    return `  ${one.name} ${(one.details.median * 1000).toFixed(1)} ms`;
  }),
);
const of = (name: string): { ms: number; runs: number } => medians.get(name) ?? { ms: NaN, runs: 0 };
const base = { suite: SUITE, shape: SHAPE };
const rows: BenchRow[] = [POOLED, PER_UNIT].map((what) => ({
  ...base,
  what,
  peer: 'spikebridge',
  medianMs: of(what).ms,
  runs: of(what).runs,
  peakRssMiB: null,
  ratio: null,
  note:
    what === POOLED
      ? `ROC-AUC ${pooled.rocAuc.toFixed(9)}, AP ${pooled.averagePrecision.toFixed(9)}, 1 thread, 8 bytes a score while it runs`
      : '1 thread',
}));

interface Report {
  readonly version: string;
  readonly rocAuc: number;
  readonly averagePrecision: number;
  readonly ms: number;
  readonly runs: number;
  readonly peakRssMiB: number;
}

const peer = 'scikit-learn roc_auc_score + average_precision_score';
const folder = mkdtempSync(join(tmpdir(), 'ranking-'));
try {
  writeFileSync(join(folder, 'scores.f32'), scores);
  writeFileSync(join(folder, 'labels.u8'), labels);
  const { stdout } = await promisify(execFile)(PYTHON, [
    '-c',
    SKLEARN_RANKING,
    folder,
    values.quick ? '3' : '1',
  ]);
  const report = JSON.parse(stdout) as Report;
  // Both are exact; scikit-learn adds up trapezoids and steps in doubles, millions of them: 1e-9.
  const apart = Math.max(
    Math.abs(report.rocAuc - pooled.rocAuc),
    Math.abs(report.averagePrecision - pooled.averagePrecision),
  );
  if (apart > 1e-9) throw new Error(`scikit-learn has ${stdout.trim()}, ${apart} away`);
  const ratio = report.ms / of(POOLED).ms;
  say(
    `  scikit-learn ${report.ms.toFixed(0)} ms: ratio ${ratio.toFixed(1)}, values within ${apart.toExponential(1)}`,
  );
  rows.push({
    ...base,
    what: POOLED,
    peer,
    medianMs: report.ms,
    runs: report.runs,
    peakRssMiB: report.peakRssMiB,
    ratio,
    note: `scikit-learn ${report.version}, without max F1; another process; values equal within ${apart.toExponential(1)}`,
  });
} catch (error) {
  const missing = error instanceof Error ? error.message : 'failed';
  // Disagreement is a failure; a missing Python or scikit-learn is not.
  if (missing.startsWith('scikit-learn has')) process.exitCode = 1;
  const skipped = missing.split('\n')[0];
  say(`  scikit-learn: ${skipped}`);
  rows.push({
    ...base,
    what: POOLED,
    peer,
    medianMs: null,
    runs: 0,
    peakRssMiB: null,
    ratio: null,
    note: '',
    skipped,
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
say(`wrote ${writeResults(SUITE, rows, { quick: values.quick })}`);
