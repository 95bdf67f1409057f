// The list of calls: sorted by any column, filtered by text, taken away as CSV, JSON or a report.
import { useMemo, useState } from 'react';
import type { CellRow, CellsState } from '../../workers/cell-answers.ts';
import { saveAs } from '../save-as.ts';
import { calls, removeCells, work } from '../state/cells.ts';
import { watched } from '../state/faults.ts';
import { useObservable } from '../state/observable.ts';
import { formatCount } from '../words.ts';
import { Pager } from './Pager.tsx';
import { SureButton } from './SureButton.tsx';

const COLUMNS = ['cell', 'call', 'probability', 'why', 'label', 'present', 'donor', 'file'] as const;
type Column = (typeof COLUMNS)[number];
const NAMES: Readonly<Record<Column, string>> = {
  ...{ cell: 'Cell', call: 'Call', probability: 'Probability', why: 'Why no call', label: 'In the table' },
  ...{ present: 'Features', donor: 'Donor', file: 'File' },
};
/** A page of the table: thousands of rows would make typing slow. */
const PAGE = 50;

interface Props {
  readonly state: CellsState;
  readonly chosen: string | null;
  readonly onChosen: (key: string) => void;
}

export function CellTable({ state, chosen, onChosen }: Props) {
  const { rows, notes } = state;
  const busy = useObservable(work) !== null;
  const [sort, setSort] = useState<{ column: Column; up: boolean } | null>(null);
  const [text, setText] = useState('');
  const [page, setPage] = useState(0);
  const found = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    const matching = rows.filter(
      (row) =>
        wanted === '' ||
        COLUMNS.some((column) => String(valueOf(row, column)).toLowerCase().includes(wanted)),
    );
    if (sort === null) return matching;
    return matching.sort(
      (a, b) => (sort.up ? 1 : -1) * compare(valueOf(a, sort.column), valueOf(b, sort.column)),
    );
  }, [rows, text, sort]);
  if (rows.length === 0) return <p>No cell yet.</p>;
  const columns = COLUMNS.filter((column) => rows.some((row) => valueOf(row, column) !== ''));
  const recordings = rows.some(({ from }) => from === 'recording');
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const at = Math.min(page, pages - 1);
  return (
    <>
      <p>{summaryOf(state)}</p>
      <div className="row">
        <label>
          Find{' '}
          <input
            type="search"
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setPage(0);
            }}
          />
        </label>
        <TakeAway disabled={busy || state.model === null} />
        <SureButton
          text="Remove all"
          sureText="Remove all for good"
          disabled={busy}
          onSure={() => watched(removeCells(null))}
        />
        {state.tables.map(({ key, file, cells: count }) => (
          <SureButton
            key={key}
            text={`Remove ${file} (${formatCount(count)})`}
            sureText={`Remove ${file} for good`}
            disabled={busy}
            onSure={() => watched(removeCells(key))}
          />
        ))}
      </div>
      {notes.length === 0 ? null : (
        <details>
          <summary>What the readers of tables found ({notes.length})</summary>
          <ul>
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </details>
      )}
      <div className="scroll tall" role="region" aria-label="Calls" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th
                  key={column}
                  scope="col"
                  className={isNumber(column) ? 'number' : ''}
                  aria-sort={sort?.column === column ? (sort.up ? 'ascending' : 'descending') : 'none'}
                >
                  <button
                    type="button"
                    className="plain"
                    onClick={() =>
                      setSort({ column, up: sort?.column === column ? !sort.up : !isNumber(column) })
                    }
                  >
                    {NAMES[column]}
                    <span aria-hidden="true">{sort?.column === column ? (sort.up ? ' ▲' : ' ▼') : ''}</span>
                  </button>
                </th>
              ))}
              {recordings ? <th scope="col">What to do</th> : null}
            </tr>
          </thead>
          <tbody>
            {found.slice(at * PAGE, (at + 1) * PAGE).map((row) => (
              <tr key={row.key} className={row.key === chosen ? 'chosen' : ''}>
                {columns.map((column) =>
                  column === 'cell' ? (
                    <th key={column} scope="row">
                      <button
                        type="button"
                        className="plain link"
                        aria-pressed={row.key === chosen}
                        aria-label={`Show the sheet of ${row.cell}`}
                        onClick={() => onChosen(row.key)}
                      >
                        {row.cell}
                      </button>
                    </th>
                  ) : (
                    <td key={column} className={isNumber(column) ? 'number' : ''}>
                      {shown(row, column)}
                    </td>
                  ),
                )}
                {recordings ? (
                  <td>
                    {row.from === 'recording' ? (
                      <SureButton
                        text="Remove"
                        name={`Remove ${row.cell}`}
                        sureText="Remove for good"
                        sureName={`Remove ${row.cell} for good`}
                        disabled={busy}
                        onSure={() => watched(removeCells(row.key))}
                      />
                    ) : null}
                  </td>
                ) : null}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Pager page={at} pages={pages} onPage={setPage} />
    </>
  );
}

function TakeAway({ disabled }: { readonly disabled: boolean }) {
  const save = async (
    name: string,
    type: string,
    content: Promise<Blob | string | undefined>,
  ): Promise<void> => {
    const found = await content;
    if (found !== undefined) saveAs(name, found, type);
  };
  return (
    <>
      <button
        type="button"
        disabled={disabled}
        onClick={() => watched(save('calls.csv', 'text/csv', calls.csv()))}
      >
        Calls as CSV
      </button>
      <button
        type="button"
        disabled={disabled}
        onClick={() => watched(save('calls.json', 'application/json', calls.json()))}
      >
        Calls as JSON
      </button>
      <button
        type="button"
        disabled={disabled}
        onClick={() => watched(save('cells.html', 'text/html', calls.report()))}
      >
        Report as HTML
      </button>
    </>
  );
}

const isNumber = (column: Column): boolean => column === 'probability' || column === 'present';

function valueOf({ cell, file, donor, label, judged }: CellRow, column: Column): string | number {
  if (column === 'cell') return cell;
  if (column === 'file') return file;
  if (column === 'donor') return donor ?? '';
  if (column === 'label') return label ?? '';
  if (judged === null) return '';
  if (column === 'call') return judged.call ?? `none (${judged.likeliest}?)`;
  if (column === 'why') return judged.abstained.join(', ');
  return judged[column];
}

function shown(row: CellRow, column: Column): string {
  const value = valueOf(row, column);
  if (typeof value === 'string') return value;
  return column === 'present' ? `${(100 * value).toFixed(0)} %` : value.toFixed(3);
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}

/** How many are called, and how often a table that has labels agrees. */
function summaryOf({ rows, model }: CellsState): string {
  const judged = rows.flatMap((row) => (row.judged === null ? [] : [{ ...row.judged, label: row.label }]));
  const called = judged.filter(({ call }) => call !== null);
  const known = called.filter(({ label }) => label !== null && model?.classes.includes(label) === true);
  const right = known.filter(({ call, label }) => call === label).length;
  return [
    `${formatCount(rows.length)} cell${rows.length === 1 ? '' : 's'}`,
    ...(judged.length === 0 ? ['not called'] : [`${formatCount(called.length)} called`]),
    ...(judged.length === 0 || judged.length === rows.length
      ? []
      : [`${formatCount(rows.length - judged.length)} not looked at by the model`]),
    ...(known.length === 0
      ? []
      : [
          `${formatCount(right)} of ${formatCount(known.length)} calls are what the table says (cells of the model’s own training among them are no test of it)`,
        ]),
  ].join('; ');
}
