// Observation intervals of an NWB units table: when was every unit observed? Bins outside are never scored.
import { SpikebridgeError } from '../errors.ts';
import type { Clock, TickSpan } from '../recording/types.ts';
import { ticksPerSecond } from './clock.ts';
import type { Hdf5File } from './hdf5.ts';
import { raggedEnds } from './nwbUnits.ts';

/**
 * `obs_intervals` (n, 2) in seconds with its index; the time in which all units were observed. Undefined where the table has none.
 * @throws E_INDEX_ORDER, E_NWB_INTERVAL for intervals that end before they start or are no numbers.
 */
export function observedSpans(
  file: Hdf5File,
  table: string,
  units: number,
  clock: Clock,
  assumptions: string[],
  warnings: string[],
): TickSpan[] | undefined {
  const path = `${table}/obs_intervals`;
  if (!file.isDataset(path)) return undefined;
  const shape = file.shape(path);
  const values = file.numbers(path);
  if (shape.length !== 2 || shape[1] !== 2)
    throw badInterval(file, `${path} has shape (${shape.join(', ')})`);
  const ends = file.isDataset(`${path}_index`)
    ? raggedEnds(file, `${path}_index`, shape[0], file.name)
    : Float64Array.of(shape[0]);
  const perSecond = ticksPerSecond(clock);
  const perUnit = Array.from(ends, (end, u) => {
    const spans: TickSpan[] = [];
    for (let i = u === 0 ? 0 : ends[u - 1]; i < end; i++) {
      const [from, to] = [values[2 * i], values[2 * i + 1]];
      if (!(to >= from) || !Number.isFinite(from) || !Number.isFinite(to))
        throw badInterval(file, `${path}[${i}] is [${from}, ${to}]`);
      const [start, stop] = [Math.max(0, Math.round(from * perSecond)), Math.round(to * perSecond)];
      if (stop > start) spans.push({ start, stop });
    }
    return merged(spans);
  }).filter((spans) => spans.length > 0);
  if (perUnit.length === 0) return undefined;
  const common = perUnit.reduce(intersection);
  if (common.length === 0) {
    warnings.push('No time was observed for all units; the time observed for any of them is taken.');
    return merged(perUnit.flat());
  }
  const differ = perUnit.some((spans) => JSON.stringify(spans) !== JSON.stringify(perUnit[0]));
  assumptions.push(
    differ
      ? 'The observed time is where the obs_intervals of all units overlap.'
      : 'The observed time is the obs_intervals of the units, the same for all.',
  );
  if (perUnit.length < units && ends.length === units) {
    warnings.push(
      `${units - perUnit.length} units state no observation interval; those of the others are taken.`,
    );
  }
  return common;
}

/** Sorted, overlapping and touching spans joined. */
export function merged(spans: readonly TickSpan[]): TickSpan[] {
  const out: TickSpan[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last !== undefined && span.start <= last.stop) {
      out[out.length - 1] = { start: last.start, stop: Math.max(last.stop, span.stop) };
    } else out.push(span);
  }
  return out;
}

/** Where two chronological lists of spans overlap. */
export function intersection(a: readonly TickSpan[], b: readonly TickSpan[]): TickSpan[] {
  const out: TickSpan[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const start = Math.max(a[i].start, b[j].start);
    const stop = Math.min(a[i].stop, b[j].stop);
    if (stop > start) out.push({ start, stop });
    if (a[i].stop < b[j].stop) i++;
    else j++;
  }
  return out;
}

function badInterval(file: Hdf5File, detail: string): SpikebridgeError {
  return new SpikebridgeError(
    'E_NWB_INTERVAL',
    `An observation interval must be two times in order; ${detail}.`,
    {
      where: file.name,
      fix: 'Export the file again.',
    },
  );
}
