// From whatever a file holds to one Recording: the checks every spike time passes, and what is said about those that look odd.
import { SpikebridgeError } from '../errors.ts';
import type { Clock, Recording, TickSpan, UnitInfo } from '../recording/types.ts';
import { MAX_EXACT } from './bytes.ts';
import { ticksPerSecond } from './clock.ts';

/** What a reader hands over. `trains[u]` are the times of `units[u]`, in any order, in ticks of `clock`. */
export interface RecordingParts {
  readonly name: string;
  readonly format: string;
  /** File, for messages. */
  readonly where: string;
  readonly clock: Clock;
  readonly units: readonly UnitInfo[];
  readonly trains: readonly Float64Array[];
  /** Undefined: from tick 0 to the last spike, and said so. */
  readonly observed?: readonly TickSpan[] | undefined;
  readonly assumptions: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Builds the recording: checks each time, sorts what is unsorted, counts repeats, lays the trains one after another.
 * @throws E_TIME_NAN, E_TIME_INFINITE, E_TIME_NEGATIVE, E_TIME_FRACTION, E_TIME_RANGE, E_NO_UNITS.
 */
export function buildRecording(parts: RecordingParts): Recording {
  if (parts.units.length === 0) {
    throw new SpikebridgeError('E_NO_UNITS', 'The file holds no unit.', {
      where: parts.where,
      fix: 'Check that this is the file with the sorted spikes.',
    });
  }
  const warnings = [...parts.warnings];
  const assumptions = [...parts.assumptions];
  const offsets = new Uint32Array(parts.units.length + 1);
  let total = 0;
  parts.trains.forEach((train, u) => {
    total += train.length;
    offsets[u + 1] = total;
  });
  const times = new Float64Array(total);
  let unsorted = 0;
  let repeats = 0;
  let last = -1;
  parts.trains.forEach((train, u) => {
    checkTicks(train, parts.units[u].id, parts.where);
    const own = times.subarray(offsets[u], offsets[u + 1]);
    own.set(train);
    if (!isSorted(own)) {
      own.sort();
      unsorted++;
    }
    for (let i = 1; i < own.length; i++) if (own[i] === own[i - 1]) repeats++;
    if (own.length > 0) last = Math.max(last, own[own.length - 1]);
  });
  if (unsorted > 0) warnings.push(`${count(unsorted, 'unit')} had unsorted spike times; they were sorted.`);
  if (repeats > 0) {
    warnings.push(
      `${count(repeats, 'spike')} ${repeats === 1 ? 'repeats' : 'repeat'} the time of the spike before in the same unit.`,
    );
  }
  let observed = parts.observed;
  if (observed === undefined) {
    observed = last < 0 ? [] : [{ start: 0, stop: last + 1 }];
    assumptions.push(
      'The recording is taken to run from time 0 to its last spike: the file states no duration.',
    );
  } else {
    const outside = countOutside(times, observed);
    if (outside > 0) warnings.push(`${count(outside, 'spike')} lie outside the observed time.`);
  }
  if (total === 0) warnings.push('The file holds no spike at all.');
  return {
    name: parts.name,
    format: parts.format,
    clock: parts.clock,
    units: uniqueIds(parts.units, warnings),
    times,
    offsets,
    observed,
    assumptions,
    warnings,
  };
}

/** @throws an E_TIME_* error naming the unit and the first bad value. */
export function checkTicks(train: Float64Array, unit: string, where: string): void {
  for (let i = 0; i < train.length; i++) {
    const t = train[i];
    if (t >= 0 && t <= MAX_EXACT && Number.isInteger(t)) continue;
    throw badTime(t, i, unit, where);
  }
}

/**
 * Seconds to ticks: round(t * fs), half up. Checks before rounding, so that NaN or -1e-9 do not slip through.
 * @throws E_TIME_NAN, E_TIME_INFINITE, E_TIME_NEGATIVE, E_TIME_RANGE.
 */
export function secondsToTicks(
  seconds: ArrayLike<number>,
  clock: Clock,
  unit: string,
  where: string,
  origin = 0,
): Float64Array {
  const perSecond = ticksPerSecond(clock);
  const ticks = new Float64Array(seconds.length);
  for (let i = 0; i < ticks.length; i++) {
    const t = seconds[i] - origin;
    const tick = Math.round(t * perSecond);
    if (!(t >= 0 && tick <= MAX_EXACT)) throw badTime(t, i, unit, where, ' s');
    ticks[i] = tick;
  }
  return ticks;
}

/**
 * Sorts pooled spikes into one train a label. Labels are integers; the result is ordered by label.
 * @returns `labels` (units) ascending and `trains` (units), each in the order of the file.
 */
export function groupByLabel(
  times: Float64Array,
  labels: Float64Array,
): { labels: number[]; trains: Float64Array[] } {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const ordered = [...counts.keys()].sort((a, b) => a - b);
  const index = new Map(ordered.map((label, i) => [label, i]));
  const trains = ordered.map((label) => new Float64Array(counts.get(label) ?? 0));
  const filled = new Uint32Array(ordered.length);
  for (let i = 0; i < times.length; i++) {
    const u = index.get(labels[i]);
    if (u !== undefined) trains[u][filled[u]++] = times[i];
  }
  return { labels: ordered, trains };
}

/** "1 spike", "3 spikes" */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function badTime(t: number, i: number, unit: string, where: string, suffix = ''): SpikebridgeError {
  const spike = `spike ${i} of unit ${unit}`;
  const fix = 'Export the sorting again, or remove that spike.';
  if (Number.isNaN(t))
    return new SpikebridgeError('E_TIME_NAN', `The time of ${spike} is not a number.`, { where, fix });
  if (t === Infinity)
    return new SpikebridgeError('E_TIME_INFINITE', `The time of ${spike} is infinite.`, { where, fix });
  if (t < 0) {
    return new SpikebridgeError(
      'E_TIME_NEGATIVE',
      `The time of ${spike} is ${t}${suffix}, before the start.`,
      {
        where,
        fix: 'Shift the times so that the recording starts at 0, or remove that spike.',
      },
    );
  }
  if (t <= MAX_EXACT && !Number.isInteger(t) && suffix === '') {
    return new SpikebridgeError('E_TIME_FRACTION', `The time of ${spike} is ${t}: an integer was expected.`, {
      where,
      fix: 'Times here are sample indices; if they are seconds, save them in a format that says so.',
    });
  }
  return new SpikebridgeError(
    'E_TIME_RANGE',
    `The time of ${spike} is ${t}${suffix}, beyond exact integers.`,
    { where, fix },
  );
}

function isSorted(train: Float64Array): boolean {
  for (let i = 1; i < train.length; i++) if (train[i] < train[i - 1]) return false;
  return true;
}

function countOutside(times: Float64Array, spans: readonly TickSpan[]): number {
  let outside = 0;
  for (const t of times) {
    // Spans are chronological: the last one that starts at or before t is the only one that can hold it.
    let [low, high] = [0, spans.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (spans[middle].start <= t) low = middle + 1;
      else high = middle;
    }
    if (low === 0 || t >= spans[low - 1].stop) outside++;
  }
  return outside;
}

function uniqueIds(units: readonly UnitInfo[], warnings: string[]): readonly UnitInfo[] {
  const seen = new Set<string>();
  let renamed = 0;
  const unique = units.map((unit) => {
    let id = unit.id;
    for (let n = 2; seen.has(id); n++) id = `${unit.id}#${n}`;
    seen.add(id);
    if (id !== unit.id) renamed++;
    return id === unit.id ? unit : { ...unit, id };
  });
  if (renamed > 0)
    warnings.push(`${count(renamed, 'unit')} shared an id with another; "#2" and so on were added.`);
  return unique;
}

/** Spikes of all units in order of time, those of one tick in order of units: indices into `times`, and each spike's unit. */
export function inOrderOfTime({ times, offsets, units }: Recording): {
  readonly order: Uint32Array;
  readonly unitOf: Uint32Array;
} {
  const order = new Uint32Array(times.length);
  const unitOf = new Uint32Array(times.length);
  units.forEach((_, u) => unitOf.fill(u, offsets[u], offsets[u + 1]));
  for (let i = 0; i < order.length; i++) order[i] = i;
  order.sort((a, b) => times[a] - times[b] || unitOf[a] - unitOf[b]);
  return { order, unitOf };
}
