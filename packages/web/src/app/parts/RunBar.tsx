// What the page computes, on every view: a long job is never out of sight.
import { hrefOf, useRoute } from '../route.ts';
import { watched } from '../state/faults.ts';
import { growing, stopGenerating } from '../state/generating.ts';
import { job, stopJob } from '../state/judging.ts';
import { useObservable } from '../state/observable.ts';
import { stopRun, training } from '../state/runs.ts';
import { formatSeconds } from '../words.ts';

export function RunBar() {
  const { view } = useRoute();
  return (
    <>
      <TrainingBar />
      {/* Their own views show more of them. */}
      {view === 'judge' ? null : <JudgingBar />}
      {view === 'generate' ? null : <GeneratingBar />}
    </>
  );
}

function TrainingBar() {
  const now = useObservable(training);
  if (now === null) return null;
  const { run, preparing, progress, stopping } = now;
  const left = progress?.secondsLeft;
  return (
    <section className="runbar" aria-label="Training at hand">
      <a href={hrefOf({ view: 'train' })}>{run ?? 'Preparing to train'}</a>
      <progress aria-label="Steps" max={progress?.steps ?? 1} value={progress?.step ?? 0} />
      <span>
        {progress === null
          ? (preparing ?? 'choosing a device')
          : `step ${progress.step} of ${progress.steps}`}
        {left === undefined || !Number.isFinite(left) ? '' : `, ${formatSeconds(Math.round(left))} left`}
      </span>
      <button type="button" onClick={stopRun} disabled={stopping}>
        {stopping ? 'Writing a checkpoint ...' : 'Pause'}
      </button>
    </section>
  );
}

function JudgingBar() {
  const now = useObservable(job);
  if (now === null) return null;
  return (
    <section className="runbar" aria-label="Judging at hand">
      <a href={hrefOf({ view: 'judge' })}>{now.what}</a>
      <progress aria-label={now.what} max={now.total} value={now.done} />
      <span>{now.detail}</span>
      <button type="button" onClick={stopJob}>
        Stop
      </button>
    </section>
  );
}

function GeneratingBar() {
  const now = useObservable(growing);
  if (now === null) return null;
  return (
    <section className="runbar" aria-label="Generating at hand">
      <a href={hrefOf({ view: 'generate' })}>Generating</a>
      <progress aria-label="Generating" max={now.total} value={now.done} />
      <span>
        {formatSeconds(now.done / 1000)} of {formatSeconds(now.total / 1000)}
      </span>
      <button type="button" disabled={now.stopping} onClick={() => watched(stopGenerating())}>
        {now.stopping ? 'Stopping ...' : 'Stop'}
      </button>
    </section>
  );
}
