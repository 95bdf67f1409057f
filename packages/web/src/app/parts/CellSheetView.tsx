// The sheet of one cell: its call and why, what it rests on, its sweeps with the spikes found, and its feature families.
import { useEffect, useState } from 'react';
import type { CellRow, CellsState } from '../../workers/cell-answers.ts';
import type { CellSheet, RecordingPart, SweepLine } from '../../workers/cell-sheet.ts';
import { watched } from '../state/faults.ts';
import { cellsDesk, valueOf } from '../state/threads.ts';
import { CellSweep } from './CellSweep.tsx';
import { ChartFigure } from './ChartFigure.tsx';

interface Props {
  readonly row: CellRow;
  readonly state: CellsState;
}

export function CellSheetView({ row, state }: Props) {
  const [sheet, setSheet] = useState<CellSheet | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let here = true;
    watched(
      valueOf(cellsDesk().sheet(row.key)).then((found) => {
        if (!here) return;
        setSheet(found ?? null);
        setFailed(found === undefined);
      }),
    );
    return () => {
      here = false;
    };
  }, [row.key, state]);
  return (
    <section aria-labelledby="cell-sheet">
      <h2 id="cell-sheet">{row.cell}</h2>
      {sheet === null ? (
        <p role="status">
          {failed ? 'It could not be shown; the reason stands above.' : 'Drawing its sheet ...'}
        </p>
      ) : (
        <>
          <Call sheet={sheet} minAccuracy={state.minAccuracy} />
          {sheet.recording === null ? (
            <p className="quiet">A row of a table: there are no sweeps to show.</p>
          ) : (
            <Recorded cellKey={row.key} part={sheet.recording} />
          )}
        </>
      )}
    </section>
  );
}

