// What stands in the list of recordings that the page keeps. Apart from the library, so that the page lists them by itself: its first view
// waits for no worker.
import type { ReadOptions, Recording, RunStore } from '@spikebridge/model';

export type Origin =
  { readonly kind: 'file' } | { readonly kind: 'url'; readonly url: string } | { readonly kind: 'simulated' };

/** What stands in a list of recordings. */
export interface RecordingEntry {
  /** First 16 digits of the fingerprint. */
  readonly id: string;
  readonly fingerprint: string;
  readonly name: string;
  readonly format: string;
  readonly units: number;
  readonly spikes: number;
  /** Observed, gaps left out. */
  readonly seconds: number;
  readonly reading: ReadOptions;
  readonly origin: Origin;
  /** Milliseconds since 1970. */
  readonly added: number;
}

/** The head of a kept recording: everything but its trains. */
export interface KeptRecording {
  readonly entry: RecordingEntry;
  readonly recording: Omit<Recording, 'times' | 'offsets'>;
}

export const headPath = (id: string): string => `${id}/recording.json`;

/** Null where the recording is not there, or not whole. */
export async function readHead(store: RunStore, id: string): Promise<KeptRecording | null> {
  const bytes = await store.read(headPath(id));
  return bytes === null ? null : (JSON.parse(new TextDecoder().decode(bytes)) as KeptRecording);
}

/** Latest first. `store`: the folder `recordings` of the page's file system. */
export async function listRecordings(store: RunStore): Promise<RecordingEntry[]> {
  const heads = await Promise.all((await store.list('')).map((id) => readHead(store, id)));
  return heads.flatMap((head) => (head === null ? [] : [head.entry])).sort((a, b) => b.added - a.added);
}
