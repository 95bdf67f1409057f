// Errors cross a thread's border as they are: code, place, remedy and exit code for people, the stack for --verbose.
import { SpikebridgeError } from '@spikebridge/model';
import { expect, test } from 'vitest';
import { describeFault, errorOf } from './worker-messages.ts';

/** What `postMessage` would leave of it. */
const carried = (error: unknown): Error => errorOf(structuredClone(describeFault(error)));

test('an error for people stays one', () => {
  const error = new SpikebridgeError('E_DATA_MISSING', 'not found', {
    where: 'runs/a',
    fix: 'say where',
    exitCode: 2,
  });
  const copy = carried(error);
  expect(copy).toBeInstanceOf(SpikebridgeError);
  expect(copy).toMatchObject({
    code: 'E_DATA_MISSING',
    message: 'not found',
    where: 'runs/a',
    fix: 'say where',
    exitCode: 2,
    stack: error.stack,
  });
});

test('an error without a place or remedy gets none', () => {
  const copy = carried(new SpikebridgeError('E_X', 'odd'));
  expect(copy).toMatchObject({ code: 'E_X', where: undefined, fix: undefined, exitCode: 1 });
});

test('an unexpected fault keeps message and stack, and does not pretend to be for people', () => {
  const fault = new TypeError('boom');
  const copy = carried(fault);
  expect(copy).not.toBeInstanceOf(SpikebridgeError);
  expect(copy.message).toBe('boom');
  expect(copy.stack).toBe(fault.stack);
  expect(carried('a string').message).toBe('a string');
});
