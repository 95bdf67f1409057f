// Work that reads a backend now and then, written once for backends that answer at once and for those that answer later: a generator
// that yields what it reads, and two ways to run it. What goes wrong while reading is thrown inside the work, so that it gives back
// what it holds.
import type { Eventually } from '../../engine/backend.ts';
import { SpikebridgeError } from '../../errors.ts';

/** Yields what is read, gets the values. */
export type Reading<T> = Generator<readonly Eventually<Float32Array>[], T, readonly Float32Array[]>;

/** Runs to the end at once. @throws E_BACKEND_LATER where the backend answers later. */
export function readAtOnce<T>(work: Reading<T>): T {
  let turn = work.next();
  while (turn.done !== true) {
    const values = turn.value.filter((value) => value instanceof Float32Array);
    turn =
      values.length === turn.value.length
        ? work.next(values)
        : work.throw(
            new SpikebridgeError(
              'E_BACKEND_LATER',
              'this backend answers later, and is asked for an answer at once',
              { fix: 'use the form that returns a promise, or a backend on the CPU' },
            ),
          );
  }
  return turn.value;
}

/** Runs on any backend. */
export async function readLater<T>(work: Reading<T>): Promise<T> {
  let turn = work.next();
  while (turn.done !== true) {
    const asked = turn.value;
    let values: readonly Float32Array[];
    try {
      values = await Promise.all(asked.map(async (value) => value));
    } catch (error) {
      turn = work.throw(error);
      continue;
    }
    turn = work.next(values);
  }
  return turn.value;
}
