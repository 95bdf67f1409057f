// "asdf" cell arrays (Beggs lab and followers): N trains of integers, then a bin-size cell, then [N, bins].
import { SpikebridgeError } from '../errors.ts';
import type { Recording, UnitInfo } from '../recording/types.ts';
import { clockOf, resolveClock, ticksPerSecond } from './clock.ts';
import type { MatValue } from './mat5.ts';
import { asdfLabels } from './asdfLabels.ts';
import { buildRecording, checkTicks, count } from './trains.ts';
import type { Location, ReadOptions } from './types.ts';

/** Units busier than this on average are hardly single neurons: said in a warning. */
const BUSY_HZ = 200;

/** True for a cell array that ends in [N, bins] with N = cells - 2. */
export function isAsdf(value: MatValue): boolean {
  if (value.kind !== 'cell' || value.cells.length < 3) return false;
  const last = value.cells[value.cells.length - 1];
  return last.kind === 'numeric' && last.data.length === 2 && last.data[0] === value.cells.length - 2;
}

/**
 * Reads an asdf array. Times are the stored integers, moved to 0-based where the file proves to be 1-based: a spike at index = bins
 * can exist only if counting starts at 1, a spike at 0 only if it starts at 0; where neither occurs they are taken as 0-based.
 * @throws E_CLOCK_UNKNOWN when the bin-size cell is empty or 0 and no option states it; E_ASDF_RANGE, E_MAT_COMPLEX, E_TIME_*.
 */
export function readAsdf(
  value: MatValue,
  variable: string,
  location: Location,
  options: ReadOptions,
): Recording {
  const where = location.name;
  if (value.kind !== 'cell' || !isAsdf(value)) {
    throw new SpikebridgeError('E_MAT_NO_TRAINS', `The variable ${variable} is no asdf cell array.`, {
      where,
    });
  }
  const cells = value.cells;
  const trains = cells.slice(0, -2).map((cell, u) => trainOf(cell, u, where));
  const shape = cells[cells.length - 1];
  const bins = shape.kind === 'numeric' ? shape.data[1] : 0;
  if (!(Number.isSafeInteger(bins) && bins >= 0)) {
    throw new SpikebridgeError(
      'E_ASDF_RANGE',
      `The last cell states ${bins} bins: a whole number was expected.`,
      { where },
    );
  }
  const found = statedBinSize(cells[cells.length - 2]);
  const clock = resolveClock(options, {
    name: where,
    found,
    ask:
      'Add --bin-unit 1ms if the integers are 1 ms bins (slice recordings of this kind), or --fs 30000 if they ' +
      'are samples at 30 kHz (Neuropixels).',
  });

  trains.forEach((train, u) => checkTicks(train, String(u + 1), where));
  const [low, high] = range(trains);
  if (high > bins) {
    throw new SpikebridgeError(
      'E_ASDF_RANGE',
      `A spike stands at ${high}, the last cell states ${bins} bins.`,
      {
        where,
        fix: 'The last cell must be [units, bins] in the same unit as the spike times.',
      },
    );
  }
  const assumptions = [clock.assumption];
  const warnings: string[] = [];
  let length = bins;
  if (high === bins && low >= 1) {
    for (const train of trains) for (let i = 0; i < train.length; i++) train[i] -= 1;
    assumptions.push(`Indices count from 1 (one stands at ${bins}, the number of bins): time = index - 1.`);
  } else if (high === bins && bins > 0) {
    length = bins + 1;
    warnings.push(`Spikes stand at 0 and at ${bins}: one bin more than the ${bins} stated is assumed.`);
  } else {
    const proof =
      low === 0 ? 'a spike stands at 0' : 'none stands at 0 nor at the end, so the file does not say';
    assumptions.push(`Indices count from 0 (${proof}): time = index.`);
  }
  assumptions.push(`The recording runs over the ${bins} bins of the last cell.`);

  const labels = asdfLabels(location, trains.length);
  const units: UnitInfo[] = trains.map((_, u) => ({ id: String(u + 1), ...labels.units[u] }));
  const seconds = length / ticksPerSecond(clock.clock);
  const busy = trains.filter((train) => train.length > BUSY_HZ * seconds).length;
  if (busy > 0) {
    const fastest = trains.reduce((most, train) => Math.max(most, train.length), 0) / seconds;
    warnings.push(
      `${count(busy, 'unit')} fire above ${BUSY_HZ} Hz on average (up to ${fastest.toFixed(0)} Hz): they are multi-unit, ` +
        'or the bin is coarser than stated.',
    );
  }
  return buildRecording({
    name: where.replace(/\.mat$/i, ''),
    format: 'asdf',
    where,
    clock: clock.clock,
    units,
    trains,
    observed: length > 0 ? [{ start: 0, stop: length }] : [],
    assumptions: [...assumptions, ...labels.assumptions],
    warnings: [...warnings, ...labels.warnings],
  });
}

function trainOf(cell: MatValue, u: number, where: string): Float64Array {
  if (cell.kind === 'numeric' && !cell.complex) return cell.data.slice();
  throw new SpikebridgeError(
    'E_MAT_TYPE',
    `The train of unit ${u + 1} is ${cell.kind === 'numeric' ? 'complex' : `a ${cell.kind}`}: integers were expected.`,
    { where, fix: 'Each of the first N cells must hold the spike times of one unit.' },
  );
}

/** Bin size in milliseconds, where the file has one: a single positive number. Empty and 0 mean that it is silent. */
function statedBinSize(cell: MatValue): Parameters<typeof resolveClock>[1]['found'] {
  if (cell.kind !== 'numeric' || cell.data.length !== 1 || !(cell.data[0] > 0) || cell.data[0] === Infinity) {
    return undefined;
  }
  const milliseconds = cell.data[0];
  return { clock: clockOf(1000 / milliseconds), source: `the bin-size cell (${milliseconds} ms)` };
}

function range(trains: readonly Float64Array[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const train of trains) {
    for (const t of train) {
      if (t < low) low = t;
      if (t > high) high = t;
    }
  }
  return [low, high];
}
