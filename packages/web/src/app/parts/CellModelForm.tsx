// By which model cells are called, how sure a call must be, and what should be known of the model.
import type { Species } from '@spikebridge/model';
import type { CellsState } from '../../workers/cell-answers.ts';
import { remember, useRoute } from '../route.ts';
import { choose, work } from '../state/cells.ts';
import { watched } from '../state/faults.ts';
import { useObservable } from '../state/observable.ts';
import { formatCount } from '../words.ts';

const ACCURACIES = [
  { value: 0.9, says: 'right 90 % of the time' },
  { value: 0.95, says: 'right 95 % of the time' },
  { value: 0.98, says: 'right 98 % of the time' },
  { value: 0, says: 'any: call every cell' },
] as const;

export function CellModelForm({ state }: { readonly state: CellsState }) {
  const { query } = useRoute();
  const busy = useObservable(work) !== null;
  const { species, minAccuracy, model } = state;
  const change = (to: Species, least: number): void => {
    remember({ ...query, species: to, min: String(least) });
    watched(choose(to, least));
  };
  return (
    <section aria-labelledby="cell-model">
      <h2 id="cell-model">Model</h2>
      <div className="grid">
        <label>
          Species of the cells
          <select
            value={species}
            disabled={busy}
            onChange={(event) => change(event.target.value === 'human' ? 'human' : 'mouse', minAccuracy)}
          >
            <option value="mouse">mouse</option>
            <option value="human">human</option>
          </select>
        </label>
        <label>
          Call where held-out cells as sure were
          <select
            value={minAccuracy}
            disabled={busy}
            onChange={(event) => change(species, Number(event.target.value))}
          >
            {ACCURACIES.some(({ value }) => value === minAccuracy) ? null : (
              <option value={minAccuracy}>right {100 * minAccuracy} % of the time</option>
            )}
            {ACCURACIES.map(({ value, says }) => (
              <option key={value} value={value}>
                {says}
              </option>
            ))}
          </select>
        </label>
      </div>
      {model === null ? (
        <p>
          No model for {species} comes with the program: the table it would be made from may not be passed on.
          Build one from your own copy with{' '}
          <code>
            spikebridge celltype train --species {species} --tables FOLDER --out {species}.safetensors
          </code>{' '}
          and drop it above. Features, spikes and sweeps are shown without one.
        </p>
      ) : (
        <>
          <p>
            <strong>{model.card.name}</strong> ({model.own ? 'your file' : 'comes with the program'}):{' '}
            {model.classes.join(', ')} from {model.features} features; {formatCount(model.card.cells)} cells
            of {formatCount(model.card.donors)} donors. On donors held out: macro-F1{' '}
            {model.card.heldOut.macroF1.toFixed(3)}, accuracy {model.card.heldOut.accuracy.toFixed(3)}, ECE{' '}
            {model.card.heldOut.ece.toFixed(3)} (n = {formatCount(model.card.heldOut.n)}).
          </p>
          <details>
            <summary>Its limits and its data</summary>
            <ul>
              {model.card.limits.map((limit) => (
                <li key={limit}>{limit}</li>
              ))}
            </ul>
            <p>
              {model.card.data}. Terms, as far as known: {model.card.licence}.
            </p>
          </details>
        </>
      )}
    </section>
  );
}
