// Faults on their way from a worker to the page: what, where, what to do, and a code that stays.
import { SpikebridgeError } from '@spikebridge/model';
import { faultOf } from './fault-words.ts';

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly where: string | null;
  readonly fix: string | null;
}

/** An answer of a worker. Faults are values: messages between threads would lose their code. */
export type Answer<T> = { readonly value: T } | { readonly fault: Fault };

export async function answer<T>(work: () => T | Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof SpikebridgeError)) return { fault: faultOf(error) };
    const { code, message, where = null, fix = null } = error;
    return { fault: { code, message, where, fix } };
  }
}
