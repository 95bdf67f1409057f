// A long job of a view, with a way to end it.
import { job, stopJob } from '../state/judging.ts';
import { useObservable } from '../state/observable.ts';

export function JobBar() {
  const now = useObservable(job);
  if (now === null) return null;
  return (
    <section className="job" aria-label="Job at hand">
      <div className="row">
        <progress aria-label={now.what} max={now.total} value={now.done} />
        <span role="status">
          {now.what}: {now.detail}
        </span>
        <button type="button" onClick={stopJob}>
          Stop
        </button>
      </div>
      <ul className="quiet">
        {now.notes.map((line, index) => (
          // Lines may repeat; they are only ever added at the end.
          <li key={index}>{line}</li>
        ))}
      </ul>
    </section>
  );
}
