// Plain text tables of spikes: one line a spike, a column for the unit and one for the time, named in the header line.
import { SpikebridgeError } from '../errors.ts';
import type { Recording } from '../recording/types.ts';
import { decodeText, readHead, readText, withSource } from './bytes.ts';
import { MICROSECONDS, rate, resolveClock, statedClock } from './clock.ts';
import type { TextTable } from './table.ts';
import { cellNumber, parseTable } from './table.ts';
import { buildRecording, secondsToTicks } from './trains.ts';
import type { Location, Reader, ReadOptions } from './types.ts';

const UNIT = [
  'unit',
  'unit_id',
  'cluster',
  'cluster_id',
  'neuron',
  'neuron_id',
  'cell',
  'cell_id',
  'electrode',
  'channel',
  'id',
];
const SECONDS = [
  'time_s',
  'times_s',
  't_s',
  'seconds',
  'time_sec',
  'spike_time_s',
  'time',
  'times',
  'spike_time',
  'spike_times',
  'timestamp',
];
const MILLISECONDS = ['time_ms', 't_ms', 'ms', 'milliseconds', 'spike_time_ms'];
const MICRO = ['time_us', 't_us', 'us', 'microseconds', 'spike_time_us'];
const SAMPLES = ['sample', 'samples', 'sample_index', 'spike_sample', 'frame', 'tick', 'ticks', 'bin'];

/** CSV, TSV or blank-separated text. `time_s`, `time_ms` and `time_us` are times; `sample`, `frame`, `tick`, `bin` are integers that need --fs. */
export const csvReader: Reader = {
  format: 'csv',
  title: 'CSV / TSV (unit, time_s or unit, sample)',
  sniff(location) {
    if (location.kind !== 'file') return 0;
    const named = /\.(csv|tsv|txt)$/i.test(location.name);
    return withSource(location.open(), (source) => {
      const head = readHead(source, 4096);
      if (head.includes(0)) return 0;
      // Whole lines only: the last one of the first bytes may be cut.
      const text = decodeText(head);
      const lines = head.length < source.size ? text.slice(0, text.lastIndexOf('\n') + 1) : text;
      try {
        const { columns } = parseTable(lines, location.name);
        return pick(columns, UNIT) >= 0 && timeColumn(columns) !== undefined ? 2 : named ? 1 : 0;
      } catch (error) {
        if (error instanceof SpikebridgeError) return named ? 1 : 0;
        throw error;
      }
    });
  },
  async read(location, options) {
    await Promise.resolve();
    const table = withSource(location.open(), (source) => parseTable(readText(source), location.name));
    return readSpikeTable(table, location, options);
  },
};

function readSpikeTable(table: TextTable, location: Location, options: ReadOptions): Recording {
  const where = location.name;
  const unitColumn = pick(table.columns, UNIT);
  const time = timeColumn(table.columns);
  if (unitColumn < 0 || time === undefined) {
    throw new SpikebridgeError(
      'E_CSV_HEADER',
      `The first line must name a unit column and a time column; it reads: ${table.columns.slice(0, 12).join(', ')}.`,
      { where, fix: 'For example "unit,time_s" (seconds) or "unit,sample" (integers, with --fs).' },
    );
  }
  const byUnit = new Map<string, number[]>();
  table.rows.forEach((row, r) => {
    const id = row.at(unitColumn) ?? '';
    if (id === '') {
      throw new SpikebridgeError('E_UNIT_ID', `Line ${table.lines[r]} names no unit.`, {
        where,
        fix: 'Fill in the unit or drop the line.',
      });
    }
    const train = byUnit.get(id) ?? [];
    byUnit.set(id, train);
    train.push(cellNumber(table, r, time.column, where));
  });
  const name = table.columns[time.column];
  const ids = [...byUnit.keys()].sort(byNumber);
  const assumptions: string[] = [];
  let clock = MICROSECONDS;
  if (time.perSecond === undefined) {
    const resolved = resolveClock(options, {
      name: where,
      ask: `Add --fs 30000 (samples a second) or --bin-unit 1ms: the column ${name} counts in integers.`,
    });
    clock = resolved.clock;
    assumptions.push(resolved.assumption);
  } else {
    clock = statedClock(options) ?? MICROSECONDS;
    assumptions.push(`The column ${name} is taken as ${time.unit}; times are rounded to ${rate(clock)}.`);
  }
  const scale = time.perSecond;
  const trains = ids.map((id) => {
    const values = byUnit.get(id) ?? [];
    if (scale === undefined) return Float64Array.from(values);
    return secondsToTicks(scale === 1 ? values : values.map((v) => v / scale), clock, id, where);
  });
  return buildRecording({
    name: where.replace(/\.(csv|tsv|txt)$/i, ''),
    format: 'csv',
    where,
    clock,
    units: ids.map((id) => ({ id })),
    trains,
    assumptions,
    warnings: [],
  });
}

function pick(columns: readonly string[], names: readonly string[]): number {
  for (const name of names) if (columns.includes(name)) return columns.indexOf(name);
  return -1;
}

/** The time column: one with its unit in the name before one without, times before samples. */
function timeColumn(
  columns: readonly string[],
): { column: number; unit: string; perSecond: number | undefined } | undefined {
  const kinds = [
    [SECONDS, 'seconds', 1],
    [MILLISECONDS, 'milliseconds', 1e3],
    [MICRO, 'microseconds', 1e6],
    [SAMPLES, 'samples', undefined],
  ] as const;
  for (const [names, unit, perSecond] of kinds) {
    const column = pick(columns, names);
    if (column >= 0) return { column, unit, perSecond };
  }
  return undefined;
}

function byNumber(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y) && x !== y) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}
