// A run fires by itself: drawn while it does, beside the real recording, and compared with it when it is done.
import type { Recording } from '@spikebridge/model';
import { useState } from 'react';
import type { Generated } from '../../workers/lab-desk.ts';
import { CheckField, NumberField, SelectField } from '../parts/fields.tsx';
import { ChartFigure } from '../parts/ChartFigure.tsx';
import { RasterView } from '../parts/RasterView.tsx';
import { hrefOf, useRemembered, useRoute } from '../route.ts';
import { saveAs } from '../save-as.ts';
import { watched } from '../state/faults.ts';
import { useAtWork } from '../state/at-work.ts';
import { generate, generated, growing, stopGenerating } from '../state/generating.ts';
import { useObservable } from '../state/observable.ts';
import { entries } from '../state/recordings.ts';
import { useRuns } from '../state/runs.ts';
import { lab, valueOf } from '../state/threads.ts';
import { formatSeconds } from '../words.ts';

export default function GenerateView() {
  const { query } = useRoute();
  const found = useRuns();
  const trained = (found ?? []).filter(({ step }) => step > 0);
  const kept = useObservable(entries) ?? [];
  const [run, setRun] = useState(query['run'] ?? '');
  const [prompt, setPrompt] = useState(query['prompt'] ?? 'own');
  const [seconds, setSeconds] = useState(query['seconds'] ?? '2');
  const [seed, setSeed] = useState(query['seed'] ?? '1');
  const [temperature, setTemperature] = useState(query['temperature'] ?? '1');
  const [matchRates, setMatchRates] = useState(query['match'] === 'yes');
  const atWork = useAtWork();
  useRemembered({
    ...{ run: run === '' ? undefined : run, prompt: prompt === 'own' ? undefined : prompt },
    ...{ seconds: seconds === '2' ? undefined : seconds, seed: seed === '1' ? undefined : seed },
    temperature: temperature === '1' ? undefined : temperature,
    match: matchRates ? 'yes' : undefined,
  });
  const now = useObservable(growing);
  const last = useObservable(generated);
  if (trained.length === 0)
    return (
      <>
        <h1>Generate</h1>
        {found === null ? (
          <p role="status">Looking ...</p>
        ) : (
          <p>
            There is no trained run yet: <a href={hrefOf({ view: 'train' })}>train one</a>.
          </p>
        )}
      </>
    );
  const chosen = trained.find(({ id }) => id === run) ?? trained[0];
  const start = (): Promise<void> =>
    generate({
      ...{ run: chosen.id, bins: Math.round(Number(seconds) * 1000), seed: Number(seed) },
      ...{ temperature: Number(temperature), matchRates },
      prompt: prompt === 'silent' ? null : prompt === 'own' ? chosen.recording : prompt,
    });
  const made = last?.made ?? null;
  const real = made === null ? (now?.real ?? null) : made.real;
  const shown = made?.recording ?? now?.recording ?? null;
  return (
    <>
      <h1>Generate</h1>
      <p>
        The run begins after a stretch of a recording, or in silence, and goes on by itself: each bin is drawn
        from the probabilities that the bins before it give.
      </p>
      <form
        className="grid"
        onSubmit={(event) => {
          event.preventDefault();
          watched(start());
        }}
      >
        <SelectField
          label="Run"
          value={chosen.id}
          onChange={setRun}
          options={trained.map(({ id }) => ({ value: id, text: id }))}
        />
        <SelectField
          label="Begin after"
          value={prompt}
          onChange={setPrompt}
          options={[
            { value: 'own', text: 'the recording it was trained on' },
            { value: 'silent', text: 'silence' },
            ...kept
              .filter(({ id }) => id !== chosen.recording)
              .map(({ id, name }) => ({ value: id, text: name })),
          ]}
        />
        <NumberField label="Seconds" min={0.1} fraction value={seconds} onChange={setSeconds} />
        <NumberField label="Temperature" min={0.01} fraction value={temperature} onChange={setTemperature} />
        <NumberField label="Seed" min={0} value={seed} onChange={setSeed} />
        <CheckField
          label="Hold each unit to the rates it was seen to fire at"
          checked={matchRates}
          onChange={setMatchRates}
        />
        <button type="submit" className="main" disabled={atWork !== null}>
          Generate
        </button>
      </form>
      {atWork === 'training' || atWork === 'judging' ? (
        <p className="quiet">The page is {atWork}; generating waits until that is done or stopped.</p>
      ) : null}
      {now === null ? null : (
        <p className="row">
          <progress aria-label="Generating" max={now.total} value={now.done} />
          <span role="status">
            {formatSeconds(now.done / 1000)} of {formatSeconds(now.total / 1000)}
            {now.done >= now.total ? '; comparing it with the recording ...' : ''}
          </span>
          <button type="button" disabled={now.stopping} onClick={() => watched(stopGenerating())}>
            {now.stopping ? 'Stopping ...' : 'Stop'}
          </button>
        </p>
      )}
      {shown === null ? null : (
        <div className="charts two">
          <section aria-labelledby="made">
            <h2 id="made">Generated</h2>
            <RasterView
              key={made === null ? 'growing' : 'made'}
              recording={shown}
              rows={rowsOf(shown)}
              label="Generated raster"
            />
          </section>
          {real === null ? null : (
            <section aria-labelledby="real">
              <h2 id="real">Recorded: {real.name}</h2>
              <RasterView recording={real} rows={rowsOf(shown)} label="Recorded raster" />
            </section>
          )}
        </div>
      )}
      {last === null ? null : <Made made={last.made} name={last.run} />}
    </>
  );
}

/** Columns of the run stand in the same row on both sides. */
const rowsOf = ({ units }: Recording): readonly number[] => units.map((_, unit) => unit);

function Made({ made, name }: { readonly made: Generated; readonly name: string }) {
  const { statistics } = made;
  return (
    <>
      <p>
        {formatSeconds(made.bins / 1000)} of {made.recording.units.length} units,{' '}
        {made.recording.times.length.toLocaleString('en')} spikes,{' '}
        {Math.round(made.binsPerSecond).toLocaleString('en')} bins/s on {made.device}.
      </p>
      <p className="row">
        {(['npz', 'nwb'] as const).map((format) => (
          <button key={format} type="button" onClick={() => watched(take(made, format, name))}>
            Download {format}
          </button>
        ))}
      </p>
      {statistics === null ? null : (
        <>
          <h2>What it keeps of the recording, and what it loses</h2>
          <p className="quiet">
            Distances between {formatSeconds(statistics.seconds)} of each, beside two halves of the recording
            (the ceiling) and two surrogates (the floors); a floor in parentheses keeps the statistic by
            construction.
          </p>
          <div className="scroll" role="region" aria-label="Statistics" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  {statistics.head.map((title, column) => (
                    <th key={title} scope="col" className={column === 0 ? '' : 'number'}>
                      {title}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {statistics.rows.map(([first, ...rest]) => (
                  <tr key={first}>
                    <th scope="row">{first}</th>
                    {rest.map((value, column) => (
                      <td key={statistics.head[column + 1]} className="number">
                        {value}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <div className="charts">
            {statistics.charts.map((chart) => (
              <ChartFigure key={chart.key} chart={chart} />
            ))}
          </div>
        </>
      )}
    </>
  );
}

async function take(made: Generated, format: 'npz' | 'nwb', name: string): Promise<void> {
  const bytes = await valueOf(lab().encode(made.recording, format));
  if (bytes !== undefined)
    saveAs(`${name}-generated.${format}`, bytes, format === 'npz' ? 'application/zip' : 'application/x-hdf5');
}
