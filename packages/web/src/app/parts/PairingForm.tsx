// Another recording beside this one: which unit of it would stand for each of these.
import { useState } from 'react';
import { watched } from '../state/faults.ts';
import { useObservable } from '../state/observable.ts';
import { entries, recordingOf } from '../state/recordings.ts';
import { reader, valueOf } from '../state/threads.ts';

interface Props {
  /** Page's id of this recording. */
  readonly id: string;
  /** (units) name of the partner. */
  readonly onPaired: (partners: readonly (string | undefined)[]) => void;
}

export function PairingForm({ id, onPaired }: Props) {
  const others = (useObservable(entries) ?? []).filter((entry) => entry.id !== id);
  const [other, setOther] = useState('');
  const [pairing, setPairing] = useState<'rank' | 'index' | 'random'>('rank');
  if (others.length === 0) return null;
  const chosen = others.find((entry) => entry.id === other) ?? others[0];
  const pair = async (): Promise<void> => {
    const partners = await valueOf(reader().pair(id, chosen.id, pairing));
    const recording = await recordingOf(chosen.id);
    if (partners !== undefined && recording !== undefined)
      onPaired(Array.from(partners, (unit) => (unit < 0 ? undefined : recording.units[unit].id)));
  };
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        watched(pair());
      }}
    >
      <label>
        Pair with{' '}
        <select value={chosen.id} onChange={(event) => setOther(event.target.value)}>
          {others.map((entry) => (
            <option key={entry.id} value={entry.id}>
              {entry.name}
            </option>
          ))}
        </select>
      </label>
      <label>
        by{' '}
        <select value={pairing} onChange={(event) => setPairing(event.target.value as typeof pairing)}>
          <option value="rank">rank of rate</option>
          <option value="index">order in the file</option>
          <option value="random">chance</option>
        </select>
      </label>
      <button type="submit">Show partners</button>
    </form>
  );
}
