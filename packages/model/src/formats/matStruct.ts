// MATLAB spike structs nested in cells, {day}{epoch}{tetrode}{cluster} of structs with a `time` field, as tetrode labs save them.
import { SpikebridgeError } from '../errors.ts';
import type { Recording, TickSpan, UnitInfo } from '../recording/types.ts';
import { MICROSECONDS, rate, statedClock, ticksPerSecond } from './clock.ts';
import type { MatValue } from './mat5.ts';
import { buildRecording, count, secondsToTicks } from './trains.ts';
import type { Location, ReadOptions } from './types.ts';

/** Fields that hold the spike times, in the order tried. */
export const TIME_FIELDS = [
  'time',
  'times',
  'spike_times',
  'spiketimes',
  'timestamps',
  'ts',
  'data',
] as const;

interface Leaf {
  readonly path: readonly number[];
  readonly fields: ReadonlyMap<string, MatValue>;
  readonly field: string;
  readonly times: Float64Array;
}

/** True when at least one struct with numeric spike times is found inside. */
export function hasSpikeStructs(value: MatValue): boolean {
  return leaves(value, []).length > 0;
}

/**
 * Reads all spike structs of a variable; ids are the indices on the way ("7-2" = tetrode 7, cluster 2; levels of one entry left out).
 * Times are seconds. `timerange` ([start, stop], seconds) gives the observed time.
 * @throws E_MAT_NO_TRAINS, E_MAT_TYPE, E_TIME_*.
 */
export function readMatStruct(
  value: MatValue,
  variable: string,
  location: Location,
  options: ReadOptions,
): Recording {
  const where = location.name;
  const all = leaves(value, []);
  // Cell arrays have a slot for every cluster number; a struct without a spike is such an empty slot, not a silent unit.
  const found = all.filter((leaf) => leaf.times.length > 0);
  if (found.length === 0) {
    throw new SpikebridgeError('E_MAT_NO_TRAINS', `The variable ${variable} holds no spike times.`, {
      where,
      fix: `Expected structs with one of the fields ${TIME_FIELDS.join(', ')}.`,
    });
  }
  const depth = found.reduce((most, leaf) => Math.max(most, leaf.path.length), 0);
  const varies = Array.from(
    { length: depth },
    (_, d) => new Set(found.map((leaf) => leaf.path.at(d))).size > 1,
  );
  const stated = statedClock(options);
  const clock = stated ?? MICROSECONDS;
  const units: UnitInfo[] = found.map((leaf, u) => {
    const id = leaf.path.filter((_, d) => varies[d]).join('-');
    return { id: id === '' ? String(u + 1) : id };
  });
  const trains = found.map((leaf, u) => secondsToTicks(leaf.times, clock, units[u].id, where));
  const fields = [...new Set(found.map((leaf) => leaf.field))];
  const ranges = timeRanges(found);
  const assumptions = [
    `Times are the field ${fields.join(', ')} of ${variable}, taken as seconds.`,
    stated === undefined
      ? 'The file states no sampling rate: times are kept in whole microseconds.'
      : `Times are rounded to ${rate(stated)}, as stated on the command.`,
  ];
  const warnings: string[] = [];
  let observed: TickSpan[] | undefined;
  if (ranges !== undefined) {
    const perSecond = ticksPerSecond(clock);
    const [start, stop] = [Math.floor(ranges.start * perSecond), Math.ceil(ranges.stop * perSecond)];
    observed = [{ start, stop: stop + 1 }];
    assumptions.push(`The observed time is the field timerange: ${ranges.start} s to ${ranges.stop} s.`);
    if (ranges.differ) warnings.push('The units state different time ranges; the widest is taken for all.');
  }
  const empty = all.length - found.length;
  if (empty > 0) warnings.push(`${count(empty, 'cluster slot')} without a spike were left out.`);
  return buildRecording({
    name: where.replace(/\.mat$/i, ''),
    format: 'mat-struct',
    where,
    clock,
    units,
    trains,
    observed,
    assumptions,
    warnings,
  });
}

function leaves(value: MatValue, path: readonly number[]): Leaf[] {
  if (value.kind === 'cell') return value.cells.flatMap((cell, i) => leaves(cell, [...path, i + 1]));
  if (value.kind !== 'struct') return [];
  return value.elements.flatMap((fields, i) => {
    const here = value.elements.length > 1 ? [...path, i + 1] : path;
    for (const field of TIME_FIELDS) {
      const times = fields.get(field);
      if (times?.kind !== 'numeric' || times.complex) continue;
      // `data` holds one row a spike with the time first; the others are vectors.
      const rows = times.dims.at(0) ?? 0;
      const vector = times.dims.filter((n) => n !== 1).length <= 1 || times.data.length === 0;
      if (!vector && field !== 'data') continue;
      return [{ path: here, fields, field, times: vector ? times.data : times.data.subarray(0, rows) }];
    }
    return [...fields.values()].flatMap((inner, f) => leaves(inner, [...here, f + 1]));
  });
}

function timeRanges(found: readonly Leaf[]): { start: number; stop: number; differ: boolean } | undefined {
  let start = Infinity;
  let stop = -Infinity;
  let differ = false;
  for (const leaf of found) {
    const value = leaf.fields.get('timerange');
    if (value?.kind !== 'numeric' || value.data.length !== 2) return undefined;
    const [from, to] = value.data;
    if (!(from >= 0 && to > from && Number.isFinite(to))) return undefined;
    differ ||= start !== Infinity && (from !== start || to !== stop);
    start = Math.min(start, from);
    stop = Math.max(stop, to);
  }
  return { start, stop, differ };
}
