// Sweeps in text: columns of time, voltage and current, one sweep a file (a folder of them) or a column that numbers the sweeps.
// Units stand in the header (`voltage_mV`, `current (pA)`) or are stated; none is guessed.
import { SpikebridgeError } from '../../errors.ts';
import { readText, withSource } from '../../formats/bytes.ts';
import { parseTable } from '../../formats/table.ts';
import type { Location } from '../../formats/types.ts';
import type { SweepOptions } from './options.ts';
import { faultOf } from './faults.ts';
import { finishSweep } from './samples.ts';
import { isRate, regularRate } from './sampling.ts';
import type { Rejection, Sweep, SweepHeader, SweepSet } from './types.ts';
import type { Quantity } from './units.ts';
import { knownUnits, unitFactor } from './units.ts';

const NAMES: Readonly<Record<Quantity, readonly string[]>> = {
  time: ['time', 't', 'times', 'seconds'],
  voltage: ['voltage', 'v', 'vm', 'potential', 'membrane_potential', 'response'],
  current: ['current', 'i', 'im', 'injected_current', 'stimulus', 'stim'],
};
const SWEEP = ['sweep', 'sweep_number', 'trace', 'episode'];

interface Column {
  readonly index: number;
  readonly name: string;
  readonly factor: number;
}
interface Columns {
  readonly voltage: Column;
  readonly current: Column;
  readonly time?: Column;
  readonly sweep: number;
}

/** True for names of text tables. */
export function isTextTable(name: string): boolean {
  return /\.(csv|tsv|txt)$/i.test(name);
}

/** @throws E_SWEEP_COLUMNS, E_SWEEP_UNITS, E_SWEEP_RATE, E_SWEEP_NONE, E_TABLE_*. */
export function openCsvSweeps(location: Location, options: SweepOptions): SweepSet {
  const files = location.kind === 'folder' ? location.list().filter(isTextTable) : [undefined];
  const sweeps: { header: SweepHeader; read: () => Sweep }[] = [];
  const rejected: Rejection[] = [];
  for (const [position, file] of files.entries()) {
    const number = file === undefined ? 0 : (fileNumber(file, files) ?? position);
    let found: ReturnType<typeof readTable>;
    try {
      found = readTable(location, file, number, options);
    } catch (error) {
      // A file of its own is at fault as a whole; in a folder the other sweeps are still read.
      if (file === undefined) throw error;
      rejected.push({ sweep: number, ...faultOf(error) });
      continue;
    }
    rejected.push(...found.rejected);
    found.sweeps.forEach((sweep, index) => {
      const header = {
        number: sweep.number,
        samplingRate: sweep.samplingRate,
        samples: sweep.voltage.length,
      };
      // Of a folder no file is kept in memory: each is read again when its turn comes.
      const read = () =>
        file === undefined ? sweep : readTable(location, file, number, options).sweeps[index];
      sweeps.push({ header, read: () => finishSweep(copyOf(read()), file ?? location.name) });
    });
  }
  if (sweeps.length === 0) {
    throw new SpikebridgeError(
      'E_SWEEP_NONE',
      `No sweep could be read. ${
        rejected
          .slice(0, 3)
          .map(({ reason }) => reason)
          .join(' ') || 'There are no rows.'
      }`,
      {
        where: location.name,
        fix: 'Give columns of time, voltage and current, for example time_s,voltage_mV,current_pA.',
      },
    );
  }
  sweeps.sort((a, b) => a.header.number - b.header.number);
  return {
    cell: location.name.replace(/\.(csv|tsv|txt)$/i, ''),
    headers: sweeps.map(({ header }) => header),
    rejected,
    read: (index) => sweeps[index].read(),
    close: () => undefined,
  };
}

function copyOf(sweep: Sweep): Sweep {
  return { ...sweep, voltage: sweep.voltage.slice(), current: sweep.current.slice() };
}

/** Number in a file's name, where those of all files differ. */
function fileNumber(file: string, files: readonly (string | undefined)[]): number | undefined {
  const numbers = files.map((name) => /(\d+)\D*$/.exec((name ?? '').replace(/\.[^.]*$/, ''))?.at(1));
  const distinct = new Set(numbers.map(Number)).size === files.length && !numbers.includes(undefined);
  return distinct ? Number(numbers[files.indexOf(file)]) : undefined;
}

function readTable(
  location: Location,
  file: string | undefined,
  number: number,
  options: SweepOptions,
): { sweeps: Sweep[]; rejected: Rejection[] } {
  const where = file ?? location.name;
  const text = withSource(location.open(file), (source) => readText(source));
  const { columns: names, first, delimiter } = headerOf(text, where);
  const columns = columnsOf(names, options, where);
  const rows = numbersOf(text, first, delimiter, names.length, where);
  const bySweep = new Map<number, number[]>();
  for (let row = 0; row < rows.length; row++) {
    const of = columns.sweep < 0 ? number : rows[row][columns.sweep];
    if (!Number.isSafeInteger(of) || of < 0) {
      throw new SpikebridgeError(
        'E_SWEEP_COLUMNS',
        `Row ${row + 1} has the sweep number ${of}: a whole number was expected.`,
        {
          where,
          fix: 'Number the sweeps 0, 1, 2 ...',
        },
      );
    }
    const own = bySweep.get(of) ?? [];
    bySweep.set(of, own);
    own.push(row);
  }
  const sweeps: Sweep[] = [];
  const rejected: Rejection[] = [];
  for (const [sweep, own] of bySweep) {
    const take = ({ index, factor }: Column) => Float64Array.from(own, (row) => rows[row][index] * factor);
    const rate =
      columns.time === undefined
        ? (options.samplingRate ?? NaN)
        : regularRate(take(columns.time), own.length, `Column ${columns.time.name} of ${where}`);
    if (typeof rate !== 'number') rejected.push({ sweep, ...rate });
    else
      sweeps.push({
        number: sweep,
        samplingRate: rate,
        voltage: take(columns.voltage),
        current: take(columns.current),
      });
  }
  return { sweeps, rejected };
}

