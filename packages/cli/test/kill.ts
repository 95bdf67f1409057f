// Kills training with SIGKILL at random moments, resumes it, and compares the final weights with an uninterrupted run's.
// The suite does it at three moments, `npm run reproduce -- kill` at twenty.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { json, start } from './harness.ts';

const STEPS = 60;
const MOST_TRIES = 10;

/** A narrow net on few units, with averaging, dropout, own history and checkpoints: everything a resume must restore. */
export const TINY_RUN: readonly string[] = [
  '--deterministic',
  ...Object.entries({
    'data.units': 4,
    'net.width': 8,
    'net.heads': 2,
    'net.feedForward': 8,
    'net.dropout': 0.1,
    'training.context': 64,
    'training.batch': 2,
    'training.steps': STEPS,
    'training.warmupSteps': 3,
    'training.evaluateEverySteps': 10,
    'training.evaluateWindows': 4,
    'training.patience': 0,
    'training.checkpointEverySteps': 7,
    'training.logEverySteps': 5,
  }).flatMap(([key, value]) => ['--set', `${key}=${String(value)}`]),
];

export interface KillOptions {
  /** Where run folders are made; removed again where the weights agree. */
  readonly folder: string;
  readonly data: string;
  readonly threads: number;
  readonly moments: number;
  /** Starts the draw of moments. */
  readonly seed: number;
  readonly onMoment?: (done: number) => void;
}

export interface KillOutcome {
  /** SHA-256 of the last model.safetensors. */
  readonly uninterrupted: string;
  readonly resumed: readonly string[];
  /** Milliseconds after the start at which each process was killed, and whether it still ran then. */
  readonly kills: readonly { readonly after: number; readonly stillRan: boolean }[];
}

/** Each moment is one run: started, killed after a random time within the length of a whole run, resumed to its end. */
export async function killAndResume(options: KillOptions): Promise<KillOutcome> {
  const { folder, data, threads, moments, seed } = options;
  const args = ['train', '--data', data, ...TINY_RUN, '--threads', String(threads)];
  const whole = join(folder, `kill-whole-${String(threads)}`);
  rmSync(whole, { recursive: true, force: true });
  const started = performance.now();
  await json([...args, '--out', whole]);
  let length = performance.now() - started;
  const uninterrupted = finalWeights(whole);
  const draw = uniform(seed);
  const resumed: string[] = [];
  const kills: { after: number; stillRan: boolean }[] = [];
  for (let moment = 0; moment < moments; moment += 1) {
    const run = join(folder, `kill-${String(threads)}-${String(moment)}`);
    for (let tries = 0; kills.length <= moment; tries += 1) {
      rmSync(run, { recursive: true, force: true });
      const first = start([...args, '--out', run]);
      const after = draw() * length;
      await new Promise((resolve) => setTimeout(resolve, after));
      first.child.kill('SIGKILL');
      const stillRan = (await first.finished).signal === 'SIGKILL';
      // A machine that got faster since the whole run was timed ends before the blow: then an earlier moment is drawn.
      if (stillRan || tries === MOST_TRIES) kills.push({ after, stillRan });
      else length = after;
    }
    await json([...args, '--out', run, '--resume']);
    resumed.push(finalWeights(run));
    if (resumed.at(-1) === uninterrupted) rmSync(run, { recursive: true, force: true });
    options.onMoment?.(moment + 1);
  }
  rmSync(whole, { recursive: true, force: true });
  return { uninterrupted, resumed, kills };
}

function finalWeights(run: string): string {
  const path = join(run, 'checkpoints', `step-${String(STEPS).padStart(8, '0')}`, 'model.safetensors');
  return existsSync(path)
    ? createHash('sha256').update(readFileSync(path)).digest('hex')
    : 'no final checkpoint';
}

/** A small generator (mulberry32): the same moments for the same seed. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
