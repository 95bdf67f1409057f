// Recordings that are open in this page, and those it keeps from earlier.
import type { ReadOptions, Recording } from '@spikebridge/model';
import type { PickedFile } from '../../host/file-location.ts';
import { answer } from '../../host/fault.ts';
import { opfsStore } from '../../host/opfs-store.ts';
import { listRecordings } from '../../host/recording-list.ts';
import type { RecordingEntry } from '../../host/recording-list.ts';
import type { ClockQuestion, OpenedRecording, OpenRequest } from '../../workers/reader-desk.ts';
import { Observable } from './observable.ts';
import { endReader, reader, valueOf } from './threads.ts';

/** Latest first; null until the page's file system was looked at. */
export const entries = new Observable<readonly RecordingEntry[] | null>(null);
/** What is being opened, in words. */
export const opening = new Observable<string | null>(null);
/** A file that does not state its clock waits for an answer. */
export const question = new Observable<(ClockQuestion & { readonly request: OpenRequest }) | null>(null);

const loaded = new Map<string, Promise<Recording | undefined>>();

export async function refresh(): Promise<void> {
  entries.set((await valueOf(answer(async () => listRecordings(await opfsStore('recordings'))))) ?? []);
}

/** Once, at the start of the page. The reader's script is fetched when the first view stands, before anyone asks for it. */
export async function start(): Promise<void> {
  await refresh();
  reader();
}

/** Returns the entry, or undefined after a fault or while the page asks for the clock. */
export async function open(
  request: OpenRequest,
  reading: ReadOptions = {},
): Promise<RecordingEntry | undefined> {
  opening.set(nameOf(request));
  question.set(null);
  try {
    const opened = await Promise.race([valueOf(reader().open(request, reading)), cancelled()]);
    if (opened === undefined) return undefined;
    if ('question' in opened) {
      question.set({ ...opened, request });
      return undefined;
    }
    await take(opened);
    return opened.entry;
  } finally {
    opening.set(null);
  }
}

let cancel: (() => void) | undefined;

/** Answers when the user no longer wants to wait. */
const cancelled = (): Promise<undefined> => new Promise((resolve) => (cancel = () => resolve(undefined)));

/** Stops reading; nothing of the file is kept. */
export function cancelOpening(): void {
  endReader();
  cancel?.();
}

export const openFiles = (files: readonly PickedFile[]): Promise<RecordingEntry | undefined> =>
  open({ kind: 'files', files });

/** Opens several drops that are recordings of their own. */
export async function openSimulated(): Promise<readonly RecordingEntry[]> {
  opening.set('the simulated pair');
  try {
    const pair = (await Promise.race([valueOf(reader().simulate(1)), cancelled()])) ?? [];
    for (const opened of pair) await take(opened);
    return pair.map(({ entry }) => entry);
  } finally {
    opening.set(null);
  }
}

async function take({ entry, recording }: OpenedRecording): Promise<void> {
  loaded.set(entry.id, Promise.resolve(recording));
  await refresh();
}

/** The trains of a recording; read once. */
export function recordingOf(id: string): Promise<Recording | undefined> {
  const known = loaded.get(id);
  if (known !== undefined) return known;
  const found = valueOf(reader().load(id)).then((opened) => opened?.recording);
  loaded.set(id, found);
  return found;
}

export async function forget(id: string): Promise<void> {
  await valueOf(reader().remove(id));
  loaded.delete(id);
  await refresh();
}

const nameOf = (request: OpenRequest): string =>
  request.kind === 'url' ? request.url : (request.files[0]?.path.split('/')[0] ?? 'nothing');
