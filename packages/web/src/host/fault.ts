// Faults on their way from a worker to the page: what, where, what to do, and a code that stays.
import { SpikebridgeError } from '@spikebridge/model';
import { faultOf } from './fault-words.ts';
import type { Answer, Fault } from './fault-words.ts';

/** What the page shows of an error. */
export function describe(error: unknown): Fault {
  if (!(error instanceof SpikebridgeError)) return faultOf(error);
  const { code, message, where = null, fix = null } = error;
  return { code, message, where, fix };
}

export async function answer<T>(work: () => T | Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { fault: describe(error) };
  }
}
