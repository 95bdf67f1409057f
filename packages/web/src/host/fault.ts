// Faults on their way from a worker to the page: what, where, what to do, and a code that stays.
import { SpikebridgeError } from '@spikebridge/model';
import { faultOf } from './fault-words.ts';
import type { Answer } from './fault-words.ts';

export async function answer<T>(work: () => T | Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof SpikebridgeError)) return { fault: faultOf(error) };
    const { code, message, where = null, fix = null } = error;
    return { fault: { code, message, where, fix } };
  }
}
