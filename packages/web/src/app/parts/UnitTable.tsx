// Units of a recording: sorted by any column, filtered by text, chosen for the raster.
import type { Recording } from '@spikebridge/model';
import { useMemo, useState } from 'react';
import { formatCount, formatHertz } from '../words.ts';
import { Pager } from './Pager.tsx';

interface Props {
  readonly recording: Recording;
  /** Units in the raster; null = the busiest. */
  readonly chosen: ReadonlySet<number> | null;
  readonly onChosen: (chosen: ReadonlySet<number> | null) => void;
  /** (units) what stands for each in another recording. */
  readonly partners?: readonly (string | undefined)[];
}

const COLUMNS = ['id', 'rate', 'spikes', 'quality', 'region', 'cellClass', 'layer', 'partner'] as const;
type Column = (typeof COLUMNS)[number];
const NAMES: Readonly<Record<Column, string>> = {
  ...{ id: 'Unit', rate: 'Rate, Hz', spikes: 'Spikes', quality: 'Quality' },
  ...{ region: 'Region', cellClass: 'Class', layer: 'Layer', partner: 'Paired with' },
};
/** A page of the table: thousands of rows would make typing slow. */
const PAGE = 100;

interface Row {
  readonly unit: number;
  readonly id: string;
  readonly rate: number;
  readonly spikes: number;
  readonly quality?: string;
  readonly region?: string;
  readonly cellClass?: string;
  readonly layer?: string;
  readonly partner?: string | undefined;
}

export function UnitTable({ recording, chosen, onChosen, partners }: Props) {
  const [sort, setSort] = useState<{ column: Column; up: boolean }>({ column: 'rate', up: false });
  const [text, setText] = useState('');
  const [page, setPage] = useState(0);
  const all = useMemo(() => rowsOf(recording, partners), [recording, partners]);
  const columns = COLUMNS.filter((column) => all.some((row) => row[column] !== undefined));
  const found = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    const matches = ({ id, quality, region, cellClass, layer }: Row): boolean =>
      wanted === '' ||
      [id, quality, region, cellClass, layer].some((value) => value?.toLowerCase().includes(wanted));
    return all.filter(matches).sort((a, b) => (sort.up ? 1 : -1) * compare(a[sort.column], b[sort.column]));
  }, [all, sort, text]);
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const at = Math.min(page, pages - 1);
  const toggle = (unit: number): void => {
    const next = new Set(chosen ?? []);
    if (!next.delete(unit)) next.add(unit);
    onChosen(next.size === 0 ? null : next);
  };
  return (
    <>
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
        <button
          type="button"
          onClick={() => onChosen(new Set(found.map(({ unit }) => unit)))}
          disabled={found.length === 0}
        >
          Show these {found.length} in the raster
        </button>
        <button type="button" onClick={() => onChosen(null)} disabled={chosen === null}>
          Show the busiest
        </button>
      </div>
      <div className="scroll tall" role="region" aria-label="Units" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Shown</th>
              {columns.map((column) => (
                <th
                  key={column}
                  scope="col"
                  className={column === 'rate' || column === 'spikes' ? 'number' : ''}
                  aria-sort={sort.column === column ? (sort.up ? 'ascending' : 'descending') : 'none'}
                >
                  <button
                    type="button"
                    className="plain"
                    onClick={() =>
                      setSort({ column, up: sort.column === column ? !sort.up : column === 'id' })
                    }
                  >
                    {NAMES[column]}
                    <span aria-hidden="true">{sort.column === column ? (sort.up ? ' ▲' : ' ▼') : ''}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.slice(at * PAGE, (at + 1) * PAGE).map((row) => (
              <tr key={row.unit}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Show unit ${row.id}`}
                    checked={chosen?.has(row.unit) === true}
                    onChange={() => toggle(row.unit)}
                  />
                </td>
                {columns.map((column) => (
                  <td key={column} className={column === 'rate' || column === 'spikes' ? 'number' : ''}>
                    {column === 'rate'
                      ? formatHertz(row.rate)
                      : column === 'spikes'
                        ? formatCount(row.spikes)
                        : (row[column] ?? '')}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Pager page={at} pages={pages} onPage={setPage} />
    </>
  );
}

function rowsOf({ units, offsets, observed, clock }: Recording, partners: Props['partners'] = []): Row[] {
  const ticks = observed.reduce((sum, { start, stop }) => sum + stop - start, 0);
  const seconds = (ticks * clock.denominator) / clock.numerator;
  return units.map(({ position: _, ...labels }, unit) => {
    const spikes = offsets[unit + 1] - offsets[unit];
    return { ...labels, unit, spikes, rate: spikes / seconds, partner: partners[unit] };
  });
}

function compare(a: string | number | undefined, b: string | number | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a ?? '').localeCompare(String(b ?? ''), 'en', { numeric: true });
}
