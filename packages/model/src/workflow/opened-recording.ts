// A recording with how it was read and what it is known by.
import { Sha256 } from '../config/sha256.ts';
import type { ReadOptions } from '../formats/types.ts';
import type { Recording } from '../recording/types.ts';

export interface OpenedRecording {
  readonly recording: Recording;
  /** What the user stated to read it; needed again to read it the same way. */
  readonly reading: ReadOptions;
  readonly fingerprint: string;
}

export const openedRecording = (recording: Recording, reading: ReadOptions): OpenedRecording => ({
  recording,
  reading,
  fingerprint: fingerprintOf(recording),
});

/**
 * SHA-256 over clock, unit ids and spike times: the same trains have the same fingerprint wherever the file lies and
 * whatever its format's padding.
 */
export function fingerprintOf(recording: Recording): string {
  const hash = new Sha256();
  const told = [recording.clock, recording.units.map((unit) => unit.id), recording.observed];
  hash.update(new TextEncoder().encode(JSON.stringify(told)));
  for (const array of [recording.offsets, recording.times])
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.hex();
}
