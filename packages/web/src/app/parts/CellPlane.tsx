// Cells on a plane: those of a table, and the recordings placed among them.
import { useEffect, useState } from 'react';
import type { CellRow, CellsState } from '../../workers/cell-answers.ts';
import type { DrawnChart } from '../../workers/drawn-chart.ts';
import { placeCells, work } from '../state/cells.ts';
import { watched } from '../state/faults.ts';
import { useObservable } from '../state/observable.ts';
import { cellsDesk, valueOf } from '../state/threads.ts';
import { formatCount } from '../words.ts';
import { ChartFigure } from './ChartFigure.tsx';

interface Props {
  readonly state: CellsState;
  readonly chosen: CellRow | null;
}

export function CellPlane({ state, chosen }: Props) {
  const { reference, onPlane, unplaced, model } = state;
  const busy = useObservable(work) !== null;
  const [charts, setCharts] = useState<readonly DrawnChart[]>([]);
  const key = chosen?.key ?? null;
  useEffect(() => {
    let here = true;
    if (onPlane === 0) setCharts([]);
    else
      watched(
        valueOf(cellsDesk().plane(key)).then((found) => {
          if (here) setCharts(found ?? []);
        }),
      );
    return () => {
      here = false;
    };
  }, [state, onPlane, key]);
  return (
    <section aria-labelledby="cell-plane">
      <h2 id="cell-plane">On a plane</h2>
      {reference === 0 ? (
        <p>
          A plane needs many cells, and none come with the program: the model holds weights and the spread of
          its training cells, not the cells. Drop a table of features, such as the published ones
          (efeature_filtered.csv with label_visual.csv and 20200711_patchseq_metadata_mouse.csv), and the
          cells of your recordings are placed among its cells.
        </p>
      ) : (
        <>
          <p>
            UMAP of the model’s features, gaps filled with medians, standardised; classes are not seen.
            Neighbours are alike; distances between far groups, and their sizes, mean little. Recordings are
            placed among the table’s cells when the plane stands, and move none of them.
          </p>
          <p className="row">
            <button type="button" disabled={busy || model === null} onClick={() => watched(placeCells())}>
              {onPlane === 0 ? 'Place' : 'Place again'} {formatCount(reference)} cells
            </button>
            {unplaced === 0 ? null : (
              <span className="quiet">
                {unplaced === 1 ? 'A recording' : `${formatCount(unplaced)} recordings`} taken in since{' '}
                {unplaced === 1 ? 'is' : 'are'} not on it: place the cells again.
              </span>
            )}
          </p>
          <div className="charts two">
            {charts.map((chart) => (
              <ChartFigure key={chart.key} chart={chart} />
            ))}
          </div>
        </>
      )}
    </section>
  );
}
