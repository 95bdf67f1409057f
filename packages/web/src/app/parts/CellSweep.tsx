// One sweep of a recording, drawn anew for each that is asked for: samples stay in the file.
import { useEffect, useState } from 'react';
import type { SweepLine } from '../../workers/cell-sheet.ts';
import type { DrawnChart } from '../../workers/drawn-chart.ts';
import { watched } from '../state/faults.ts';
import { cellsDesk, valueOf } from '../state/threads.ts';
import { ChartFigure } from './ChartFigure.tsx';

interface Props {
  readonly cellKey: string;
  readonly sweeps: readonly SweepLine[];
  readonly sweep: number;
  readonly onSweep: (sweep: number) => void;
}

export function CellSweep({ cellKey, sweeps, sweep, onSweep }: Props) {
  const [charts, setCharts] = useState<readonly DrawnChart[] | null>(null);
  useEffect(() => {
    let here = true;
    watched(
      valueOf(cellsDesk().sweep(cellKey, sweep)).then((found) => {
        if (here) setCharts(found ?? []);
      }),
    );
    return () => {
      here = false;
    };
  }, [cellKey, sweep]);
  const at = sweeps.findIndex(({ number }) => number === sweep);
  const reasons = sweeps[at]?.reasons ?? [];
  return (
    <>
      <div className="row">
        <button type="button" disabled={at <= 0} onClick={() => onSweep(sweeps[at - 1].number)}>
          Sweep before
        </button>
        <label>
          Sweep{' '}
          <select value={sweep} onChange={(event) => onSweep(Number(event.target.value))}>
            {sweeps.map(({ number, shape, amplitude, reasons: why }) => (
              <option key={number} value={number}>
                {number}
                {shape === null ? '' : `: ${shape.replace('-', ' ')}, ${amplitude?.toFixed(0)} pA`}
                {why.length === 0 ? '' : ' (left out)'}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          disabled={at >= sweeps.length - 1}
          onClick={() => onSweep(sweeps[at + 1].number)}
        >
          Next sweep
        </button>
      </div>
      {reasons.map((reason) => (
        <p key={reason}>Left out: {reason}</p>
      ))}
      {charts === null ? (
        <p role="status">Drawing the sweep ...</p>
      ) : (
        charts.map((chart) => <ChartFigure key={chart.key} chart={chart} />)
      )}
    </>
  );
}
