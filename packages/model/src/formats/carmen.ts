// CARMEN-style HDF5 of multielectrode recordings (Eglen et al. 2014): spikes in seconds, one train after another, sCount, names, epos.
import { SpikebridgeError } from '../errors.ts';
import type { TickSpan, UnitInfo } from '../recording/types.ts';
import { MICROSECONDS, rate, statedClock, ticksPerSecond } from './clock.ts';
import type { Hdf5File } from './hdf5.ts';
import type { Hdf5Layout } from './hdf5Layout.ts';
import { buildRecording, secondsToTicks } from './trains.ts';

/** `/spikes` (s), `/sCount` (spikes of each train); `/names`, `/epos` (2, units) in um, `/recordingtime` or `/summary/duration` where present. */
export const carmenLayout: Hdf5Layout = {
  format: 'carmen',
  title: 'CARMEN HDF5 (spikes, sCount)',
  fits: (file) => file.isDataset('/spikes') && file.isDataset('/sCount'),
  read(file, location, options) {
    const where = location.name;
    const counts = file.numbers('/sCount');
    const seconds = file.numbers('/spikes');
    const total = counts.reduce((a, b) => a + b, 0);
    if (!counts.every((n) => Number.isInteger(n) && n >= 0) || total !== seconds.length) {
      throw new SpikebridgeError(
        'E_LENGTH_MISMATCH',
        `sCount adds up to ${total}, spikes holds ${seconds.length}.`,
        {
          where,
          fix: 'Copy the file again: counts and spikes do not belong together.',
        },
      );
    }
    const warnings: string[] = [];
    const units = unitInfo(file, counts.length, warnings);
    const stated = statedClock(options);
    const clock = stated ?? MICROSECONDS;
    const trains: Float64Array[] = [];
    let at = 0;
    counts.forEach((n, u) => {
      trains.push(secondsToTicks(seconds.subarray(at, at + n), clock, units[u].id, where));
      at += n;
    });
    const assumptions = [
      stated === undefined
        ? 'Times are seconds (CARMEN layout), kept in whole microseconds: the file states no sampling rate.'
        : `Times are seconds (CARMEN layout), rounded to ${rate(stated)} as stated on the command.`,
    ];
    const span = duration(file);
    let observed: TickSpan[] | undefined;
    if (span !== undefined) {
      const perSecond = ticksPerSecond(clock);
      observed = [{ start: Math.round(span.start * perSecond), stop: Math.round(span.stop * perSecond) }];
      assumptions.push(`The observed time is ${span.from}: ${span.start} s to ${span.stop} s.`);
    }
    return buildRecording({
      name: where.replace(/\.(h5|hdf5)$/i, ''),
      format: 'carmen',
      where,
      clock,
      units,
      trains,
      observed,
      assumptions,
      warnings,
    });
  },
};

function unitInfo(file: Hdf5File, units: number, warnings: string[]): UnitInfo[] {
  const names = file.isDataset('/names') ? file.texts('/names') : [];
  if (names.length > 0 && names.length !== units) {
    warnings.push(`/names has ${names.length} entries for ${units} trains; trains are numbered instead.`);
  }
  const shape = file.isDataset('/epos') ? file.shape('/epos') : [];
  // h5 files written from R hold epos as (2, units), from Python also as (units, 2).
  const byRow = shape.length === 2 && shape[0] === 2 && shape[1] === units;
  const byColumn = !byRow && shape.length === 2 && shape[0] === units && shape[1] === 2;
  const epos = byRow || byColumn ? file.numbers('/epos') : undefined;
  const region = file.isDataset('/meta/region') ? file.texts('/meta/region').at(0) : undefined;
  return Array.from({ length: units }, (_, u) => {
    const position =
      epos === undefined
        ? undefined
        : byRow
          ? ([epos[u], epos[units + u]] as const)
          : ([epos[2 * u], epos[2 * u + 1]] as const);
    return {
      id: names.length === units ? names[u] : String(u),
      ...(region === undefined || region === '' ? {} : { region }),
      ...(position === undefined || !position.every(Number.isFinite) ? {} : { position }),
    };
  });
}

function duration(file: Hdf5File): { start: number; stop: number; from: string } | undefined {
  const valid = (start: number, stop: number) => start >= 0 && stop > start && stop < 1e9;
  if (file.isDataset('/recordingtime')) {
    const [start, stop] = file.numbers('/recordingtime');
    if (valid(start, stop)) return { start, stop, from: 'recordingtime' };
  }
  if (file.isDataset('/summary/duration')) {
    const stop = file.numbers('/summary/duration').at(0) ?? 0;
    if (valid(0, stop)) return { start: 0, stop, from: 'summary/duration' };
  }
  return undefined;
}
