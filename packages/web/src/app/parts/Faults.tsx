import { dismiss, faults } from '../state/faults.ts';
import { useObservable } from '../state/observable.ts';

/** What went wrong, where, and what to do. */
export function Faults() {
  const shown = useObservable(faults);
  return (
    <div role="alert" className="faults">
      {shown.map(({ key, code, message, where, fix }) => (
        <div key={key} className="fault">
          <p>
            <strong>{message}</strong>
            {where === null ? null : <> ({where})</>}
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
