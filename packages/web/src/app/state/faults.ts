// Faults that the page shows until they are read.
import { faultOf } from '../../host/fault-words.ts';
import type { Fault } from '../../host/fault-words.ts';
import { Observable } from './observable.ts';

export interface ShownFault extends Fault {
  readonly key: number;
}

export const faults = new Observable<readonly ShownFault[]>([]);
let count = 0;

export function report(fault: Fault): void {
  count += 1;
  const shown = { ...fault, key: count };
  faults.update((all) => [...all.filter(({ message }) => message !== fault.message), shown].slice(-3));
}

export const dismiss = (key: number): void =>
  faults.update((all) => all.filter((fault) => fault.key !== key));

/** Shows what a promise of an event handler fails with. */
export const watched = (work: Promise<unknown>): void =>
  void work.catch((error: unknown) => report(faultOf(error)));