function Call({ sheet, minAccuracy }: { readonly sheet: CellSheet; readonly minAccuracy: number }) {
  const { judged, file, donor, label, charts } = sheet;
  return (
    <>
      <dl className="facts">
        {judged === null ? null : (
          <>
            <Fact name="Call">
              <strong>{judged.call ?? 'none: it abstains'}</strong>
            </Fact>
            <Fact name="Likeliest">
              {judged.likeliest}, {judged.probability.toFixed(3)}
            </Fact>
            <Fact name="Features there">{(100 * judged.present).toFixed(0)} %</Fact>
            <Fact name="Distance to the nearest class">
              {digits(judged.distance.value)}, at most {digits(judged.distance.limit)}
            </Fact>
          </>
        )}
        {label === null ? null : <Fact name="In the table">{label}</Fact>}
        {donor === null ? null : <Fact name="Donor">{donor}</Fact>}
        <Fact name="File">{file}</Fact>
      </dl>
      {judged === null || judged.abstained.length === 0 ? null : (
        <>
          <p>No call{minAccuracy === 0 ? '' : ` at ${100 * minAccuracy} %`}, because</p>
          <ul>
            {judged.abstained.map(({ reason }) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </>
      )}
      <div className="charts two">
        {charts.map((chart) => (
          <ChartFigure key={chart.key} chart={chart} wide={chart.key === 'features'} />
        ))}
      </div>
      {judged === null ? null : (
        <p className="quiet">
          Models of <code>celltype train</code> are small nets over named features and have no attention of
          their own; the weights of families stand in its place.
        </p>
      )}
      {judged === null ? null : <Evidence judged={judged} />}
    </>
  );
}

function Evidence({ judged }: { readonly judged: NonNullable<CellSheet['judged']> }) {
  const { evidence, likeliest, outside, cell } = judged;
  return (
    <>
      {outside.length === 0 ? null : (
        <details open>
          <summary>Beyond what any training cell had ({outside.length})</summary>
          <ul>
            {outside.map(({ feature, value, low, high }) => (
              <li key={feature}>
                {feature} is {digits(value)}: training cells had {digits(low)} to {digits(high)}
              </li>
            ))}
          </ul>
        </details>
      )}
      <details>
        <summary>Every feature, by its weight ({evidence.length})</summary>
        <p>The weight is how much the log-odds of {likeliest} fall where the feature is taken away.</p>
        <div
          className="scroll tall"
          role="region"
          aria-label={`What the call of ${cell} rests on`}
          tabIndex={0}
        >
          <table>
            <thead>
              <tr>
                <th scope="col">Feature</th>
                <th scope="col" className="number">
                  Value
                </th>
                <th scope="col" className="number">
                  10, 50, 90 % of {likeliest}
                </th>
                <th scope="col" className="number">
                  Weight
                </th>
              </tr>
            </thead>
            <tbody>
              {evidence.map(({ feature, unit, value, ofClasses, weight }) => (
                <tr key={feature}>
                  <th scope="row">
                    {feature}
                    {unit === '' ? '' : `, ${unit}`}
                  </th>
                  <td className="number">{digits(value)}</td>
                  <td className="number">{(ofClasses[likeliest] ?? []).map(digits).join(', ')}</td>
                  <td className="number">{weight === null ? '-' : weight.toFixed(3)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}

function Recorded({ cellKey, part }: { readonly cellKey: string; readonly part: RecordingPart }) {
  const { sweeps, electrode, missing, notJudged, spikes, families } = part;
  const [sweep, setSweep] = useState(() => firstShown(sweeps));
  return (
    <>
      <h3>Sweeps</h3>
      {sweep === null ? null : (
        <CellSweep cellKey={cellKey} sweeps={sweeps} sweep={sweep} onSweep={setSweep} />
      )}
      <SweepTable sweeps={sweeps} shown={sweep} onShow={setSweep} />
      {electrode.length === 0 ? null : <Lines title="Checks of the electrode" lines={electrode} />}
      {missing.length === 0 ? null : <Lines title="Missing, or filled in" lines={missing} />}
      {notJudged.length === 0 ? null : (
        <Lines title="What the file does not let one judge" lines={notJudged} />
      )}
      <h3>Spikes</h3>
      {spikes.length === 0 ? (
        <p>No spike was found.</p>
      ) : (
        <div className="charts two">
          {spikes.map((chart) => (
            <ChartFigure key={chart.key} chart={chart} />
          ))}
        </div>
      )}
      <details>
        <summary>Feature families ({families.length})</summary>
        <div className="charts">
          {families.map((chart) => (
            <ChartFigure key={chart.key} chart={chart} />
          ))}
        </div>
      </details>
    </>
  );
}

/** The sweep with the most spikes among long squares, else among all, else the first. */
function firstShown(sweeps: readonly SweepLine[]): number | null {
  const used = sweeps.filter(({ reasons }) => reasons.length === 0);
  const long = used.filter(({ shape }) => shape === 'long-square');
  const most = (long.length > 0 ? long : used).toSorted((a, b) => (b.spikes ?? 0) - (a.spikes ?? 0));
  return most.at(0)?.number ?? sweeps.at(0)?.number ?? null;
}

interface SweepTableProps {
  readonly sweeps: readonly SweepLine[];
  readonly shown: number | null;
  readonly onShow: (sweep: number) => void;
}

function SweepTable({ sweeps, shown, onShow }: SweepTableProps) {
  const kept = sweeps.filter(({ reasons }) => reasons.length === 0).length;
  return (
    <details>
      <summary>
        {kept} sweeps used, {sweeps.length - kept} left out
      </summary>
      <div className="scroll tall" role="region" aria-label="Sweeps used and left out" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Sweep</th>
              <th scope="col">Stimulus</th>
              <th scope="col" className="number">
                pA
              </th>
              <th scope="col" className="number">
                Spikes
              </th>
              <th scope="col">Used, or why not</th>
            </tr>
          </thead>
          <tbody>
            {sweeps.map(({ number, shape, amplitude, spikes, reasons }) => (
              <tr key={number} className={number === shown ? 'chosen' : ''}>
                <th scope="row">
                  <button
                    type="button"
                    className="plain link"
                    aria-pressed={number === shown}
                    aria-label={`Show sweep ${number}`}
                    onClick={() => onShow(number)}
                  >
                    {number}
                  </button>
                </th>
                <td>{shape?.replace('-', ' ') ?? ''}</td>
                <td className="number">{amplitude?.toFixed(0) ?? ''}</td>
                <td className="number">{spikes ?? ''}</td>
                <td>{reasons.length === 0 ? 'used' : reasons.join(' ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Lines({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  return (
    <details>
      <summary>
        {title} ({lines.length})
      </summary>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </details>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const digits = (value: number | null): string =>
  value === null ? '-' : String(Number(value.toPrecision(3)));
