// What was dropped or picked: a run folder or its zip, or else a recording.
import type { PickedFile } from '../../host/file-location.ts';
import type { RecordingEntry } from '../../host/recording-list.ts';
import { recordingsIn } from '../../host/recordings-in.ts';
import { go, viewNow } from '../route.ts';
import { openFiles } from './recordings.ts';
import { refreshRuns } from './runs.ts';
import { lab, valueOf } from './threads.ts';

const CONFIG = 'config.resolved.yaml';

/** Goes to what was taken in. */
export async function takeIn(files: readonly PickedFile[]): Promise<void> {
  const config = files.find(({ file }) => file.name === CONFIG);
  const [first] = files;
  if (config !== undefined) await takeFolder(config.path.slice(0, -CONFIG.length), files);
  else if (files.length === 1 && /\.zip$/i.test(first.file.name)) await takeZip(first.file);
  else {
    const parts = recordingsIn(files);
    // Nothing in it: the reader says so.
    for (const one of parts.length === 0 ? [files] : parts) show(await openFiles(one));
  }
}

/** Goes to what was opened, where nobody has gone on to something else meanwhile. */
export const show = (entry: RecordingEntry | undefined): void => {
  if (entry !== undefined && viewNow() === 'open') go({ view: 'recording', id: entry.id });
};

async function takeFolder(top: string, files: readonly PickedFile[]): Promise<void> {
  const inside = files
    .filter(({ path }) => path.startsWith(top))
    .map(({ path, file }) => ({ path: path.slice(top.length), file }));
  const name = top.split('/').at(-2) ?? 'run';
  await taken((await valueOf(lab().takeFolder(name, inside))) !== undefined);
}

async function takeZip(file: File): Promise<void> {
  await taken((await valueOf(lab().takeZip(new Uint8Array(await file.arrayBuffer())))) !== undefined);
}

async function taken(there: boolean): Promise<void> {
  if (!there) return;
  await refreshRuns();
  go({ view: 'train' });
}
