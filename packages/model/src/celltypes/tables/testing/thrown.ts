// What a refusal says: its code and its words, for tests.
import { SpikebridgeError } from '../../../errors.ts';

/** Code and message of what `attempt` throws, with where and fix; fails where it throws none. */
export function refusal(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof SpikebridgeError)) throw error;
    return [error.code, error.message, error.where, error.fix].join(' | ');
  }
  throw new Error('nothing was thrown');
}
