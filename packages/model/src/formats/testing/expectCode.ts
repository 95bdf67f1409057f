// The one assertion all format tests share: a clear error with this code, and a sentence a person can act on.
import { expect } from 'vitest';
import { SpikebridgeError } from '../../errors.ts';

/** Runs `work` and returns its SpikebridgeError, failing when it succeeds or throws anything else. */
export async function failure(work: () => unknown): Promise<SpikebridgeError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof SpikebridgeError) return error;
    throw error;
  }
  throw new Error('no error was thrown');
}

/** Expects the stable code, and returns the error for a look at its words. */
export async function expectCode(work: () => unknown, code: string): Promise<SpikebridgeError> {
  const error = await failure(work);
  expect(error.code).toBe(code);
  expect(error.message.length).toBeGreaterThan(20);
  return error;
}
