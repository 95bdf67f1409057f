// Work of a worker in turns: between two of them it tells how far it is, and hears what the page says meanwhile.
import { SpikebridgeError } from '@spikebridge/model';
import type { WatchCells } from './cell-answers.ts';

/** Tells how far the work is and lets the page be heard, at once where `now` is set; throws E_STOPPED after a stop. */
export type Breathe = (what: string, done: number, total: number, now?: boolean) => Promise<void>;

/** Milliseconds between two turns given back. */
const TURN_MILLISECONDS = 40;

export function breathing(watch: WatchCells, signal: AbortSignal): Breathe {
  let turn = -Infinity;
  return async (what, done, total, now = false) => {
    if (!now && performance.now() - turn < TURN_MILLISECONDS) return;
    watch({ what, done, total });
    // Calls of the page are heard between turns alone.
    await new Promise((next) => setTimeout(next));
    turn = performance.now();
    if (signal.aborted)
      throw new SpikebridgeError('E_STOPPED', 'the work was stopped', {
        fix: 'what was done before is kept',
      });
  };
}
