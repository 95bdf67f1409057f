// The training at hand, on every view: a long job is never out of sight.
import { hrefOf } from '../route.ts';
import { useObservable } from '../state/observable.ts';
import { stopRun, training } from '../state/runs.ts';
import { formatSeconds } from '../words.ts';

export function RunBar() {
  const now = useObservable(training);
  if (now === null) return null;
  const { run, steps, progress, stopping } = now;
  const left = progress?.secondsLeft;
  return (
    <section className="runbar" aria-label="Training at hand">
      <a href={hrefOf({ view: 'train' })}>{run ?? 'Preparing to train'}</a>
      <progress aria-label="Steps" max={steps ?? 1} value={progress?.step ?? 0} />
      <span>
        {progress === null || steps === null ? 'choosing a device' : `step ${progress.step} of ${steps}`}
        {left === undefined || !Number.isFinite(left) ? '' : `, ${formatSeconds(Math.round(left))} left`}
      </span>
      <button type="button" onClick={stopRun} disabled={stopping}>
        {stopping ? 'Writing a checkpoint ...' : 'Pause'}
      </button>
    </section>
  );
}
