// A file that holds several recordings: which of them.
import { useState } from 'react';
import type { RecordingEntry } from '../../host/recording-list.ts';
import { watched } from '../state/faults.ts';
import { open } from '../state/recordings.ts';
import type { AskedPart } from '../state/recordings.ts';

interface Props {
  readonly asked: AskedPart;
  readonly onOpened: (entry: RecordingEntry | undefined) => void;
}

export function PartQuestionForm({ asked: { name, question, request, reading }, onOpened }: Props) {
  const [part, setPart] = useState('');
  return (
    <section className="question" aria-labelledby="part-question">
      <h2 id="part-question">Which part of {name}?</h2>
      <p>{question}</p>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          watched(open(request, { ...reading, select: part.trim() }).then(onOpened));
        }}
      >
        <label>
          Its name{' '}
          <input required spellCheck={false} value={part} onChange={(event) => setPart(event.target.value)} />
        </label>
        <button type="submit">Open it</button>
      </form>
    </section>
  );
}
