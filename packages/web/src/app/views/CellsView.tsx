// Cell types: recordings and tables in, calls out, a sheet of the chosen cell, and all of them on a plane.
import { useEffect, useState } from 'react';
import { CellModelForm } from '../parts/CellModelForm.tsx';
import { CellPlane } from '../parts/CellPlane.tsx';
import { CellSheetView } from '../parts/CellSheetView.tsx';
import { CellTable } from '../parts/CellTable.tsx';
import { DropPlace } from '../parts/DropPlace.tsx';
import { SweepQuestionForm } from '../parts/SweepQuestionForm.tsx';
import { remember, useRoute } from '../route.ts';
import { cells, choose, questions, stopCells, takeCells, work } from '../state/cells.ts';
import { watched } from '../state/faults.ts';
import { useObservable } from '../state/observable.ts';

export default function CellsView() {
  const state = useObservable(cells);
  const waiting = useObservable(questions);
  const { query } = useRoute();
  const busy = useObservable(work) !== null;
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (asked || cells.get() !== null || work.get() !== null) return;
    setAsked(true);
    const least = Number(query['min'] ?? 0.95);
    watched(choose(query['species'] === 'human' ? 'human' : 'mouse', least >= 0 && least < 1 ? least : 0.95));
  }, [query, asked]);
  const chosen = state?.rows.find(({ key }) => key === query['cell']) ?? null;
  return (
    <>
      <h1>Cell types</h1>
      <p>
        From a patch-clamp recording, or a table of its features, to the transcriptomic subclass of the cell:
        a calibrated call, or none and why.
      </p>
      <CellDrop />
      <CellWork />
      {waiting.map((question) => (
        <SweepQuestionForm key={question.files[0].path + question.fault.code} question={question} />
      ))}
      {state === null ? (
        <p className="row">
          <span role="status">
            {busy || !asked ? 'Fetching the model ...' : 'The model could not be fetched.'}
          </span>
          {busy || !asked ? null : (
            <button type="button" onClick={() => setAsked(false)}>
              Try again
            </button>
          )}
        </p>
      ) : (
        <>
          <CellModelForm state={state} />
          <h2>Calls</h2>
          <CellTable
            state={state}
            chosen={chosen?.key ?? null}
            onChosen={(key) => remember({ ...query, cell: key })}
          />
          {chosen === null ? null : <CellSheetView key={chosen.key} row={chosen} state={state} />}
          <CellPlane state={state} chosen={chosen} />
        </>
      )}
    </>
  );
}

function CellDrop() {
  return (
    <DropPlace
      label="Take in cells"
      onFiles={takeCells}
      says={
        <>
          Drop recordings here, a cell each: NWB, or traces as CSV or npy. Or tables of features: CSV (with a
          column map as YAML where its columns have names of their own), npz or Parquet of{' '}
          <code>celltype extract</code>, the published tables. Or a model of your own (.safetensors of{' '}
          <code>celltype train</code>).
        </>
      }
    />
  );
}

/** The long job at hand, with its stop. */
function CellWork() {
  const now = useObservable(work);
  if (now === null) return null;
  const { what, done, total, stopping } = now;
  return (
    <p className="row">
      <progress aria-label={what} max={total} {...(total > 1 ? { value: done } : {})} />
      <span role="status">{what} ...</span>
      <button type="button" onClick={stopCells} disabled={stopping}>
        {stopping ? 'Stopping ...' : 'Stop'}
      </button>
    </p>
  );
}
