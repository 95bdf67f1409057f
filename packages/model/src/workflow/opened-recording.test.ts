// A fingerprint is the one that any SHA-256 gives of the same bytes, and tells apart what makes another recording.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { simulateInVivo } from '../recording/simulate-in-vivo.ts';
import type { Recording } from '../recording/types.ts';
import { fingerprintOf } from './opened-recording.ts';

const recording = simulateInVivo({ units: 3, seconds: 5, seed: 1 });

test('the fingerprint is over clock, ids, observed time and trains', () => {
  const { clock, units, observed, offsets, times } = recording;
  const hash = createHash('sha256');
  hash.update(JSON.stringify([clock, units.map(({ id }) => id), observed]));
  for (const array of [offsets, times]) hash.update(new Uint8Array(array.buffer));
  expect(fingerprintOf(recording)).toBe(hash.digest('hex'));
});

test('views into larger buffers have the fingerprint of their content', () => {
  const padded = Float64Array.from([7, ...recording.times, 9]);
  const view: Recording = { ...recording, times: padded.subarray(1, -1) };
  expect(fingerprintOf(view)).toBe(fingerprintOf(recording));
});

test('another tick, another id or another clock is another recording; labels are not', () => {
  const times = recording.times.slice();
  times[times.length - 1] += 1;
  const renamed = recording.units.map((unit, index) => (index === 0 ? { ...unit, id: 'other' } : unit));
  const clock = { ...recording.clock, denominator: recording.clock.denominator * 2 };
  const others = [{ times }, { units: renamed }, { clock }].map((change) =>
    fingerprintOf({ ...recording, ...change }),
  );
  expect(new Set([fingerprintOf(recording), ...others]).size).toBe(4);
  const labelled = recording.units.map((unit) => ({ ...unit, quality: 'good' }));
  expect(fingerprintOf({ ...recording, units: labelled })).toBe(fingerprintOf(recording));
});
