// Runs against recordings: the square of sources and targets with floors and intervals, and each pair in full.
import { useEffect, useState } from 'react';
import type { RunEntry } from '../../host/run-shelf.ts';
import type { RecordingEntry } from '../../host/recording-list.ts';
import type { JudgedPair, JudgeRequest } from '../../workers/lab-desk.ts';
import { askedFor, SelectField } from '../parts/fields.tsx';
import { JobBar } from '../parts/JobBar.tsx';
import { PairDetail } from '../parts/PairDetail.tsx';
import { hrefOf, useRemembered, useRoute } from '../route.ts';
import { useAtWork } from '../state/at-work.ts';
import { watched } from '../state/faults.ts';
import { judgeAll, judged, refreshJudged } from '../state/judging.ts';
import { useObservable } from '../state/observable.ts';
import { entries } from '../state/recordings.ts';
import { useRuns } from '../state/runs.ts';
import { estimateText } from '../words.ts';

const FLOORS = [
  { value: 'own-rate,recent-rate,plug-in', text: 'rates and plug-in: at once' },
  {
    value: 'own-rate,recent-rate,own-history,plug-in',
    text: 'and each unit\u2019s own history: a minute',
  },
  { value: 'all', text: 'all, coupled models too: many minutes' },
] as const;
const LEVELS = [
  { value: 'none', text: 'none: nothing' },
  { value: 'rates', text: 'rates: its rates' },
  { value: 'statistics', text: 'statistics: its statistics' },
  { value: 'pairs', text: 'pairs: statistics of pairs too' },
] as const;
const PAIRINGS = [
  { value: 'rank', text: 'by rank of rate' },
  { value: 'index', text: 'by order in the file' },
  { value: 'random', text: 'at random' },
  { value: 'within', text: 'being the same units' },
] as const;
const PARTS = [
  { value: 'test', text: 'its test part' },
  { value: 'all', text: 'all of it' },
] as const;
type Option<T extends readonly { readonly value: string }[]> = T[number]['value'];

export default function JudgeView() {
  const { query } = useRoute();
  const found = useObservable(judged);
  const [shown, setShown] = useState<string | null>(query['pair'] ?? null);
  useEffect(() => watched(refreshJudged()), []);
  const pair = found?.find(({ key }) => key === shown);
  return (
    <>
      <h1>Judge</h1>
      <p>
        Every predictor scores the same bins, one bin ahead, from the past alone. bits/spike is the gain over
        each unit&apos;s own rate; square brackets are 95 % intervals over blocks of time.
      </p>
      <JudgeForm shown={shown} />
      <JobBar />
      <h2>What was found</h2>
      {found === null ? (
        <p role="status">Looking ...</p>
      ) : found.length === 0 ? (
        <p>No run of this page was judged yet.</p>
      ) : (
        <Square found={found} shown={shown} onShow={setShown} />
      )}
      {pair === undefined ? null : <PairDetail key={pair.key} pair={pair} />}
    </>
  );
}

