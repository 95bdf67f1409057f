// One process computes cells: what the local pool, Snakemake and Slurm all start (`matrix --cell`). Each job is claimed first, what is there
// already is left alone, and a cell appears under its name only when it is whole.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MatrixJob, MatrixPlan, TrainedCell } from '@spikebridge/model';
import { cellNeeds, settingsOf, SpikebridgeError } from '@spikebridge/model';
import { trainRun } from '../commands/train.ts';
import { evaluateInThread } from '../evaluation-host.ts';
import { writeWhole } from '../host/files.ts';
import { holdInterrupt } from '../interrupt.ts';
import type { Terminal } from '../terminal.ts';
import { claimWhenFree } from './claims.ts';
import { cellFile } from './judge.ts';
import { recordingOf } from './recordings.ts';
import type { MatrixSetup } from './recordings.ts';

export interface Work {
  readonly setup: MatrixSetup;
  readonly plan: MatrixPlan;
  /** Ids of the cells to compute. */
  readonly ids: readonly string[];
  readonly threads: number | undefined;
  readonly terminal: Terminal;
}

/**
 * Computes cells, job by job. Returns false where Ctrl-C came first.
 * @throws E_MATRIX_CELL where no cell has an id, E_MATRIX_NEEDS where what a cell rests on is not there, and whatever computing throws
 */
export async function computeNamed(work: Work): Promise<boolean> {
  const jobs = jobsOf(work);
  const interrupt = holdInterrupt(() => undefined);
  try {
    for (const job of jobs) if (interrupt.signal.aborted || !(await computeJob(job, work))) return false;
    return true;
  } finally {
    interrupt.release();
  }
}

/** The jobs of the cells that were named, each with those alone. */
function jobsOf({ plan, ids, setup }: Work): MatrixJob[] {
  const unknown = ids.find((id) => !plan.cells.some((cell) => cell.id === id));
  if (unknown !== undefined)
    throw new SpikebridgeError('E_MATRIX_CELL', `the manifest has no cell ${unknown}`, {
      where: '--cell',
      fix: 'matrix --dry-run lists the cells; an id changes with the recordings and the configuration it is made from',
      exitCode: 2,
    });
  const jobs = plan.jobs
    .map((job) => ({ ...job, cells: job.cells.filter(({ id }) => ids.includes(id)) }))
    .filter(({ cells }) => cells.length > 0);
  for (const cell of jobs.flatMap(({ cells }) => cells)) {
    const lacking = cellNeeds(cell).find(
      ({ id }) => !ids.includes(id) && !existsSync(cellFile(setup.out, { id })),
    );
    if (lacking !== undefined)
      throw new SpikebridgeError('E_MATRIX_NEEDS', `${cell.id} rests on ${lacking.id}, which is not there`, {
        where: '--cell',
        fix: `compute --cell ${lacking.id} first`,
      });
  }
  return jobs;
}

/** False where Ctrl-C came first. */
async function computeJob(job: MatrixJob, work: Work): Promise<boolean> {
  const { setup, terminal } = work;
  const isThere = () => job.cells.every((cell) => existsSync(cellFile(setup.out, cell)));
  if (isThere()) {
    terminal.note(`${job.id}: there already`);
    return true;
  }
  const interrupt = holdInterrupt(() => undefined);
  const claim = await claimWhenFree(setup.out, job.id, {
    signal: interrupt.signal,
    onWait: () => terminal.note(`${job.id}: another process is at it; waiting`),
  });
  interrupt.release();
  if (claim === undefined) return false;
  // Two processes must not write one run: a process that was taken for dead lets go at once.
  claim.lost.addEventListener('abort', () => {
    terminal.warn(`${job.id}: another process has taken it over; this one stops`);
    process.exit(1);
  });
  try {
    // Whoever had the claim may have finished.
    if (isThere()) return true;
    const [first] = job.cells;
    return first.kind === 'trained' ? await train(first, work) : await score(job, work);
  } finally {
    claim.release();
  }
}

async function score({ cells }: MatrixJob, { setup, threads, terminal }: Work): Promise<boolean> {
  const scoring = cells.flatMap((cell) => (cell.kind === 'trained' ? [] : [cell]));
  const outcome = await evaluateInThread(
    { what: 'cells', task: { setup, cells: scoring, threads } },
    terminal,
  );
  return outcome.status === 'computed';
}

/** Trains a run, or goes on with it from its newest checkpoint; the cell's file says that it is finished. */
async function train(cell: TrainedCell, { setup, threads, terminal }: Work): Promise<boolean> {
  const { manifest, out } = setup;
  const { entry, path, reading } = recordingOf(setup, cell.source);
  const { fs, binUnitMs, select } = reading;
  const trained = await trainRun(
    {
      ...terminal.options,
      ...{ data: path, out: join(out, cell.run), resume: true },
      ...{ preset: manifest.preset, loss: cell.loss, seed: cell.seed, set: settingsOf(manifest, entry) },
      ...(threads === undefined ? {} : { threads }),
      ...(fs === undefined ? {} : { fs }),
      ...(binUnitMs === undefined ? {} : { binUnit: binUnitMs }),
      ...(select === undefined ? {} : { select }),
    },
    terminal,
  );
  if (trained === undefined || trained.result.status === 'interrupted') return false;
  const { id, source, loss, seed, run } = cell;
  const { result, seconds, configHash } = trained;
  const about = { schema: 'spikebridge.matrix-run/1', id, source, loss, seed, run, configHash };
  writeWhole(cellFile(out, cell), `${JSON.stringify({ ...about, ...result, seconds }, null, 2)}\n`);
  return true;
}
