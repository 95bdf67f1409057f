// A recording that does not say something a reader needs: the user says it, nothing is guessed.
import { useId, useState } from 'react';
import type { SweepOptions } from '@spikebridge/model';
import type { SweepQuestion } from '../../workers/cell-answers.ts';
import { answerQuestion, dropQuestion, work } from '../state/cells.ts';
import { watched } from '../state/faults.ts';
import { useObservable } from '../state/observable.ts';

export function SweepQuestionForm({ question }: { readonly question: SweepQuestion }) {
  const { files, fault } = question;
  const title = useId();
  const busy = useObservable(work) !== null;
  const [electrode, setElectrode] = useState('');
  const [rate, setRate] = useState('');
  const [voltage, setVoltage] = useState('');
  const [current, setCurrent] = useState('');
  const [currentFile, setCurrentFile] = useState('');
  const arrays = files.filter(({ path }) => /\.npy$/i.test(path));
  const say = (): void => {
    const options: SweepOptions = {
      ...(electrode.trim() === '' ? {} : { electrode: electrode.trim() }),
      ...(rate === '' ? {} : { samplingRate: Number(rate) }),
      units: { ...(voltage === '' ? {} : { voltage }), ...(current === '' ? {} : { current }) },
      ...(currentFile === '' ? {} : { currentFile }),
    };
    // The reader opens the first file; the others lie beside it.
    const first = files.toSorted((a, b) => Number(a.path === currentFile) - Number(b.path === currentFile));
    watched(answerQuestion({ files: first, fault }, options));
    dropQuestion(question);
  };
  return (
    <section className="question" aria-labelledby={title}>
      <h2 id={title}>What {files[0].path.split('/')[0]} does not say</h2>
      <p>
        {fault.message} {fault.fix}
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          say();
        }}
      >
        <div className="grid">
          {fault.code === 'E_SWEEP_ELECTRODE' ? (
            <label>
              Electrode
              <input required value={electrode} onChange={(event) => setElectrode(event.target.value)} />
            </label>
          ) : (
            <>
              <label>
                Samples a second
                <input
                  type="number"
                  min="1"
                  step="any"
                  required={arrays.length > 0 || fault.code === 'E_SWEEP_RATE'}
                  value={rate}
                  onChange={(event) => setRate(event.target.value)}
                />
              </label>
              <UnitSelect
                name="Voltage is in"
                units={['mV', 'V', 'uV']}
                value={voltage}
                onChange={setVoltage}
              />
              <UnitSelect
                name="Current is in"
                units={['pA', 'nA', 'A']}
                value={current}
                onChange={setCurrent}
              />
              {arrays.length > 1 ? (
                <UnitSelect
                  name="File of the currents"
                  units={arrays.map(({ path }) => path)}
                  value={currentFile}
                  onChange={setCurrentFile}
                />
              ) : null}
            </>
          )}
        </div>
        {arrays.length === 1 ? (
          <p>The injected currents are not in this array: drop it together with an npy of the same shape.</p>
        ) : null}
        <div className="row">
          <button type="submit" className="main" disabled={busy}>
            Read it
          </button>
          <button type="button" onClick={() => dropQuestion(question)}>
            Leave it out
          </button>
        </div>
      </form>
    </section>
  );
}

interface UnitSelectProps {
  readonly name: string;
  readonly units: readonly string[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function UnitSelect({ name, units, value, onChange }: UnitSelectProps) {
  return (
    <label>
      {name}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">as the file says</option>
        {units.map((unit) => (
          <option key={unit}>{unit}</option>
        ))}
      </select>
    </label>
  );
}