/** `shown`: the pair that is looked at, which the address holds as well. */
function JudgeForm({ shown }: { readonly shown: string | null }) {
  const { query } = useRoute();
  const kept = useObservable(entries) ?? [];
  const found = useRuns();
  const atWork = useAtWork();
  const [sources, setSources] = useState<ReadonlySet<string>>(
    () => new Set([...listOf(query['runs']), ...listOf(query['run'])]),
  );
  const [targets, setTargets] = useState<ReadonlySet<string>>(() => new Set(listOf(query['on'])));
  const [floors, setFloors] = useState<Option<typeof FLOORS>>(
    askedFor(FLOORS, query['floors'], FLOORS[0].value),
  );
  const [level, setLevel] = useState<Option<typeof LEVELS>>(askedFor(LEVELS, query['level'], 'rates'));
  const [pairing, setPairing] = useState<Option<typeof PAIRINGS>>(
    askedFor(PAIRINGS, query['pairing'], 'rank'),
  );
  const [part, setPart] = useState<Option<typeof PARTS>>(askedFor(PARTS, query['part'], 'test'));
  const [calibrate, setCalibrate] = useState(query['calibrate'] ?? '');
  useRemembered({
    ...{ runs: textOf(sources), on: textOf(targets), pair: shown ?? undefined },
    ...{
      floors: floors === FLOORS[0].value ? undefined : floors,
      level: level === 'rates' ? undefined : level,
    },
    ...{ pairing: pairing === 'rank' ? undefined : pairing, part: part === 'test' ? undefined : part },
    calibrate: calibrate === '' ? undefined : calibrate,
  });
  if (found === null) return <p role="status">Looking ...</p>;
  const trained = found.filter(({ step }) => step > 0);
  if (trained.length === 0)
    return (
      <p>
        There is no trained run yet: <a href={hrefOf({ view: 'train' })}>train one</a>.
      </p>
    );
  const chosenRuns = trained.filter(({ id }) => sources.has(id));
  const chosenTargets = kept.filter(({ id }) => targets.has(id));
  const others = chosenRuns.some((run) => chosenTargets.some(({ id }) => id !== run.recording));
  const requests = chosenRuns.flatMap((run) =>
    chosenTargets.map(({ id }): JudgeRequest => ({
      ...{ run: run.id, floors },
      ...(id === run.recording
        ? { recording: null }
        : { recording: id, level, pairing, part, ...(calibrate === '' ? {} : { calibrate }) }),
    })),
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        watched(judgeAll(requests));
      }}
    >
      <div className="pickers">
        <Picker
          title="Runs"
          items={trained}
          name={(run: RunEntry) => `${run.id} (${run.loss})`}
          chosen={sources}
          onChosen={setSources}
        />
        <Picker
          title="On recordings"
          items={kept}
          name={(one: RecordingEntry) => one.name}
          chosen={targets}
          onChosen={setTargets}
        />
      </div>
      <div className="grid">
        <SelectField label="Floors" value={floors} onChange={setFloors} options={FLOORS} />
        {others ? (
          <>
            <SelectField
              label="Known of another recording"
              value={level}
              onChange={setLevel}
              options={LEVELS}
            />
            <SelectField
              label="Its units stand for the run's"
              value={pairing}
              onChange={setPairing}
              options={PAIRINGS}
            />
            <SelectField label="Judged on" value={part} onChange={setPart} options={PARTS} />
            <SelectField
              label="Rates are known from"
              value={calibrate}
              onChange={setCalibrate}
              options={[
                { value: '', text: pairing === 'within' ? 'the source' : 'its own training part' },
                ...kept.map(({ id, name }) => ({ value: id, text: name })),
              ]}
            />
          </>
        ) : null}
        <button type="submit" className="main" disabled={atWork !== null || requests.length === 0}>
          {requests.length === 0
            ? 'Choose runs and recordings'
            : `Judge ${requests.length} ${requests.length === 1 ? 'pair' : 'pairs'}`}
        </button>
      </div>
      {atWork === 'training' || atWork === 'generating' ? (
        <p className="quiet">The page is {atWork}; judging waits until that is done or stopped.</p>
      ) : null}
    </form>
  );
}

/** Names in an address; none of them holds a comma. */
const listOf = (text: string | undefined): string[] => (text === undefined ? [] : text.split(','));
const textOf = (names: ReadonlySet<string>): string | undefined =>
  names.size === 0 ? undefined : [...names].join(',');

interface PickerProps<T> {
  readonly title: string;
  readonly items: readonly T[];
  readonly name: (item: T) => string;
  readonly chosen: ReadonlySet<string>;
  readonly onChosen: (chosen: ReadonlySet<string>) => void;
}

function Picker<T extends { readonly id: string }>({ title, items, name, chosen, onChosen }: PickerProps<T>) {
  return (
    <fieldset>
      <legend>{title}</legend>
      {items.map((item) => (
        <label key={item.id} className="check">
          <input
            type="checkbox"
            checked={chosen.has(item.id)}
            onChange={() => {
              const next = new Set(chosen);
              if (!next.delete(item.id)) next.add(item.id);
              onChosen(next);
            }}
          />
          {name(item)}
        </label>
      ))}
    </fieldset>
  );
}

interface SquareProps {
  readonly found: readonly JudgedPair[];
  readonly shown: string | null;
  readonly onShow: (key: string) => void;
}

/** Sources down, targets across. */
function Square({ found, shown, onShow }: SquareProps) {
  const sources = [...new Set(found.map(({ run }) => run))];
  const targets = [...new Set(found.map(({ pair }) => pair.target))];
  return (
    <div className="scroll" role="region" aria-label="Runs against recordings" tabIndex={0}>
      <table>
        <caption className="quiet">
          Model, bits/spike; below it the difference to the best floor. Choose a field to see all of it.
        </caption>
        <thead>
          <tr>
            <th scope="col">Run</th>
            {targets.map((target) => (
              <th key={target} scope="col">
                {target}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sources.map((source) => (
            <tr key={source}>
              <th scope="row">{source}</th>
              {targets.map((target) => (
                <td key={target}>
                  {found
                    .filter(({ run, pair }) => run === source && pair.target === target)
                    .map(({ key, pair }) => (
                      <button
                        key={key}
                        type="button"
                        className="field"
                        aria-pressed={key === shown}
                        onClick={() => onShow(key)}
                      >
                        <strong>{estimateText(pair.scores.model?.bitsPerSpike, 3)}</strong>
                        <span>
                          {estimateText(pair.differences.model?.bitsPerSpike, 3)} to {pair.bestFloor}
                        </span>
                        <span className="quiet">
                          {pair.pairing}, level {pair.level}, {pair.scored.bins.toLocaleString('en')} bins, n{' '}
                          {pair.blocks.count}
                        </span>
                      </button>
                    ))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
