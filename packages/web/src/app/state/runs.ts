// Runs that the page keeps, and the one it trains.
import type { TrainingProgress } from '@spikebridge/model';
import { proxy } from 'comlink';
import { useEffect } from 'react';
import type { BrokenRun, RunEntry } from '../../host/run-shelf.ts';
import type { LabEvent, TrainRequest } from '../../workers/lab-desk.ts';
import { watched } from './faults.ts';
import { Observable, useObservable } from './observable.ts';
import { lab, valueOf } from './threads.ts';

export interface LossPoint {
  readonly step: number;
  readonly loss: number;
  /** bits/spike on source validation, where it was judged at this step. */
  readonly bits: number | null;
}

/** The training at hand. */
export interface Training {
  readonly run: string | null;
  readonly device: string | null;
  readonly why: string | null;
  /** What is done before the first step, in words. */
  readonly preparing: string | null;
  readonly progress: TrainingProgress | null;
  readonly points: readonly LossPoint[];
  /** Raw bits/spike of floors on source validation, by name. */
  readonly floors: Readonly<Record<string, number | null>>;
  /** What happened on the way that a user should know: a GPU that was lost. */
  readonly notes: readonly string[];
  readonly stopping: boolean;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** By name; null until the page's file system was looked at. */
export const runs = new Observable<readonly RunEntry[] | null>(null);
/** What lies among them and cannot be read. */
export const brokenRuns = new Observable<readonly BrokenRun[]>([]);
export const training = new Observable<Training | null>(null);

/** The run that goes on by itself when the page is loaded again; of this tab. */
const UNDERWAY = 'spikebridge.run-underway';

export async function refreshRuns(): Promise<void> {
  const found = await valueOf(lab().runs());
  runs.set(found?.runs ?? []);
  brokenRuns.set(found?.broken ?? []);
}

/** Once, at the start of the page: a run of this tab that was cut short goes on. */
export async function takeUpRun(): Promise<void> {
  const underway = sessionStorage.getItem(UNDERWAY);
  if (underway === null) return;
  await refreshRuns();
  const left = runs
    .get()
    ?.find(({ id, status }) => id === underway && status !== 'finished' && status !== 'early-stop');
  if (left === undefined) sessionStorage.removeItem(UNDERWAY);
  else if (training.get() === null) await resumeRun(left.id);
}

/** Runs of the page, looked for when a view first asks: the worker that holds them is most of the page's script. */
export function useRuns(): readonly RunEntry[] | null {
  useEffect(() => {
    if (runs.get() === null) watched(refreshRuns());
  }, []);
  return useObservable(runs);
}

export const startRun = (request: TrainRequest): Promise<void> =>
  follow(null, (watch) => valueOf(lab().train(request, watch)));

export const resumeRun = (id: string): Promise<void> =>
  follow(id, async (watch) => {
    const earlier = (await valueOf(lab().metrics(id))) ?? [];
    training.update((now) => (now === null ? null : { ...now, points: earlier.flatMap(pointOf) }));
    return valueOf(lab().resume(id, watch));
  });

export function stopRun(): void {
  training.update((now) => (now === null ? null : { ...now, stopping: true }));
  watched(lab().stop());
}

export async function removeRun(id: string): Promise<void> {
  await valueOf(lab().removeRun(id));
  await refreshRuns();
}

/** One at a time: a second is not begun. */
async function follow(
  run: string | null,
  work: (watch: (event: LabEvent) => void) => Promise<unknown>,
): Promise<void> {
  if (training.get() !== null) return;
  training.set({
    ...{ run, device: null, why: null, progress: null, stopping: false, floors: {}, notes: [] },
    ...{ preparing: null, points: [], since: Date.now() },
  });
  try {
    const result = await work(proxy(heard));
    // What stopped by itself or by the user does not go on by itself.
    if (result !== undefined) sessionStorage.removeItem(UNDERWAY);
  } finally {
    training.set(null);
    await refreshRuns();
  }
}

function heard(event: LabEvent): void {
  const now = training.get();
  if (now === null) return;
  if (event.kind === 'begun') {
    const { run, device, why } = event;
    sessionStorage.setItem(UNDERWAY, run);
    training.set({ ...now, run, device, why });
  } else if (event.kind === 'note') training.set({ ...now, notes: [...now.notes, event.line.trim()] });
  else if (event.kind === 'progress')
    training.set({
      ...now,
      preparing: `${event.what}: ${Math.floor(event.done)} of ${event.total} ${event.unit}`,
    });
  else if (event.kind === 'floors') training.set({ ...now, floors: event.floors });
  else if (event.kind === 'step') {
    const { progress } = event;
    const { step, loss, validation } = progress;
    const judged = validation?.bitsPerSpike ?? null;
    const before = now.progress?.validation?.bitsPerSpike ?? null;
    const point = { step, loss, bits: judged !== before ? judged : null };
    // Resumed, it goes over steps that were lost.
    const kept = thinned(now.points.filter((known) => known.step < step));
    training.set({ ...now, progress, points: [...kept, point] });
  }
}

/** More than a curve of a page's width can show. */
const MOST_POINTS = 2000;

/** Every second loss goes where there are too many; what validation said stays. */
const thinned = (points: readonly LossPoint[]): readonly LossPoint[] =>
  points.length < MOST_POINTS ? points : points.filter(({ bits }, index) => bits !== null || index % 2 === 0);

/** A row of metrics.jsonl: losses and judgements have rows of their own. */
function pointOf(row: Readonly<Record<string, unknown>>): LossPoint[] {
  const { kind, step, loss, bitsPerSpike } = row;
  if (typeof step !== 'number') return [];
  if (kind === 'validation')
    return [{ step, loss: NaN, bits: typeof bitsPerSpike === 'number' ? bitsPerSpike : null }];
  return typeof loss === 'number' ? [{ step, loss, bits: null }] : [];
}
