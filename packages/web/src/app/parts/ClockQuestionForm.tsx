// A file that does not say how long its integers are: what each likely answer would make of it, and the user's own.
import { useState } from 'react';
import type { ReadOptions } from '@spikebridge/model';
import type { RecordingEntry } from '../../host/recording-list.ts';
import { watched } from '../state/faults.ts';
import { open } from '../state/recordings.ts';
import type { AskedClock } from '../state/recordings.ts';
import { formatHertz, formatSeconds } from '../words.ts';

interface Props {
  readonly asked: AskedClock;
  readonly onOpened: (entry: RecordingEntry | undefined) => void;
}

export function ClockQuestionForm({ asked, onOpened }: Props) {
  const [rate, setRate] = useState('');
  const take = (reading: ReadOptions): void => watched(open(asked.request, reading).then(onOpened));
  return (
    <section className="question" aria-labelledby="clock-question">
      <h2 id="clock-question">What is the clock of {asked.name}?</h2>
      <p>{asked.question} What each likely answer would mean:</p>
      <div className="scroll" role="region" aria-label="Likely clocks" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">One tick is</th>
              <th scope="col" className="number">
                Duration
              </th>
              <th scope="col" className="number">
                Median rate
              </th>
              <th scope="col" className="number">
                Highest
              </th>
              <th scope="col">Choose</th>
            </tr>
          </thead>
          <tbody>
            {asked.answers.map(({ label, reading, inspection }) => (
              <tr key={label}>
                <th scope="row">
                  {reading.binUnitMs === undefined ? `1/${String(reading.fs)} s` : `${reading.binUnitMs} ms`}
                </th>
                <td className="number">{formatSeconds(inspection.durationSeconds)}</td>
                <td className="number">{formatHertz(inspection.rates.median)} Hz</td>
                <td className="number">{formatHertz(inspection.rates.maximum)} Hz</td>
                <td>
                  <button type="button" onClick={() => take(reading)} aria-label={`Take ${label}`}>
                    This one
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          take({ ...asked.reading, fs: Number(rate) });
        }}
      >
        <label>
          or ticks a second{' '}
          <input
            type="number"
            min="1"
            step="any"
            required
            value={rate}
            onChange={(event) => setRate(event.target.value)}
          />
        </label>
        <button type="submit">Take it</button>
      </form>
    </section>
  );
}
