// Train a run on a recording of this page, follow it, and take it away.
import { useState } from 'react';
import { useMemory } from '../memory.ts';
import { askedFor, CheckField, NumberField, SelectField } from '../parts/fields.tsx';
import { LossPlot } from '../parts/LossPlot.tsx';
import { RunTable } from '../parts/RunTable.tsx';
import { hrefOf, useRemembered, useRoute } from '../route.ts';
import { watched } from '../state/faults.ts';
import { useAtWork } from '../state/at-work.ts';
import { chosenUnits } from '../state/chosen-units.ts';
import { useObservable } from '../state/observable.ts';
import { entries } from '../state/recordings.ts';
import { startRun, stopRun, training } from '../state/runs.ts';
import type { Training } from '../state/runs.ts';
import { formatBytes, formatSeconds } from '../words.ts';

const PRESETS = [
  { value: 'small', text: 'small: for a CPU: minutes on two cores' },
  { value: 'base', text: 'base: for a GPU' },
  { value: 'paper', text: 'paper: the published architecture' },
];
const LOSSES = ['bce', 'focal', 'dice', 'dice-per-unit'].map((value) => ({ value, text: value }));
const DEVICES = [
  { value: 'auto', text: 'auto: the fastest of what is here, measured' },
  { value: 'wasm', text: 'wasm: this machine\u2019s cores' },
  { value: 'webgpu', text: 'webgpu: its GPU' },
];

export default function TrainView() {
  const now = useObservable(training);
  return (
    <>
      <h1>Train</h1>
      {now === null ? null : <Live now={now} />}
      {/* Out of sight, not gone: what was typed is still there after a fault or a run. */}
      <div hidden={now !== null}>
        <TrainForm />
      </div>
      <h2>Runs kept in this browser</h2>
      <RunTable />
    </>
  );
}

function TrainForm() {
  const { query } = useRoute();
  const kept = useObservable(entries);
  const [recording, setRecording] = useState(query['recording'] ?? '');
  const [preset, setPreset] = useState(askedFor(PRESETS, query['preset'], 'small'));
  const [loss, setLoss] = useState(askedFor(LOSSES, query['loss'], 'bce'));
  const [device, setDevice] = useState(askedFor(DEVICES, query['device'], 'auto'));
  const [steps, setSteps] = useState(query['steps'] ?? '');
  const [seed, setSeed] = useState(query['seed'] ?? '1');
  const [split, setSplit] = useState(query['split'] ?? '60,20,20');
  const [checkpoint, setCheckpoint] = useState(query['checkpoint'] ?? '');
  const [deterministic, setDeterministic] = useState(query['same'] === 'yes');
  const [history, setHistory] = useState(query['history'] === 'yes');
  const picked = useObservable(chosenUnits);
  const [more, setMore] = useState(query['more'] ?? '');
  const atWork = useAtWork();
  const other = (value: string, first: string): string | undefined => (value === first ? undefined : value);
  useRemembered({
    ...{ recording: other(recording, ''), preset: other(preset, 'small'), loss: other(loss, 'bce') },
    ...{ device: other(device, 'auto'), steps: other(steps, ''), seed: other(seed, '1') },
    ...{ split: other(split, '60,20,20'), checkpoint: other(checkpoint, ''), more: other(more, '') },
    ...{ same: deterministic ? 'yes' : undefined, history: history ? 'yes' : undefined },
  });
  if (kept === null) return <p role="status">Looking ...</p>;
  if (kept.length === 0)
    return (
      <p>
        There is nothing to train on yet: <a href={hrefOf({ view: 'open' })}>open a recording</a>.
      </p>
    );
  const chosen = kept.find(({ id }) => id === recording) ?? kept[0];
  const start = (): void => {
    const sets = [
      ...[`loss.kind=${loss}`, `device=${device}`, `seed=${seed}`, `data.split=[${split}]`],
      ...(steps === '' ? [] : [`training.steps=${steps}`]),
      ...(checkpoint === '' ? [] : [`training.checkpointEverySteps=${checkpoint}`]),
      ...(deterministic ? ['deterministic=true'] : []),
      ...(picked?.recording === chosen.id ? [`data.selection.ids=${JSON.stringify(picked.ids)}`] : []),
      ...linesOf(more),
    ];
    watched(startRun({ recording: chosen.id, preset, sets, floors: history ? 'history' : 'rates' }));
  };
  return (
    <form
      className="grid"
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      <SelectField
        label="Recording"
        value={chosen.id}
        onChange={setRecording}
        options={kept.map(({ id, name, units, seconds }) => ({
          value: id,
          text: `${name} (${units} units, ${formatSeconds(Math.round(seconds))})`,
        }))}
      />
      <SelectField label="Preset" value={preset} onChange={setPreset} options={PRESETS} />
      <SelectField label="Loss" value={loss} onChange={setLoss} options={LOSSES} />
      <SelectField label="Device" value={device} onChange={setDevice} options={DEVICES} />
      <NumberField label="Steps" min={1} placeholder="as the preset" value={steps} onChange={setSteps} />
      <label>
        Training, validation, test (%)
        <input
          pattern="\d+,\d+,\d+"
          title="three whole numbers that add up to 100, such as 60,20,20"
          required
          value={split}
          onChange={(event) => setSplit(event.target.value)}
        />
      </label>
      <NumberField label="Seed" min={0} value={seed} onChange={setSeed} />
      <NumberField
        label="Checkpoint every ... steps"
        min={1}
        placeholder="as the preset"
        value={checkpoint}
        onChange={setCheckpoint}
      />
      <CheckField
        label="The same bits on every machine (plain SIMD)"
        checked={deterministic}
        onChange={setDeterministic}
      />
      {picked?.recording === chosen.id ? (
        <p className="row">
          <span>{picked.ids.length} units, chosen in its table</span>
          <button type="button" onClick={() => chosenUnits.set(null)}>
            Take all
          </button>
        </p>
      ) : null}
      <CheckField
        label="Fit each unit's own history first, as a floor to beat (a minute)"
        checked={history}
        onChange={setHistory}
      />
      {crossOriginIsolated ? null : (
        <p>
          This browser, or the way this page is served, lends it no shared memory: the CPU computes with one
          thread. <code>spikebridge serve</code> serves it with all of them.
        </p>
      )}
      <details className="whole">
        <summary>More settings</summary>
        <label>
          One key=value a line, as train --set has them; they win over the fields above
          <textarea
            rows={4}
            spellCheck={false}
            placeholder={'net.width=32\ntraining.batch=4'}
            value={more}
            onChange={(event) => setMore(event.target.value)}
          />
        </label>
      </details>
      <button type="submit" className="main" disabled={atWork !== null}>
        Start training
      </button>
      {atWork === 'judging' || atWork === 'generating' ? (
        <p className="quiet">The page is {atWork}; training waits until that is done or stopped.</p>
      ) : null}
    </form>
  );
}

