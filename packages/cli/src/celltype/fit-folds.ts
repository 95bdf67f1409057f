// Fits on folds in threads, each answer kept as soon as it is there, with progress and Ctrl-C: what `celltype evaluate` and `celltype transfer` share.
import { availableParallelism } from 'node:os';
import type { FoldJob, Matrix } from '@spikebridge/model';
import { aborted, holdInterrupt } from '../interrupt.ts';
import { startProgress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { errorOf } from '../worker-messages.ts';
import { WorkerPool } from '../worker-pool.ts';
import { AnswerStore } from './answer-store.ts';
import type { FoldAnswer } from './fold-worker.ts';

export interface FoldWork<Job extends FoldJob, Request, Result> {
  readonly terminal: Terminal;
  /** `evaluation`, for people. */
  readonly name: string;
  /** The thread's module, a built one. */
  readonly module: URL;
  /** What the thread is sent for a job. */
  readonly ask: (job: Job) => Request;
  /** Fits that there will be. */
  readonly fits: number;
  /** Where answers are kept; nowhere if left out. */
  readonly out: string | undefined;
  readonly jobs: number | undefined;
  /** Calls `run` for each job, `atOnce` of them at a time, and `onFold` after each. */
  readonly compute: (folds: {
    readonly atOnce: number;
    readonly run: (job: Job) => Promise<Matrix>;
    readonly onFold: (done: number, all: number, label: string) => void;
  }) => Promise<Result>;
}

/** The result, or undefined after Ctrl-C, which is told. @throws whatever a fit throws */
export async function fitFolds<Job extends FoldJob, Request, Result extends object>(
  work: FoldWork<Job, Request, Result>,
): Promise<Result | undefined> {
  const { terminal, name, module, ask, fits, out, jobs, compute } = work;
  const store = out === undefined ? undefined : new AnswerStore(out);
  const pool = new WorkerPool<Request, FoldAnswer>(module, jobs ?? availableParallelism());
  const interrupt = holdInterrupt(() => undefined);
  const progress = startProgress(terminal, name, fits, 'fits');
  const run = async (job: Job): Promise<Matrix> => {
    const kept = store?.kept(job);
    if (kept !== undefined) return kept;
    const answer = await pool.run(ask(job));
    if (answer.kind === 'fault') throw errorOf(answer.fault);
    if (!interrupt.signal.aborted) store?.keep(job, answer.p);
    return answer.p;
  };
  try {
    const computing = compute({
      ...{ atOnce: pool.size, run },
      onFold: (done, _, label) => progress.update(done, label),
    });
    const found = await Promise.race([computing, aborted(interrupt.signal)]);
    if (found !== undefined) return found;
  } finally {
    progress.stop();
    interrupt.release();
    await pool.close();
  }
  const hint =
    out === undefined
      ? 'nothing was kept: --out keeps folds'
      : `folds that are done are kept in ${out}: the same command goes on`;
  const kept = out ?? null;
  terminal.result(`${name} interrupted; ${hint}`, {
    ...{ schema: 'spikebridge.interruption/1', interrupted: true, kept },
  });
  return undefined;
}
