// 200 NWB files with something wrong in them: each gives what is still sound, with its reasons, or a typed error. Nothing crashes, nothing
// else is thrown, and the library is sound afterwards.
import { expect, it } from 'vitest';
import { SpikebridgeError } from '../../errors.ts';
import { memoryFile } from '../../formats/testing/nodeLocation.ts';
import { openSweeps, surveySweeps } from './index.ts';
import type { Survey } from './index.ts';
import type { Mutant } from './testing/mutate.ts';
import { NUMBERS, mutant, soundFile } from './testing/mutate.ts';
import { nwbBytes } from './testing/nwb-writer.ts';

const MUTANTS = 200;

/** The survey of a file or its typed error; anything else that is thrown is passed on. */
async function outcome(bytes: Uint8Array): Promise<Survey | SpikebridgeError> {
  try {
    const set = await openSweeps(memoryFile('mutant.nwb', bytes));
    try {
      return surveySweeps(set);
    } finally {
      set.close();
    }
  } catch (error) {
    if (error instanceof SpikebridgeError) return error;
    throw error;
  }
}

function check({ what, spoilt }: Mutant, found: Survey | SpikebridgeError): void {
  if (found instanceof SpikebridgeError) {
    expect(found.code, what).toMatch(/^E_(SWEEP|HDF5)_[A-Z]+$/);
    expect(found.message.length, what).toBeGreaterThan(20);
    expect(spoilt, `${what}: ${found.message}`).toBeUndefined();
    return;
  }
  expect(found.accepted.length + found.rejected.length, what).toBeGreaterThan(0);
  for (const { code, reason } of found.rejected) {
    expect(code, what).toMatch(/^[a-z][a-z0-9-]+$/);
    expect(reason, what).toMatch(/^[A-Z/a-z].{10,}\.$/s);
  }
  for (const { stimulus } of found.accepted) {
    expect([stimulus.amplitude, stimulus.start, stimulus.stop].every(Number.isFinite), what).toBe(true);
  }
  if (spoilt === undefined) return;
  // One sweep is lost, with a reason; the others are not.
  expect(
    found.rejected.some(({ sweep }) => sweep === spoilt),
    what,
  ).toBe(true);
  expect(
    found.accepted.map(({ header: { number } }) => number),
    what,
  ).toEqual(NUMBERS.filter((number) => number !== spoilt));
}

it('sound files are read whole, in every layout', async () => {
  for (const layout of ['allen', 'mies', 'recordings'] as const) {
    const found = await outcome(await nwbBytes(soundFile(layout)));
    expect(found).toMatchObject({ rejected: [] });
    if (!(found instanceof SpikebridgeError)) expect(found.accepted).toHaveLength(NUMBERS.length);
  }
});

it(
  `${MUTANTS} mutants each give a partial result with reasons or a typed error`,
  { timeout: 300_000 },
  async () => {
    const tally = new Map<string, number>();
    for (let index = 0; index < MUTANTS; index++) {
      const one = await mutant(index);
      const found = await outcome(one.bytes);
      check(one, found);
      const key =
        found instanceof SpikebridgeError
          ? found.code
          : found.accepted.length === NUMBERS.length
            ? 'whole'
            : 'partial';
      tally.set(key, (tally.get(key) ?? 0) + 1);
    }
    // The mutants reach every kind of outcome; a reader that gave up on all of them would not.
    expect(tally.get('partial') ?? 0).toBeGreaterThan(60);
    for (const code of ['E_SWEEP_NONE', 'E_SWEEP_FORMAT', 'E_SWEEP_ELECTRODE', 'E_HDF5_DAMAGED']) {
      expect(tally.get(code) ?? 0, code).toBeGreaterThan(0);
    }
    const afterwards = await outcome(await nwbBytes(soundFile('allen')));
    expect(afterwards).toMatchObject({ rejected: [] });
  },
);
