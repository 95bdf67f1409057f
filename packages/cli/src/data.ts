// From a path on the command line to a recording: read, said aloud, and known by the fingerprint of its trains.
import type { OpenedRecording, ReadOptions } from '@spikebridge/model';
import { openedRecording, openRecording } from '@spikebridge/model';
import { nodeLocation } from './host/location.ts';
import type { Terminal } from './terminal.ts';

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
  return openedRecording(recording, reading);
}