/** Settings as they are typed: lines of nothing, and after #, say nothing. */
const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

function Live({ now }: { readonly now: Training }) {
  const { run, device, why, preparing, progress, points, floors, notes, stopping } = now;
  const memory = useMemory();
  const best = Math.max(...points.map(({ bits }) => bits ?? -Infinity));
  return (
    <>
      <dl className="facts">
        <div>
          <dt>Run</dt>
          <dd>{run ?? 'being prepared'}</dd>
        </div>
        <div>
          <dt>Device</dt>
          <dd>{device === null ? 'timing the step on what is here ...' : `${device} (${why ?? ''})`}</dd>
        </div>
        <div>
          <dt>Memory</dt>
          <dd>{memory === null ? 'not told by this browser' : formatBytes(memory)}</dd>
        </div>
        {progress === null && preparing !== null ? (
          <div>
            <dt>Before the first step</dt>
            <dd>{preparing}</dd>
          </div>
        ) : null}
        {progress === null ? null : (
          <>
            <div>
              <dt>Step</dt>
              <dd>
                {progress.step} of {progress.steps}
              </dd>
            </div>
            <div>
              <dt>Loss</dt>
              <dd>{progress.loss.toPrecision(4)}</dd>
            </div>
            <div>
              <dt>Validation</dt>
              <dd>
                {Number.isFinite(best)
                  ? `${best.toFixed(3)} bits/spike at best (own rate: 0)`
                  : 'not judged yet'}
              </dd>
            </div>
            <div>
              <dt>Speed</dt>
              <dd>{Math.round(progress.binsPerSecond).toLocaleString('en')} bins/s</dd>
            </div>
            <div>
              <dt>Left</dt>
              <dd>
                {Number.isFinite(progress.secondsLeft)
                  ? formatSeconds(Math.round(progress.secondsLeft))
                  : '?'}
              </dd>
            </div>
          </>
        )}
      </dl>
      {notes.map((note, at) => (
        <p key={at} role="status">
          {note}
        </p>
      ))}
      <p className="row">
        <button type="button" onClick={stopRun} disabled={stopping}>
          {stopping ? 'Writing a checkpoint ...' : 'Pause (a checkpoint is written)'}
        </button>
        <span className="quiet">
          The page may be left and come back to: it goes on from its last checkpoint.
        </span>
      </p>
      <div className="charts two">
        <LossPlot points={points} what="loss" title="Training loss" />
        <LossPlot
          points={points}
          what="bits"
          title="bits/spike on source validation, raw"
          floors={{ 'own-rate': 0, ...floors }}
        />
      </div>
    </>
  );
}
