// What happens on the way of a long job, in order, as the page hears it.
import type { Listener, PredictorKey, Recording, TrainingProgress } from '@spikebridge/model';
import { SpikebridgeError } from '@spikebridge/model';

export type LabEvent =
  | { readonly kind: 'note'; readonly line: string }
  | {
      readonly kind: 'begun';
      readonly run: string;
      readonly device: string;
      readonly why: string;
    }
  | { readonly kind: 'step'; readonly progress: TrainingProgress }
  /** Raw bits/spike of floors on source validation. */
  | { readonly kind: 'floors'; readonly floors: Readonly<Partial<Record<PredictorKey, number | null>>> }
  | {
      readonly kind: 'progress';
      readonly what: string;
      readonly done: number;
      readonly total: number;
      readonly unit: string;
      readonly detail: string;
    }
  /** What was recorded where a generated stretch stands. */
  | { readonly kind: 'beside'; readonly recording: Recording }
  /** Trains sampled so far. */
  | { readonly kind: 'spikes'; readonly done: number; readonly recording: Recording };

export type Watch = (event: LabEvent) => unknown;

/** A job's way to be ended and to tell how far it is. */
export interface JobHost {
  readonly signal: AbortSignal;
  readonly watch: Watch;
}

/** Events a second that a page can use. */
const SAY_EVERY_MILLISECONDS = 100;

/** True at most ten times a second, and always for the last. */
export function paced(): (last: boolean) => boolean {
  let said = -Infinity;
  return (last) => {
    const now = performance.now();
    if (!last && now - said < SAY_EVERY_MILLISECONDS) return false;
    said = now;
    return true;
  };
}

/** What the model package says on its way, to the page. The signal ends work that knows no signal at its next word. */
export function listenerOf({ signal, watch }: JobHost): Listener {
  const heed = (): void => {
    if (signal.aborted)
      throw new SpikebridgeError('E_STOPPED', 'stopped as you asked; what was finished before is kept');
  };
  return {
    note: (line) => {
      heed();
      watch({ kind: 'note', line });
    },
    keep: () => undefined,
    progress(what, total, unit) {
      const due = paced();
      const say = (done: number, detail = ''): void =>
        void watch({ kind: 'progress', ...{ what, done, total, unit, detail } });
      say(0);
      return {
        update(done, detail) {
          heed();
          if (due(done >= total)) say(done, detail);
        },
        stop: () => undefined,
      };
    },
  };
}
