// What a run makes by itself: as it comes, and when it is there. It goes on while other views are looked at.
import type { Recording } from '@spikebridge/model';
import { proxy } from 'comlink';
import type { Generated, GenerateRequest, LabEvent } from '../../workers/lab-desk.ts';
import { Observable } from './observable.ts';
import { lab, valueOf } from './threads.ts';

/** What is there so far. */
export interface Growing {
  readonly done: number;
  readonly total: number;
  /** Null before the first bins. */
  readonly recording: Recording | null;
  /** What was recorded, beside it; null where the run stands for another recording. */
  readonly real: Recording | null;
  readonly stopping: boolean;
}

export const growing = new Observable<Growing | null>(null);
/** The latest that was generated, and the run it came from. */
export const generated = new Observable<{ readonly run: string; readonly made: Generated } | null>(null);

export async function generate(request: GenerateRequest): Promise<void> {
  if (growing.get() !== null) return;
  generated.set(null);
  growing.set({ done: 0, total: request.bins, recording: null, real: null, stopping: false });
  try {
    const made = await valueOf(lab().generate(request, proxy(heard)));
    if (made !== undefined) generated.set({ run: request.run, made });
  } finally {
    growing.set(null);
  }
}

/** Ends it at its next bin; what is there by then is kept and compared. */
export function stopGenerating(): Promise<void> {
  growing.update((now) => (now === null ? null : { ...now, stopping: true }));
  return lab().stop();
}

function heard(event: LabEvent): void {
  growing.update((now) => {
    if (now === null) return null;
    if (event.kind === 'spikes') return { ...now, done: event.done, recording: event.recording };
    return event.kind === 'beside' ? { ...now, real: event.recording } : now;
  });
}
