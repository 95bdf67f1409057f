// From a path on the command line to a recording: read, said aloud, and known by the fingerprint of its trains.
import { createHash } from 'node:crypto';
import type { ReadOptions, Recording } from '@spikebridge/model';
import { openRecording } from '@spikebridge/model';
import { nodeLocation } from './host/location.ts';
import type { Terminal } from './terminal.ts';

export interface OpenedRecording {
  readonly recording: Recording;
  /** What the user stated to read it; needed again to read it the same way. */
  readonly reading: ReadOptions;
  readonly fingerprint: string;
}

/** Opens a recording and tells what its reader assumed (notes) and found odd (warnings). */
export async function openData(
  path: string,
  reading: ReadOptions,
  terminal: Terminal,
): Promise<OpenedRecording> {
  const recording = await openRecording(nodeLocation(path), reading);
  terminal.note(
    `${recording.name}: ${recording.format}, ${recording.units.length} units, ${recording.times.length} spikes`,
  );
  for (const line of recording.assumptions) terminal.note(`  assumed: ${line}`);
  if (!terminal.options.quiet) for (const line of recording.warnings) terminal.warn(line);
  return { recording, reading, fingerprint: fingerprintOf(recording) };
}

/**
 * SHA-256 over clock, unit ids and spike times: the same trains have the same fingerprint wherever the file lies and
 * whatever its format's padding.
 */
export function fingerprintOf(recording: Recording): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([recording.clock, recording.units.map((unit) => unit.id), recording.observed]));
  for (const array of [recording.offsets, recording.times])
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest('hex');
}
