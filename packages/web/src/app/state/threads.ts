// The workers behind the page, each started when it is first needed.
import { wrap } from 'comlink';
import type { Remote } from 'comlink';
import type { Answer, Fault } from '../../host/fault-words.ts';
import { STOPPED } from '../../host/fault-words.ts';
import type { CellsDesk } from '../../workers/cells-desk.ts';
import type { LabDesk } from '../../workers/lab-desk.ts';
import type { ReaderDesk } from '../../workers/reader-desk.ts';
import { report } from './faults.ts';

type Call = (...words: readonly unknown[]) => Promise<unknown>;

/**
 * A worker that is there while it is needed. One that could not start, broke off or was ended answers nothing by itself, so whoever waits
 * for an answer of it is told; the next question starts another.
 */
class Thread<T> {
  readonly #start: () => Worker;
  #running: { readonly desk: Remote<T>; readonly end: (fault: Fault) => void } | undefined;

  constructor(start: () => Worker) {
    this.#start = start;
  }

  readonly desk = (): Remote<T> => (this.#running ??= this.#run()).desk;

  readonly end = (): void => this.#running?.end(STOPPED);

  #run() {
    const worker = this.#start();
    const remote = wrap<T>(worker) as unknown as Record<PropertyKey, Call>;
    /** Who waits for an answer. */
    const waiting = new Set<(ended: { readonly fault: Fault }) => void>();
    const asked = (key: PropertyKey, words: readonly unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        waiting.add(resolve);
        remote[key](...words)
          .then(resolve, reject)
          .finally(() => waiting.delete(resolve));
      });
    const running = {
      desk: new Proxy({} as Remote<T>, {
        get:
          (_, key) =>
          (...words: unknown[]) =>
            asked(key, words),
      }),
      end: (fault: Fault): void => {
        worker.terminate();
        if (this.#running === running) this.#running = undefined;
        for (const tell of waiting) tell({ fault });
      },
    };
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      running.end(brokenOff(event.message));
    });
    worker.addEventListener('messageerror', () => running.end(brokenOff('an answer could not be read')));
    return running;
  }
}

const brokenOff = (message: string | undefined): Fault => ({
  code: 'E_WORKER',
  message: 'a part of the page could not be loaded, or broke off',
  where: message === undefined || message === '' ? null : message,
  fix: 'see that the page is still served, then reload it; what was kept is not lost',
});

const readerThread = new Thread<ReaderDesk>(
  () => new Worker(new URL('../../workers/reader.worker.ts', import.meta.url), { type: 'module' }),
);
const labThread = new Thread<LabDesk>(
  () => new Worker(new URL('../../workers/lab.worker.ts', import.meta.url), { type: 'module' }),
);
const cellsThread = new Thread<CellsDesk>(
  () => new Worker(new URL('../../workers/cells.worker.ts', import.meta.url), { type: 'module' }),
);

export const reader = readerThread.desk;
export const lab = labThread.desk;
export const cellsDesk = cellsThread.desk;

/** Ends whatever the reader is at; who waits for it gets nothing. */
export const endReader = readerThread.end;
/** The same of what computes: for work that loses nothing but itself, never for a training. */
export const endLab = labThread.end;

/** The value of an answer; undefined after a fault, which the page then shows, or a stop, which it does not. */
export async function valueOf<T>(answered: Promise<Answer<T>>): Promise<T | undefined> {
  const got = await answered;
  if ('value' in got) return got.value;
  if (got.fault.code !== STOPPED.code) report(got.fault);
  return undefined;
}
