// Faults that the page shows until they are read.
import { faultOf } from '../../host/fault-words.ts';
import type { Fault } from '../../host/fault-words.ts';
import { Observable } from './observable.ts';

export interface ShownFault extends Omit<Fault, 'where'> {
  readonly key: number;
  /** Where it was met: one reason may hold for many files. */
  readonly places: readonly string[];
}

export const faults = new Observable<readonly ShownFault[]>([]);
let count = 0;

/** Faults that can be read at once; older ones give way. */
const MOST = 8;

export function report({ where, ...fault }: Fault): void {
  count += 1;
  faults.update((all) => {
    const same = all.find(({ code, message }) => code === fault.code && message === fault.message);
    const places = [...new Set([...(same?.places ?? []), ...(where === null ? [] : [where])])];
    return [...all.filter((one) => one !== same), { ...fault, key: count, places }].slice(-MOST);
  });
}

export const dismiss = (key: number): void =>
  faults.update((all) => all.filter((fault) => fault.key !== key));

/** Shows what a promise of an event handler fails with. */
export const watched = (work: Promise<unknown>): void =>
  void work.catch((error: unknown) => report(faultOf(error)));
