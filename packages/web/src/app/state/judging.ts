// Runs judged on recordings: what was found before, and the job at hand.
import { proxy } from 'comlink';
import type { JudgedPair, JudgeRequest, LabEvent } from '../../workers/lab-desk.ts';
import { Observable } from './observable.ts';
import { endLab, lab, valueOf } from './threads.ts';

/** Every pair that the runs of this page were judged on; null until they were looked for. */
export const judged = new Observable<readonly JudgedPair[] | null>(null);

/** A long job of the view: what is done, in words and as a share. */
export interface Job {
  readonly what: string;
  readonly detail: string;
  readonly done: number;
  readonly total: number;
  readonly notes: readonly string[];
}

export const job = new Observable<Job | null>(null);

export async function refreshJudged(): Promise<void> {
  judged.set((await valueOf(lab().judgements())) ?? []);
}

/** One after another; the first fault ends them. What was judged before it is kept. */
export async function judgeAll(requests: readonly JudgeRequest[]): Promise<void> {
  await working('Judging', async (watch) => {
    for (const request of requests) if ((await valueOf(lab().judge(request, watch))) === undefined) return;
  });
  await refreshJudged();
}

/** Runs work that tells how far it is. */
export async function working<T>(
  what: string,
  work: (watch: (event: LabEvent) => void) => Promise<T>,
): Promise<T> {
  job.set({ what, detail: '', done: 0, total: 1, notes: [] });
  try {
    return await work(proxy(heard));
  } finally {
    job.set(null);
  }
}

/**
 * Ends the job at hand at once. Scoring and fitting hear no message between two answers, so their thread is ended; floors and pairs that
 * were finished are kept whole, and there is never a training in that thread while there is a job.
 */
export const stopJob = endLab;

function heard(event: LabEvent): void {
  job.update((now) => {
    if (now === null) return null;
    if (event.kind === 'note') return { ...now, notes: [...now.notes, event.line].slice(-6) };
    if (event.kind !== 'progress') return now;
    const { what, done, total, unit, detail } = event;
    return {
      ...now,
      what,
      done,
      total,
      detail: `${Math.floor(done)} of ${total} ${unit}${detail === '' ? '' : `, ${detail}`}`,
    };
  });
}
