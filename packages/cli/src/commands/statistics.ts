// `statistics`: what a generated recording keeps of the statistics of a real one and what it loses, or how far one recording
// agrees with itself and with its surrogates.
import type { OpenedRecording, PartName, Recording, Shares, StatisticsSide } from '@spikebridge/model';
import {
  binGrid,
  binRecording,
  compareSides,
  sameUnits,
  SpikebridgeError,
  splitBins,
  statisticsTable,
} from '@spikebridge/model';
import { openData } from '../data.ts';
import type { GlobalFlags, ReadingFlags } from '../options.ts';
import { readOptions } from '../options.ts';
import { Terminal } from '../terminal.ts';

export interface StatisticsFlags extends ReadingFlags, GlobalFlags {
  readonly data?: string;
  readonly real?: string;
  readonly generated?: string;
  readonly part: 'all' | PartName;
  readonly split?: Shares;
  readonly binMs: number;
  readonly seed: number;
  readonly replicates: number;
}

const DEFAULT_SPLIT: Shares = [60, 20, 20];

export async function statistics(flags: StatisticsFlags): Promise<void> {
  const terminal = Terminal.of(flags);
  const { real: path, generated: madePath } = pathsOf(flags);
  const { recording } = await openData(path, readOptions(flags), terminal);
  const made =
    madePath === undefined ? undefined : (await openGenerated(madePath, flags, terminal)).recording;
  const matched = made === undefined ? undefined : matchUnits(recording, made);
  const units =
    matched === undefined ? recording.units : Array.from(matched.real, (row) => recording.units[row]);
  if (units.length < recording.units.length)
    terminal.note(
      `${units.length} of ${recording.units.length} real units are in the generated recording; the others are left out`,
    );
  const real = sideOf(recording, flags, matched?.real);
  const generated =
    made === undefined || matched === undefined
      ? null
      : sideOf(made, { binMs: flags.binMs, part: 'all' }, matched.generated);
  const document = compareSides(
    real,
    generated,
    matched?.by ?? null,
    { units, seed: flags.seed, replicates: flags.replicates },
    terminal,
  );
  terminal.result(statisticsTable(document), document);
}

/** The generated recording: by its own clock where it has one, as what `generate` writes does, else read as the real one is. */
async function openGenerated(
  path: string,
  flags: StatisticsFlags,
  terminal: Terminal,
): Promise<OpenedRecording> {
  const reading = readOptions(flags);
  try {
    return await openData(path, reading, terminal);
  } catch (error) {
    if (!(error instanceof SpikebridgeError) || error.code !== 'E_CLOCK_CONFLICT') throw error;
    const { select } = reading;
    return await openData(path, select === undefined ? {} : { select }, terminal);
  }
}

/** Either --data, or --real with --generated. @throws E_USAGE */
function pathsOf({ data, real, generated }: StatisticsFlags): { real: string; generated?: string } {
  if (data !== undefined && real === undefined && generated === undefined) return { real: data };
  if (data === undefined && real !== undefined && generated !== undefined) return { real, generated };
  throw new SpikebridgeError('E_USAGE', 'either --data, or --real and --generated, are expected', {
    fix: 'spikebridge statistics --data FILE, or spikebridge statistics --real FILE --generated FILE',
    exitCode: 2,
  });
}

interface Matched {
  /** Of the real recording, and of the generated one: the same units in the same order. */
  readonly real: Int32Array;
  readonly generated: Int32Array;
  readonly by: 'id' | 'index';
}

/**
 * The real unit that each generated one is: by id where every generated id is a real one (a run may have learnt some of the units
 * only), else by order in the file.
 * @throws E_STATISTICS_UNITS where there are not as many.
 */
function matchUnits(real: Recording, generated: Recording): Matched {
  const ids = new Set(generated.units.map(({ id }) => id));
  const rows = Int32Array.from(real.units.keys()).filter((row) => ids.has(real.units[row].id));
  const some = { ...real, units: Array.from(rows, (row) => real.units[row]) };
  const byId = sameUnits(some, generated);
  if (byId !== null) return { real: rows, generated: byId, by: 'id' };
  if (real.units.length !== generated.units.length)
    throw new SpikebridgeError(
      'E_STATISTICS_UNITS',
      `${real.units.length} real and ${generated.units.length} generated units; the same units are expected`,
      {
        where: generated.name,
        fix: 'name a generated recording whose ids are all in the real one, or one of as many units in the same order',
        exitCode: 2,
      },
    );
  const all = Int32Array.from(real.units.keys());
  return { real: all, generated: all, by: 'index' };
}

/** A recording binned, and the part of it that counts. @throws E_SPLIT_SHARES, E_SPLIT_EMPTY, E_GRID_EMPTY */
function sideOf(
  recording: Recording,
  { binMs, part, split }: Pick<StatisticsFlags, 'binMs' | 'part' | 'split'>,
  slots?: Int32Array,
): StatisticsSide {
  const grid = binGrid(recording, { binMilliseconds: binMs });
  const { raster } = binRecording(recording, grid, slots);
  const spans =
    part === 'all' ? grid.observed : splitBins(grid, split ?? DEFAULT_SPLIT, { context: 0 })[part].spans;
  return { name: recording.name, raster, spans };
}
