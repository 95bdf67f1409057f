import { dismiss, faults } from '../state/faults.ts';
import { useObservable } from '../state/observable.ts';

/** What went wrong, where, and what to do. */
export function Faults() {
  const shown = useObservable(faults);
  return (
    <div role="alert" className="faults">
      {shown.map(({ key, code, message, places, fix }) => (
        <div key={key} className="fault">
          <p>
            <strong>{message}</strong>
            {places.length === 0 ? null : <> ({placesIn(places)})</>}
          </p>
          {fix === null ? null : <p>{fix}</p>}
          <p className="quiet">
            <code>{code}</code>{' '}
            <button type="button" onClick={() => dismiss(key)}>
              Dismiss
            </button>
          </p>
        </div>
      ))}
    </div>
  );
}

/** Places that are read out; of more, how many. */
const NAMED = 10;

const placesIn = (places: readonly string[]): string =>
  [
    ...places.slice(0, NAMED),
    ...(places.length > NAMED ? [`and ${String(places.length - NAMED)} more`] : []),
  ].join(', ');
