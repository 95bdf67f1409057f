// NWB 2 files: the units table (also under /processing), its spike times in bulk, observation intervals, electrodes and labels.
import { SpikebridgeError } from '../errors.ts';
import type { Clock } from '../recording/types.ts';
import { MICROSECONDS, clockOf, rate, statedClock } from './clock.ts';
import type { Hdf5File } from './hdf5.ts';
import type { Hdf5Layout } from './hdf5Layout.ts';
import { observedSpans } from './nwbIntervals.ts';
import { raggedEnds, unitInfo } from './nwbUnits.ts';
import { buildRecording, count, secondsToTicks } from './trains.ts';
import type { ReadOptions } from './types.ts';

/** `/units` or a Units table under `/processing/<module>`. `select` takes another one by its path. */
export const nwbLayout: Hdf5Layout = {
  format: 'nwb',
  title: 'NWB 2 units table',
  fits: (file) => file.attribute('/', 'nwb_version') !== undefined || unitTables(file).length > 0,
  read(file, location, options) {
    const where = location.name;
    const warnings: string[] = [];
    const table = chooseTable(file, options.select, where, warnings);
    const seconds = file.numbers(`${table}/spike_times`);
    const ends = raggedEnds(file, `${table}/spike_times_index`, seconds.length, where);
    const units = unitInfo(file, table, ends.length, warnings);
    const { clock, assumption } = chooseClock(file, table, options);
    let start = 0;
    const trains = Array.from(ends, (end, u) => {
      const train = secondsToTicks(seconds.subarray(start, end), clock, units[u].id, where);
      start = end;
      return train;
    });
    if (start < seconds.length) {
      warnings.push(
        `${count(seconds.length - start, 'spike time')} after the last unit belong to none and were dropped.`,
      );
    }
    const assumptions = [`Units are the table ${table}.`, assumption];
    const observed = observedSpans(file, table, ends.length, clock, assumptions, warnings);
    return buildRecording({
      name: where.replace(/\.nwb$/i, ''),
      format: 'nwb',
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

/** Paths of all tables with spike times. */
function unitTables(file: Hdf5File): string[] {
  const candidates = ['/units'];
  for (const module of file.keys('/processing')) {
    const root = `/processing/${module}`;
    candidates.push(root, ...file.keys(root).map((name) => `${root}/${name}`));
  }
  // A link to another file is reported when the table is read, not while looking around.
  return candidates.filter((path) => file.isGroup(path) && file.keys(path).includes('spike_times'));
}

function chooseTable(file: Hdf5File, select: string | undefined, where: string, warnings: string[]): string {
  const tables = unitTables(file);
  if (tables.length === 0) {
    throw new SpikebridgeError('E_NWB_NO_UNITS', 'The NWB file holds no units table with spike times.', {
      where,
      fix: 'Check that the file was exported with its sorted units (nwbfile.units).',
    });
  }
  if (select !== undefined) {
    const chosen = tables.find(
      (path) => path === select || path === `/${select}` || path.endsWith(`/${select}`),
    );
    if (chosen !== undefined) return chosen;
    throw new SpikebridgeError(
      'E_SELECT_UNKNOWN',
      `There is no units table ${select}; the file has ${tables.join(', ')}.`,
      {
        where,
        fix: `Use --select ${tables[0]}.`,
        exitCode: 2,
      },
    );
  }
  if (tables.length === 1 || tables[0] === '/units') {
    if (tables.length > 1)
      warnings.push(`Other units tables were left aside: ${tables.slice(1).join(', ')}.`);
    return tables[0];
  }
  throw new SpikebridgeError('E_SELECT_NEEDED', `The file has several units tables: ${tables.join(', ')}.`, {
    where,
    fix: `Add --select ${tables[0]} (or another of them).`,
    exitCode: 2,
  });
}

/** The user's grid, else the resolution the file states (seconds), else microseconds. */
function chooseClock(
  file: Hdf5File,
  table: string,
  options: ReadOptions,
): { clock: Clock; assumption: string } {
  const stated = statedClock(options);
  if (stated !== undefined) {
    return {
      clock: stated,
      assumption: `Times are seconds, rounded to ${rate(stated)} as stated on the command.`,
    };
  }
  const resolution = file.attribute(`${table}/spike_times`, 'resolution')?.numbers.at(0);
  if (resolution !== undefined && resolution >= 1e-7 && resolution <= 1e-2) {
    // 1 / 30000 is no decimal: the nearest whole rate is meant where it is that near.
    const perSecond = 1 / resolution;
    const whole = Math.round(perSecond);
    const clock = clockOf(Math.abs(perSecond - whole) < 1e-6 * whole ? whole : perSecond);
    return {
      clock,
      assumption: `Times are seconds, rounded to ${rate(clock)}: the resolution the file states.`,
    };
  }
  return {
    clock: MICROSECONDS,
    assumption: 'Times are seconds, kept in whole microseconds: the file states no resolution.',
  };
}
