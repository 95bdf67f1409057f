// Train a run on a recording of this page, follow it, and take it away.
import { useState } from 'react';
import { useMemory } from '../memory.ts';
import { LossPlot } from '../parts/LossPlot.tsx';
import { RunTable } from '../parts/RunTable.tsx';
import { hrefOf, useRoute } from '../route.ts';
import { watched } from '../state/faults.ts';
import { chosenUnits } from '../state/chosen-units.ts';
import { useObservable } from '../state/observable.ts';
import { entries } from '../state/recordings.ts';
import { startRun, stopRun, training } from '../state/runs.ts';
import type { Training } from '../state/runs.ts';
import { formatBytes, formatSeconds } from '../words.ts';

const PRESETS = [
  { name: 'small', says: 'for a CPU: minutes on two cores' },
  { name: 'base', says: 'for a GPU' },
  { name: 'paper', says: 'the published architecture' },
] as const;
const LOSSES = ['bce', 'focal', 'dice', 'dice-per-unit'] as const;
const DEVICES = [
  { name: 'auto', says: 'the fastest of what is here, measured' },
  { name: 'wasm', says: 'this machine’s cores' },
  { name: 'webgpu', says: 'its GPU' },
] as const;

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
  const [preset, setPreset] = useState(query['preset'] ?? 'small');
  const [loss, setLoss] = useState(query['loss'] ?? 'bce');
  const [device, setDevice] = useState(query['device'] ?? 'auto');
  const [steps, setSteps] = useState(query['steps'] ?? '');
  const [seed, setSeed] = useState(query['seed'] ?? '1');
  const [split, setSplit] = useState(query['split'] ?? '60,20,20');
  const [checkpoint, setCheckpoint] = useState('');
  const [deterministic, setDeterministic] = useState(false);
  const [history, setHistory] = useState(false);
  const picked = useObservable(chosenUnits);
  const [more, setMore] = useState(query['more'] ?? '');
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
      <label>
        Recording
        <select value={chosen.id} onChange={(event) => setRecording(event.target.value)}>
          {kept.map(({ id, name, units, seconds }) => (
            <option key={id} value={id}>
              {name} ({units} units, {formatSeconds(Math.round(seconds))})
            </option>
          ))}
        </select>
      </label>
      <label>
        Preset
        <select value={preset} onChange={(event) => setPreset(event.target.value)}>
          {PRESETS.map(({ name, says }) => (
            <option key={name} value={name}>
              {name}: {says}
            </option>
          ))}
        </select>
      </label>
      <label>
        Loss
        <select value={loss} onChange={(event) => setLoss(event.target.value)}>
          {LOSSES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        Device
        <select value={device} onChange={(event) => setDevice(event.target.value)}>
          {DEVICES.map(({ name, says }) => (
            <option key={name} value={name}>
              {name}: {says}
            </option>
          ))}
        </select>
      </label>
      <label>
        Steps
        <input
          type="number"
          min="1"
          placeholder="as the preset"
          value={steps}
          onChange={(event) => setSteps(event.target.value)}
        />
      </label>
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
      <label>
        Seed
        <input
          type="number"
          min="0"
          required
          value={seed}
          onChange={(event) => setSeed(event.target.value)}
        />
      </label>
      <label>
        Checkpoint every ... steps
        <input
          type="number"
          min="1"
          placeholder="as the preset"
          value={checkpoint}
          onChange={(event) => setCheckpoint(event.target.value)}
        />
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={deterministic}
          onChange={(event) => setDeterministic(event.target.checked)}
        />
        The same bits on every machine (plain SIMD)
      </label>
      {picked?.recording === chosen.id ? (
        <p className="row">
          <span>{picked.ids.length} units, chosen in its table</span>
          <button type="button" onClick={() => chosenUnits.set(null)}>
            Take all
          </button>
        </p>
      ) : null}
      <label className="check">
        <input type="checkbox" checked={history} onChange={(event) => setHistory(event.target.checked)} />
        Fit each unit&apos;s own history first, as a floor to beat (a minute)
      </label>
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
      <button type="submit" className="main">
        Start training
      </button>
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
  const { run, steps, device, why, progress, points, floors, stopping } = now;
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
        {progress === null ? null : (
          <>
            <div>
              <dt>Step</dt>
              <dd>
                {progress.step} of {steps}
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
