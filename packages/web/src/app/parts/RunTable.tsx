// Runs that the page keeps: go on, judge, take away, bring back, remove.
import type { Answer } from '../../host/fault-words.ts';
import type { PickedFile } from '../../host/file-location.ts';
import type { RunEntry } from '../../host/run-shelf.ts';
import { saveAs } from '../save-as.ts';
import { hrefOf } from '../route.ts';
import { useAtWork } from '../state/at-work.ts';
import { watched } from '../state/faults.ts';
import { useObservable } from '../state/observable.ts';
import { entries } from '../state/recordings.ts';
import { brokenRuns, removeRun, resumeRun, useRuns } from '../state/runs.ts';
import { takeIn } from '../state/take-in.ts';
import { lab, valueOf } from '../state/threads.ts';
import { FileButton } from './FileButton.tsx';
import { SureButton } from './SureButton.tsx';

export function RunTable() {
  const kept = useRuns();
  const broken = useObservable(brokenRuns);
  const busy = useAtWork() !== null;
  return (
    <>
      <div className="row">
        <FileButton
          label="Take in a run (zip) ..."
          pick={{ accept: '.zip,application/zip' }}
          onFiles={taken}
        />
        <FileButton label="Take in a run folder ..." pick="folder" onFiles={taken} />
      </div>
      {kept === null ? (
        <p role="status">Looking ...</p>
      ) : kept.length === 0 ? (
        <p>None yet.</p>
      ) : (
        <div className="scroll" role="region" aria-label="Runs" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">Trained on</th>
                <th scope="col">Loss</th>
                <th scope="col" className="number">
                  Step
                </th>
                <th scope="col" className="number">
                  Validation, bits/spike
                </th>
                <th scope="col">What to do</th>
              </tr>
            </thead>
            <tbody>
              {kept.map((run) => (
                <RunRow key={run.id} run={run} busy={busy} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {broken.length === 0 ? null : (
        <>
          <h3>Folders that cannot be read as runs</h3>
          <ul>
            {broken.map(({ id, fault }) => (
              <li key={id} className="row">
                <span>
                  {id}: {fault.message} <code>{fault.code}</code>
                </span>
                <DownloadRun id={id} />
                <RemoveRun id={id} busy={busy} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function DownloadRun({ id }: { readonly id: string }) {
  return (
    <button
      type="button"
      onClick={() => watched(download(`${id}.zip`, 'application/zip', lab().zip(id)))}
      aria-label={`Download ${id}`}
    >
      Download
    </button>
  );
}

function RemoveRun({ id, busy }: { readonly id: string; readonly busy: boolean }) {
  return (
    <SureButton
      text="Remove"
      name={`Remove ${id}`}
      sureText="Remove for good"
      sureName={`Remove ${id} for good`}
      disabled={busy}
      onSure={() => watched(removeRun(id))}
    />
  );
}

function RunRow({ run, busy }: { readonly run: RunEntry; readonly busy: boolean }) {
  const here = useObservable(entries)?.some(({ id }) => id === run.recording) === true;
  const unfinished = run.status !== 'finished' && run.status !== 'early-stop';
  return (
    <tr>
      <th scope="row">
        {run.id}
        <div className="quiet">
          {run.preset}, seed {run.seed}, {run.device}
        </div>
      </th>
      <td>
        {here ? (
          <a href={hrefOf({ view: 'recording', id: run.recording })}>{run.data.name}</a>
        ) : (
          `${run.data.name} (not open)`
        )}
      </td>
      <td>{run.loss}</td>
      <td className="number">
        {run.step}
        {run.steps === null ? '' : ` of ${run.steps}`}
        <div className="quiet">{run.status}</div>
      </td>
      <td className="number">{run.bestBitsPerSpike === null ? '-' : run.bestBitsPerSpike.toFixed(3)}</td>
      <td className="actions">
        {unfinished ? (
          <button
            type="button"
            disabled={busy || !here}
            onClick={() => watched(resumeRun(run.id))}
            aria-label={`Go on with ${run.id}`}
          >
            Go on
          </button>
        ) : null}
        {run.step > 0 ? (
          <>
            <a href={hrefOf({ view: 'judge', query: { run: run.id } })} aria-label={`Judge ${run.id}`}>
              Judge
            </a>
            <a
              href={hrefOf({ view: 'generate', query: { run: run.id } })}
              aria-label={`Generate from ${run.id}`}
            >
              Generate
            </a>
          </>
        ) : null}
        <DownloadRun id={run.id} />
        {run.step > 0 ? (
          <>
            <button
              type="button"
              onClick={() =>
                watched(download(`${run.id}-weights.zip`, 'application/zip', lab().weights(run.id)))
              }
              aria-label={`Weights of ${run.id}, for other tools`}
            >
              Weights
            </button>
            <button
              type="button"
              onClick={() =>
                watched(
                  download(`${run.id}-metrics.jsonl`, 'application/x-ndjson', lab().metricsFile(run.id)),
                )
              }
              aria-label={`Metrics of ${run.id}`}
            >
              Metrics
            </button>
          </>
        ) : null}
        <RemoveRun id={run.id} busy={busy} />
      </td>
    </tr>
  );
}

const taken = (files: readonly PickedFile[]): void => watched(takeIn(files));

async function download(name: string, type: string, asked: Promise<Answer<Uint8Array>>): Promise<void> {
  const bytes = await valueOf(asked);
  if (bytes !== undefined) saveAs(name, bytes, type);
}
