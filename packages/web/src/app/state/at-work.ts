// Whether the page computes. Training, judging and generating share a thread: one at a time.
import { growing } from './generating.ts';
import { job } from './judging.ts';
import { useObservable } from './observable.ts';
import { training } from './runs.ts';

export type AtWork = 'training' | 'judging' | 'generating';

export function useAtWork(): AtWork | null {
  const learning = useObservable(training) !== null;
  const judging = useObservable(job) !== null;
  const making = useObservable(growing) !== null;
  return learning ? 'training' : judging ? 'judging' : making ? 'generating' : null;
}
