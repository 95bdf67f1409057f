// One recording: what it holds, its raster, its rates, intervals and rhythm, and its units.
import type { Recording } from '@spikebridge/model';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { RecordingLook } from '../../workers/reader-desk.ts';
import { chosenUnits } from '../state/chosen-units.ts';
import { PairingForm } from '../parts/PairingForm.tsx';
import { ChartFigure } from '../parts/ChartFigure.tsx';
import { RasterView } from '../parts/RasterView.tsx';
import { UnitTable } from '../parts/UnitTable.tsx';
import { hrefOf, remember, useRoute } from '../route.ts';
import { watched } from '../state/faults.ts';
import { useObservable } from '../state/observable.ts';
import { entries, recordingOf } from '../state/recordings.ts';
import { reader, valueOf } from '../state/threads.ts';
import { formatCount, formatHertz, formatSeconds } from '../words.ts';

/** Rows of the raster, as the net has columns. */
const MOST_ROWS = 128;

export default function RecordingView() {
  const { id } = useRoute();
  const [recording, setRecording] = useState<Recording | null>(null);
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    setRecording(null);
    setMissing(false);
    let here = true;
    if (id !== null)
      watched(
        recordingOf(id).then((found) => {
          if (!here) return;
          if (found === undefined) setMissing(true);
          else setRecording(found);
        }),
      );
    return () => void (here = false);
  }, [id]);
  if (id === null || missing)
    return (
      <>
        <h1>No such recording</h1>
        <p>
          This browser does not keep it (any more). <a href={hrefOf({ view: 'open' })}>Open its file</a>.
        </p>
      </>
    );
  if (recording === null) return <p role="status">Reading the recording ...</p>;
  return <Looked key={id} id={id} recording={recording} />;
}

function Looked({ id, recording }: { readonly id: string; readonly recording: Recording }) {
  const { query } = useRoute();
  const entry = useObservable(entries)?.find((one) => one.id === id);
  const [look, setLook] = useState<RecordingLook | null>(null);
  const [uncounted, setUncounted] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<number> | null>(null);
  const [partners, setPartners] = useState<readonly (string | undefined)[] | null>(null);
  useEffect(() => {
    watched(
      valueOf(reader().look(id)).then((found) => {
        setLook(found ?? null);
        setUncounted(found === undefined);
      }),
    );
  }, [id]);
  const rows = useMemo(() => {
    const spikes = (unit: number): number => recording.offsets[unit + 1] - recording.offsets[unit];
    const units = chosen === null ? recording.units.map((_, unit) => unit) : [...chosen];
    return units.sort((a, b) => spikes(b) - spikes(a)).slice(0, MOST_ROWS);
  }, [recording, chosen]);
  const asked = useRef({ from: Number(query['from']), to: Number(query['to']) });
  const start = asked.current.to > asked.current.from ? asked.current : undefined;
  const waiting = useRef(0);
  useEffect(() => () => window.clearTimeout(waiting.current), []);
  const hidden = [...recording.assumptions.map((text) => `Assumed: ${text}`), ...recording.warnings];
  return (
    <>
      <h1>{recording.name}</h1>
      <dl className="facts">
        <Fact name="Format">{entry?.origin.kind === 'simulated' ? 'simulated' : recording.format}</Fact>
        <Fact name="Units">{formatCount(recording.units.length)}</Fact>
        <Fact name="Spikes">{formatCount(recording.times.length)}</Fact>
        {entry === undefined ? null : <Fact name="Observed">{formatSeconds(entry.seconds)}</Fact>}
        {look === null ? null : (
          <Fact name="Rates">
            median {formatHertz(look.inspection.rates.median)}, highest{' '}
            {formatHertz(look.inspection.rates.maximum)} Hz
            {look.inspection.rates.silentUnits > 0 ? `, ${look.inspection.rates.silentUnits} silent` : ''}
          </Fact>
        )}
        <Fact name="Clock">
          {Number((recording.clock.numerator / recording.clock.denominator).toPrecision(10))} ticks a second
        </Fact>
        {Object.entries(look?.inspection.labels ?? {}).map(([label, counts]) =>
          counts === null ? null : (
            <Fact key={label} name={label}>
              {Object.entries(counts)
                .slice(0, 8)
                .map(([value, count]) => `${value} ${count}`)
                .join(', ')}
            </Fact>
          ),
        )}
      </dl>
      {hidden.length === 0 ? null : (
        <details open={recording.warnings.length > 0}>
          <summary>What its reader assumed and found ({hidden.length})</summary>
          <ul>
            {hidden.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </details>
      )}
      <p className="row">
        <a className="button" href={hrefOf({ view: 'train', query: { recording: id } })}>
          Train on it
        </a>
        {chosen === null ? null : (
          <a
            className="button"
            href={hrefOf({ view: 'train', query: { recording: id } })}
            onClick={() =>
              chosenUnits.set({ recording: id, ids: [...chosen].map((unit) => recording.units[unit].id) })
            }
          >
            Train on the {chosen.size} units in the raster
          </a>
        )}
      </p>
      <h2>Raster</h2>
      {recording.units.length > rows.length && chosen === null ? (
        <p className="quiet">
          The {rows.length} busiest of {recording.units.length} units; choose others in the table below.
        </p>
      ) : null}
      <RasterView
        recording={recording}
        rows={rows}
        label={`Raster of ${recording.name}`}
        {...(start === undefined ? {} : { start })}
        onView={({ from, to }) => {
          window.clearTimeout(waiting.current);
          waiting.current = window.setTimeout(
            () => remember({ from: from.toFixed(3), to: to.toFixed(3) }),
            300,
          );
        }}
      />
      <h2>Rates, intervals, rhythm</h2>
      {look === null ? (
        <p role="status">
          {uncounted ? 'They could not be counted; the reason stands above.' : 'Counting ...'}
        </p>
      ) : (
        <div className="charts">
          {look.charts.map((chart) => (
            <ChartFigure key={chart.key} chart={chart} />
          ))}
        </div>
      )}
      <h2>Units</h2>
      <PairingForm id={id} onPaired={setPartners} />
      <UnitTable
        recording={recording}
        chosen={chosen}
        onChosen={setChosen}
        {...(partners === null ? {} : { partners })}
      />
    </>
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
