// Recordings that are open in this page, and those it keeps from earlier.
import type { ReadOptions, Recording } from '@spikebridge/model';
import type { PickedFile } from '../../host/file-location.ts';
import { answer } from '../../host/fault.ts';
import { opfsStore } from '../../host/opfs-store.ts';
import { listRecordings } from '../../host/recording-list.ts';
import type { RecordingEntry } from '../../host/recording-list.ts';
import type { ClockQuestion, OpenedRecording, OpenRequest, PartQuestion } from '../../workers/reader-desk.ts';
import { Observable } from './observable.ts';
import { askToLast, lookAtRoom } from './storage.ts';
import { endReader, reader, valueOf } from './threads.ts';

/** Latest first; null until the page's file system was looked at. */
export const entries = new Observable<readonly RecordingEntry[] | null>(null);
/** What is being opened, in words. */
export const opening = new Observable<string | null>(null);
/** A question with what was asked for when it came up. */
interface Asked {
  readonly request: OpenRequest;
  readonly reading: ReadOptions;
}
export type AskedClock = ClockQuestion & Asked;
export type AskedPart = PartQuestion & Asked;

/** A file waits for what it does not say. */
export const question = new Observable<AskedClock | AskedPart | null>(null);

const loaded = new Map<string, Promise<Recording | undefined>>();

export async function refresh(): Promise<void> {
  entries.set((await valueOf(answer(async () => listRecordings(await opfsStore('recordings'))))) ?? []);
}

/** Once, at the start of the page. The reader's script is fetched when the first view stands, before anyone asks for it. */
export async function start(): Promise<void> {
  await refresh();
  reader();
  await lookAtRoom();
}

/** The opening before: a second drop waits for its turn. */
let before: Promise<unknown> = Promise.resolve();

function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const turn = before.then(async () => {
    opening.set(name);
    try {
      return await work();
    } finally {
      opening.set(null);
    }
  });
  before = turn.catch(() => undefined);
  return turn;
}

/** Returns the entry, or undefined after a fault or a stop, or while the page asks what the file does not say. */
export const open = (request: OpenRequest, reading: ReadOptions = {}): Promise<RecordingEntry | undefined> =>
  inTurn(nameOf(request), async () => {
    question.set(null);
    const opened = await valueOf(reader().open(request, reading));
    if (opened === undefined) return undefined;
    if ('question' in opened) {
      question.set({ ...opened, request, reading });
      return undefined;
    }
    await take(opened);
    return opened.entry;
  });

/** Stops reading; nothing of the file is kept. */
export const cancelOpening = endReader;

export const openFiles = (files: readonly PickedFile[]): Promise<RecordingEntry | undefined> =>
  open({ kind: 'files', files });

export const openSimulated = (): Promise<readonly RecordingEntry[]> =>
  inTurn('the simulated pair', async () => {
    const pair = (await valueOf(reader().simulate(1))) ?? [];
    for (const opened of pair) await take(opened);
    return pair.map(({ entry }) => entry);
  });

async function take({ entry, recording }: OpenedRecording): Promise<void> {
  loaded.set(entry.id, Promise.resolve(recording));
  await refresh();
  await askToLast();
}

/** The trains of a recording; read once. */
export function recordingOf(id: string): Promise<Recording | undefined> {
  const known = loaded.get(id);
  if (known !== undefined) return known;
  const found = valueOf(reader().load(id)).then((opened) => {
    // What could not be read now may be read another time.
    if (opened === undefined) loaded.delete(id);
    return opened?.recording;
  });
  loaded.set(id, found);
  return found;
}

export async function forget(id: string): Promise<void> {
  await valueOf(reader().remove(id));
  loaded.delete(id);
  await refresh();
  await lookAtRoom();
}

const nameOf = (request: OpenRequest): string =>
  request.kind === 'url' ? request.url : (request.files[0]?.path.split('/')[0] ?? 'nothing');
