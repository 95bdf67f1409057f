// Cells that are in this page, the model they are called by, and the long job at hand. They go with the page.
import type { Species, SweepOptions } from '@spikebridge/model';
import { proxy } from 'comlink';
import type { Answer } from '../../host/fault-words.ts';
import type { PickedFile } from '../../host/file-location.ts';
import type {
  CellsProgress,
  CellsState,
  SweepQuestion,
  TakenCells,
  WatchCells,
} from '../../workers/cell-answers.ts';
import type { CellsDesk } from '../../workers/cells-desk.ts';
import { report, watched } from './faults.ts';
import { Observable } from './observable.ts';
import { cellsDesk, valueOf } from './threads.ts';

/** Null until the worker has said what there is. */
export const cells = new Observable<CellsState | null>(null);
export const work = new Observable<(CellsProgress & { readonly stopping: boolean }) | null>(null);
/** Files that wait for what they do not say. */
export const questions = new Observable<readonly SweepQuestion[]>([]);

export const choose = (species: Species, minAccuracy: number): Promise<void> =>
  taken('calling cells', (watch) => cellsDesk().choose(species, minAccuracy, watch));

export const takeCells = (files: readonly PickedFile[], options: SweepOptions = {}): Promise<void> =>
  taken('taking in files', (watch) => cellsDesk().take(files, options, watch));

/** Reads a file again, with what the user says of it. */
export async function answerQuestion(question: SweepQuestion, options: SweepOptions): Promise<void> {
  dropQuestion(question);
  await takeCells(question.files, options);
}

export const dropQuestion = (question: SweepQuestion): void =>
  questions.update((all) => all.filter((one) => one !== question));

/** One cell, or all of them. */
export async function removeCells(key: string | null): Promise<void> {
  const state = await valueOf(cellsDesk().remove(key));
  if (state !== undefined) cells.set(state);
}

export async function placeCells(): Promise<void> {
  const state = await busy('placing cells', (watch) => cellsDesk().place(watch));
  if (state !== undefined && state !== null) cells.set(state);
}

export const calls = {
  json: (): Promise<Blob | undefined> => busy('writing calls', (watch) => cellsDesk().json(watch)),
  csv: (): Promise<string | undefined> => valueOf(cellsDesk().csv()),
  report: (): Promise<string | undefined> => busy('writing the report', (watch) => cellsDesk().report(watch)),
} satisfies Partial<Record<keyof CellsDesk, unknown>>;

export function stopCells(): void {
  work.update((now) => (now === null ? null : { ...now, stopping: true }));
  watched(cellsDesk().stop());
}

async function taken(what: string, job: (watch: WatchCells) => Promise<Answer<TakenCells>>): Promise<void> {
  const found = await busy(what, job);
  if (found === undefined) return;
  cells.set(found.state);
  found.faults.forEach(report);
  questions.update((all) => [...all, ...found.questions]);
}

/** The job before: files that are dropped while it is at work wait for their turn. */
let before: Promise<unknown> = Promise.resolve();

/** The value of a long job, one after another; undefined after a fault, which is shown, or a stop, which is not. */
function busy<T>(what: string, job: (watch: WatchCells) => Promise<Answer<T>>): Promise<T | undefined> {
  const turn = before.then(async () => {
    work.set({ what, done: 0, total: 1, stopping: false });
    try {
      return await valueOf(
        job(
          proxy((progress: CellsProgress) =>
            work.update((now) => (now === null ? null : { ...progress, stopping: now.stopping })),
          ),
        ),
      );
    } finally {
      work.set(null);
    }
  });
  before = turn.catch(() => undefined);
  return turn;
}
