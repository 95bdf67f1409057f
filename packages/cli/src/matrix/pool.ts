// The local pool: child processes of this very program, each computing the cells of one job. What is done is told by files alone, so that
// a pool that is stopped, killed or joined by another one loses nothing and does nothing twice.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { MatrixCell, MatrixJob, MatrixPlan } from '@spikebridge/model';
import { CELL_KINDS, cellNeeds } from '@spikebridge/model';
import { hostCall } from '../host/location.ts';
import { holdInterrupt } from '../interrupt.ts';
import { startProgress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { isClaimed } from './claims.ts';
import { cellFile } from './judge.ts';
import { TimeLeft } from './time-left.ts';

export interface Pool {
  readonly plan: MatrixPlan;
  readonly manifest: string;
  readonly out: string;
  /** Processes at a time. */
  readonly jobs: number;
  /** Threads of each. */
  readonly threads: number;
  readonly terminal: Terminal;
}

export interface PoolOutcome {
  readonly interrupted: boolean;
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly job: string;
  /** Where all that the process said is kept, in the folder of the matrix. */
  readonly log: string;
  /** What it said last of what went wrong. */
  readonly reason: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly since: number;
  /** What it is to compute. */
  readonly cells: readonly MatrixCell[];
}

const TICK_MS = 250;
/** Progress is shown when something changes, and this often otherwise: the time left runs down. */
const SHOW_MS = 30_000;

/** Floors serve every row of a source and give the first judged cells; judging comes before training more, so that results come early. */
const FIRST: readonly MatrixJob['kind'][] = ['floors', 'judged', 'trained'];

/** Computes every cell that is not there. Returns when all are there, or nothing more can be done, or Ctrl-C has stopped the children. */
export async function runPool(pool: Pool): Promise<PoolOutcome> {
  const { plan, out, terminal } = pool;
  const here = new Set<string>();
  const isThere = (id: string) => {
    if (!here.has(id) && existsSync(cellFile(out, { id }))) here.add(id);
    return here.has(id);
  };
  const countOf = (job: MatrixJob) => job.cells.filter(({ id }) => isThere(id)).length;
  const isDone = (job: MatrixJob) => countOf(job) === job.cells.length;
  const queue = [...plan.jobs].sort((a, b) => FIRST.indexOf(a.kind) - FIRST.indexOf(b.kind));
  const running = new Map<MatrixJob, Running>();
  const failures = new Map<MatrixJob, Failure>();
  const timeLeft = new TimeLeft(plan.jobs, pool.jobs);
  const interrupt = holdInterrupt(() => {
    terminal.note('\nstopping: what is done is kept (Ctrl-C again: leave at once)');
    for (const { child } of running.values()) child.stdin?.end();
  });
  const progress = startProgress(terminal, 'matrix', plan.cells.length, 'cells', () =>
    timeLeft.seconds(isDone),
  );
  let shown = { text: '', at: -Infinity };
  const show = () => {
    const text = describe(plan, isThere, running);
    const now = performance.now();
    if (text === shown.text && now - shown.at < SHOW_MS) return;
    shown = { text, at: now };
    progress.update(
      plan.jobs.reduce((sum, job) => sum + countOf(job), 0),
      text,
    );
  };
  const ended = (job: MatrixJob, { since, cells }: Running, how: string) => {
    running.delete(job);
    const computed = cells.filter(({ id }) => isThere(id)).length;
    timeLeft.took(job.kind, (performance.now() - since) / 1000, computed);
    if (computed < cells.length && !interrupt.signal.aborted) failures.set(job, failureOf(out, job, how));
  };
  const isSettled = (job: MatrixJob): boolean =>
    isDone(job) ||
    failures.has(job) ||
    // What it rests on has failed, for all of its cells that are left.
    (!running.has(job) && job.needs.every(isSettled) && possible(job).length === 0);
  const possible = (job: MatrixJob) =>
    job.cells.filter((cell) => !isThere(cell.id) && cellNeeds(cell).every(({ id }) => isThere(id)));
  try {
    for (;;) {
      const ready = queue.filter(
        (job) =>
          !running.has(job) && !isSettled(job) && job.needs.every(isSettled) && !isClaimed(out, job.id),
      );
      if (!interrupt.signal.aborted)
        for (const job of ready.slice(0, Math.max(0, pool.jobs - running.size))) {
          const cells = possible(job);
          const started = { child: startChild(pool, job, cells), since: performance.now(), cells };
          running.set(job, started);
          started.child.once('error', (error) => ended(job, started, error.message));
          started.child.once('exit', (code, signal) =>
            ended(job, started, `ended with ${signal ?? `code ${String(code)}`}`),
          );
        }
      show();
      // What another command has claimed is not settled: it is waited for, and taken over should that one die.
      if (running.size === 0 && (interrupt.signal.aborted || queue.every(isSettled))) break;
      await new Promise((done) => setTimeout(done, TICK_MS));
    }
  } finally {
    progress.stop();
    interrupt.release();
  }
  return { interrupted: interrupt.signal.aborted, failures: [...failures.values()] };
}

const logOf = (out: string, { id }: MatrixJob): string => join(out, 'logs', `${id.replaceAll('/', '.')}.log`);

/** How this very program is started again on the runtime that runs it. */
function ownCommand(): readonly [string, ...string[]] {
  const isDeno = 'deno' in process.versions;
  const runtime = isDeno ? ['run', '--quiet', '--allow-all', '--no-lock'] : process.execArgv;
  return [process.execPath, ...runtime, process.argv[1]];
}

/** The pipe to its standard input is its leash: a child whose parent ends it, or dies, stops as at Ctrl-C. */
function startChild(
  { manifest, out, threads }: Pool,
  job: MatrixJob,
  cells: readonly MatrixCell[],
): ChildProcess {
  const log = logOf(out, job);
  const [command, ...leading] = ownCommand();
  const words = ['matrix', manifest, '--out', out, '--threads', String(threads), '--leashed'];
  return hostCall(log, () => {
    mkdirSync(dirname(log), { recursive: true });
    const descriptor = openSync(log, 'a');
    try {
      return spawn(command, [...leading, ...words, '--cell', ...cells.map(({ id }) => id)], {
        stdio: ['pipe', descriptor, descriptor],
      });
    } finally {
      closeSync(descriptor);
    }
  });
}

function failureOf(out: string, job: MatrixJob, how: string): Failure {
  const log = logOf(out, job);
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
  const at = lines.findLastIndex((line) => line.startsWith('error '));
  const reason = at < 0 ? how : lines.slice(at).join('\n');
  return { job: job.id, log: relative(out, log), reason };
}

/** `trained 3/24, floors 8/64, judged 17/192; now trained/slice.bce.1`. */
function describe(
  plan: MatrixPlan,
  isThere: (id: string) => boolean,
  running: ReadonlyMap<MatrixJob, Running>,
): string {
  const counts = CELL_KINDS.map((kind) => {
    const cells = plan.cells.filter((cell) => cell.kind === kind);
    return `${kind} ${String(cells.filter(({ id }) => isThere(id)).length)}/${String(cells.length)}`;
  });
  const now = [...running.keys()].map(({ id }) => id.replace(/-[0-9a-f]+$/, ''));
  return counts.join(', ') + (now.length === 0 ? '' : `; now ${now.join(', ')}`);
}
