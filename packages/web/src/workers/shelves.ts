// What the page keeps, as a job uses it.
import { opfsStore } from '../host/opfs-store.ts';
import { RecordingLibrary } from '../host/recording-library.ts';
import { RunShelf } from '../host/run-shelf.ts';

export interface Shelves {
  readonly recordings: RecordingLibrary;
  readonly runs: RunShelf;
}

/** @throws E_STORAGE */
export async function openShelves(): Promise<Shelves> {
  const [recordings, runs] = await Promise.all([opfsStore('recordings'), opfsStore('runs')]);
  return { recordings: new RecordingLibrary(recordings), runs: new RunShelf(runs) };
}
