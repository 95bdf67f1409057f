// Where recordings come in: dropped, picked, by address, or simulated; and those that the page keeps.
import { useState } from 'react';
import type { RecordingEntry } from '../../host/recording-list.ts';
import { ClockQuestionForm } from '../parts/ClockQuestionForm.tsx';
import { DropPlace } from '../parts/DropPlace.tsx';
import { PartQuestionForm } from '../parts/PartQuestionForm.tsx';
import { SureButton } from '../parts/SureButton.tsx';
import { hrefOf } from '../route.ts';
import { watched } from '../state/faults.ts';
import { useObservable } from '../state/observable.ts';
import {
  cancelOpening,
  entries,
  forget,
  open,
  opening,
  openSimulated,
  question,
} from '../state/recordings.ts';
import { room } from '../state/storage.ts';
import { show, takeIn } from '../state/take-in.ts';
import { formatBytes, formatCount, formatSeconds } from '../words.ts';

export function OpenView() {
  const kept = useObservable(entries);
  const busy = useObservable(opening);
  const asked = useObservable(question);
  return (
    <>
      <h1>Learn spike trains in one world, judge them in the other</h1>
      <p>
        Open recordings of neurons, in vitro or in vivo. They are read, trained on and judged in this page; no
        byte of them leaves this machine.
      </p>
      <TakeIn />
      {busy === null ? null : (
        <p className="row">
          <progress aria-label="Opening" />
          <span role="status">Opening {busy} ...</span>
          <button type="button" onClick={cancelOpening}>
            Cancel
          </button>
        </p>
      )}
      {asked?.kind === 'clock' ? <ClockQuestionForm asked={asked} onOpened={show} /> : null}
      {asked?.kind === 'part' ? <PartQuestionForm asked={asked} onOpened={show} /> : null}
      <h2>Kept in this browser</h2>
      {kept === null ? (
        <p role="status">Looking ...</p>
      ) : kept.length === 0 ? (
        <p>
          Nothing yet. To look around without a recording of your own, take the{' '}
          <button type="button" onClick={() => watched(openSimulated())}>
            simulated pair
          </button>
          : a network that bursts as cultures do, and one that fires on as brains do.
        </p>
      ) : (
        <EntryTable kept={kept} />
      )}
      <RoomTaken />
    </>
  );
}

function TakeIn() {
  const [url, setUrl] = useState('');
  return (
    <DropPlace
      label="Open a recording"
      onFiles={takeIn}
      says={
        <>
          Drop a file or a folder here: NWB, Phy or Kilosort, MaxWell, ALF, SpikeInterface (npz), MATLAB,
          CARMEN, CSV. Files that belong to it (labels, parameters) may come along. Run folders of the command
          line, or their zips, are taken in too.
        </>
      }
      more={
        <button type="button" onClick={() => watched(openSimulated())}>
          Simulated pair
        </button>
      }
    >
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          watched(open({ kind: 'url', url: url.trim() }).then(show));
        }}
      >
        <label>
          or the address of an NWB file{' '}
          <input
            type="url"
            required
            placeholder="https://..."
            value={url}
            onChange={(event) => setUrl(event.target.value)}
          />
        </label>
        <button type="submit">Open</button>
        <span className="quiet">Only the parts that are needed are fetched, from that address alone.</span>
      </form>
    </DropPlace>
  );
}

function EntryTable({ kept }: { readonly kept: readonly RecordingEntry[] }) {
  return (
    <div className="scroll" role="region" aria-label="Recordings kept in this browser" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Recording</th>
            <th scope="col">Format</th>
            <th scope="col" className="number">
              Units
            </th>
            <th scope="col" className="number">
              Spikes
            </th>
            <th scope="col" className="number">
              Observed
            </th>
            <th scope="col">What to do</th>
          </tr>
        </thead>
        <tbody>
          {kept.map((entry) => (
            <tr key={entry.id}>
              <th scope="row">
                <a href={hrefOf({ view: 'recording', id: entry.id })}>{entry.name}</a>
              </th>
              <td>{entry.origin.kind === 'simulated' ? 'simulated' : entry.format}</td>
              <td className="number">{formatCount(entry.units)}</td>
              <td className="number">{formatCount(entry.spikes)}</td>
              <td className="number">{formatSeconds(entry.seconds)}</td>
              <td className="actions">
                <a
                  href={hrefOf({ view: 'train', query: { recording: entry.id } })}
                  aria-label={`Train on ${entry.name}`}
                >
                  Train
                </a>
                <ForgetButton entry={entry} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The trains are gone then, though the file they came from is not. */
function ForgetButton({ entry }: { readonly entry: RecordingEntry }) {
  return (
    <SureButton
      text="Remove"
      name={`Remove ${entry.name}`}
      sureText="Remove from this browser"
      sureName={`Remove ${entry.name} from this browser`}
      warning="Runs that were trained on it cannot go on or be judged without it."
      onSure={() => watched(forget(entry.id))}
    />
  );
}

/** How much the page keeps, and whether that lasts. */
function RoomTaken() {
  const told = useObservable(room);
  if (told === null || told.used === 0) return null;
  return (
    <p className="quiet">
      This page keeps {formatBytes(told.used)} of the {formatBytes(told.lent)} that the browser lends it.
      {told.lasting
        ? ''
        : ' The browser may clear it where its disk gets short: download the runs that must not be lost.'}
    </p>
  );
}
