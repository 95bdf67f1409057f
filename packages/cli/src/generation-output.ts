// Where sampled trains go: a SpikeInterface archive, an NWB file or a Phy folder, whole or not at all.
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import type { Recording } from '@spikebridge/model';
import { encodeNwb, encodeSpikeInterfaceNpz, phyFiles, SpikebridgeError } from '@spikebridge/model';
import { refuseToOverwrite, writeTogether, writeWhole } from './host/files.ts';
import { hostCall } from './host/location.ts';

export type TrainFormat = 'npz' | 'nwb' | 'phy';

/**
 * The format of an output, before anything is computed for it: as stated, else by its name.
 * @throws E_OUTPUT_FORMAT, E_OUTPUT_KIND, E_OUTPUT_EXISTS
 */
export function checkTrainOutput(out: string, stated: TrainFormat | undefined, force: boolean): TrainFormat {
  const isFolder = hostCall(out, () => statSync(out, { throwIfNoEntry: false }))?.isDirectory();
  const format = stated ?? formatOf(out, isFolder === true);
  if (format === undefined)
    throw new SpikebridgeError('E_OUTPUT_FORMAT', 'the name does not say in which format to write', {
      where: out,
      fix: 'end it in .npz (SpikeInterface), .nwb or / (a Phy folder), or add --format npz, nwb or phy',
      exitCode: 2,
    });
  if (isFolder !== undefined && isFolder !== (format === 'phy'))
    throw new SpikebridgeError('E_OUTPUT_KIND', `the output is a ${isFolder ? 'folder' : 'file'}`, {
      where: out,
      fix: `name a ${isFolder ? 'file' : 'folder'}: --format ${format} writes one`,
      exitCode: 2,
    });
  // An empty folder is no output yet.
  if (isFolder !== true || hostCall(out, () => readdirSync(out)).length > 0) refuseToOverwrite(out, force);
  return format;
}

function formatOf(out: string, isFolder: boolean): TrainFormat | undefined {
  if (isFolder || /[/\\]$/.test(out)) return 'phy';
  return /\.npz$/i.test(out) ? 'npz' : /\.nwb$/i.test(out) ? 'nwb' : undefined;
}

/** Writes trains with a record of where they come from. */
export async function writeTrains(
  out: string,
  format: TrainFormat,
  recording: Recording,
  provenance: Readonly<Record<string, unknown>>,
): Promise<void> {
  const text = JSON.stringify(provenance);
  if (format === 'npz') writeWhole(out, encodeSpikeInterfaceNpz(recording, text));
  else if (format === 'phy') writeTogether(out, phyFiles(recording, text));
  else {
    const session = {
      identifier: `spikebridge-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`,
      description: 'Spike trains sampled from a trained model; not a recording.',
      start: '1970-01-01T00:00:00+00:00',
      created: new Date().toISOString(),
      notes: text,
    };
    writeWhole(out, await encodeNwb(recording, session));
  }
}
