// The workers behind the page, each started when it is first needed.
import { wrap } from 'comlink';
import type { Remote } from 'comlink';
import type { Answer } from '../../host/fault-words.ts';
import type { CellsDesk } from '../../workers/cells-desk.ts';
import type { LabDesk } from '../../workers/lab-desk.ts';
import type { ReaderDesk } from '../../workers/reader-desk.ts';
import { report } from './faults.ts';

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};

let reading: { readonly worker: Worker; readonly desk: Remote<ReaderDesk> } | undefined;

export function reader(): Remote<ReaderDesk> {
  if (reading === undefined) {
    const worker = new Worker(new URL('../../workers/reader.worker.ts', import.meta.url), { type: 'module' });
    reading = { worker, desk: wrap(worker) };
  }
  return reading.desk;
}

/** Ends whatever the reader is at; the next question starts another. */
export function endReader(): void {
  reading?.worker.terminate();
  reading = undefined;
}

export const lab = once((): Remote<LabDesk> =>
  wrap(new Worker(new URL('../../workers/lab.worker.ts', import.meta.url), { type: 'module' })),
);

export const cellsDesk = once((): Remote<CellsDesk> =>
  wrap(new Worker(new URL('../../workers/cells.worker.ts', import.meta.url), { type: 'module' })),
);

/** The value of an answer; undefined after a fault, which the page then shows. */
export async function valueOf<T>(answered: Promise<Answer<T>>): Promise<T | undefined> {
  const got = await answered;
  if ('value' in got) return got.value;
  report(got.fault);
  return undefined;
}