/** Names of the columns, the line where the numbers begin (1 is the first), and what parts them. */
function headerOf(
  text: string,
  where: string,
): { columns: readonly string[]; first: number; delimiter: RegExp } {
  // The parser of small tables finds the header from the first rows; a last line that is cut is left out.
  const head = text.slice(0, 64 * 1024);
  const whole = head.length < text.length ? head.slice(0, head.lastIndexOf('\n')) : head;
  const { columns, lines } = parseTable(whole, where);
  const first = lines.at(0) ?? Infinity;
  const row = lines.length === 0 ? '' : (whole.split(/\r\n|\r|\n/, first).at(-1) ?? '');
  const delimiter = row.includes('\t') ? /\t/ : row.includes(',') ? /,/ : row.includes(';') ? /;/ : /\s+/;
  return { columns, first, delimiter };
}

function columnsOf(names: readonly string[], options: SweepOptions, where: string): Columns {
  const find = (quantity: Quantity): Column | undefined => {
    for (const [index, name] of names.entries()) {
      const reading = readings(name).find((one) => NAMES[quantity].includes(one.name));
      if (reading === undefined) continue;
      const unit = reading.unit ?? options.units?.[quantity];
      const factor = unit === undefined ? undefined : unitFactor(quantity, unit);
      if (factor !== undefined) return { index, name, factor };
      throw new SpikebridgeError(
        'E_SWEEP_UNITS',
        `Column ${name} ${unit === undefined ? 'does not say its unit' : `is in "${unit}"`}: a unit of ${quantity} (${knownUnits(quantity)}) was expected.`,
        {
          where,
          fix: `Write the unit into the header, for example ${NAMES[quantity][0]}_${knownUnits(quantity).split(', ')[1]}, or state it.`,
        },
      );
    }
    return undefined;
  };
  const [time, voltage, current] = [find('time'), find('voltage'), find('current')];
  if (voltage === undefined || current === undefined) {
    throw new SpikebridgeError(
      'E_SWEEP_COLUMNS',
      `The header names no column of ${voltage === undefined ? 'voltage' : 'current'}; it reads: ${names.slice(0, 12).join(', ')}.`,
      {
        where,
        fix: 'For example time_s,voltage_mV,current_pA, and a column sweep where the file holds several.',
      },
    );
  }
  if (time === undefined && !(options.samplingRate !== undefined && isRate(options.samplingRate))) {
    throw new SpikebridgeError(
      'E_SWEEP_RATE',
      'The table has no column of time, and no usable sampling rate was stated.',
      {
        where,
        fix: 'Add a column time_s, or state the samples per second.',
        exitCode: 2,
      },
    );
  }
  return {
    voltage,
    current,
    sweep: names.findIndex((name) => SWEEP.includes(name)),
    ...(time === undefined ? {} : { time }),
  };
}

/** What the name of a column may mean: `voltage_mV`, `voltage (mV)` and `voltage [mV]` are names with a unit, `membrane_potential` is a name. */
function readings(column: string): { name: string; unit?: string }[] {
  const bracket = /^(.*?)[ _]*[([]\s*(.+?)\s*[)\]]$/.exec(column);
  if (bracket !== null) return [{ name: bracket[1].replace(/ /g, '_'), unit: bracket[2] }];
  const name = column.replace(/ /g, '_');
  const at = name.lastIndexOf('_');
  return at < 0 ? [{ name }] : [{ name }, { name: name.slice(0, at), unit: name.slice(at + 1) }];
}

/** Rows of numbers from line `first` (1 is the first) on. An empty cell is NaN: not recorded. @throws E_TABLE_NUMBER, E_TABLE_RAGGED. */
function numbersOf(text: string, first: number, delimiter: RegExp, width: number, where: string): number[][] {
  const rows: number[][] = [];
  let line = 0;
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    line++;
    const content = line < first ? '' : text.slice(at, end).trim();
    at = end + 1;
    if (content === '' || content.startsWith('#')) continue;
    const cells = content.split(delimiter);
    if (cells.length > width) {
      throw new SpikebridgeError(
        'E_TABLE_RAGGED',
        `Line ${line} has ${cells.length} cells under ${width} columns.`,
        {
          where,
          fix: 'Give each line as many cells as the header has.',
        },
      );
    }
    rows.push(
      Array.from({ length: width }, (_, c) => {
        const cell = (cells.at(c) ?? '').trim();
        const value = cell === '' || /^nan$/i.test(cell) ? NaN : Number(cell);
        if (Number.isNaN(value) && !(cell === '' || /^nan$/i.test(cell))) {
          throw new SpikebridgeError('E_TABLE_NUMBER', `Line ${line}: "${cell}" is no number.`, {
            where,
            fix: 'Use a point for decimals and no thousands separators.',
          });
        }
        return value;
      }),
    );
  }
  return rows;
}
