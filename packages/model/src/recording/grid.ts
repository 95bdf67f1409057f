// The bins of a recording before any spike is looked at: where they start, how many there are, which were observed in full.
// Apart because splits and unit selection come before binning.
import {
  binFraction,
  firstTickOfBin,
  SpikeCoreError,
  type BinFraction,
  type Rational,
} from '@spikebridge/core-wasm';
import { SpikebridgeError } from '../errors.ts';
import type { BinSpan, Clock, Recording, TickSpan } from './types.ts';

export interface GridOptions {
  /** 1 by default; any positive number or exact fraction. */
  readonly binMilliseconds?: number | Rational;
  /** Seconds on the recording's own clock; the whole observed time by default. */
  readonly startSeconds?: number;
  readonly stopSeconds?: number;
}

/**
 * Bins of one recording. Edges stand where bin = floor(tick * 1000 / (fs * binMilliseconds)) changes, whatever the start:
 * row 0 is bin `firstBin` counted from tick 0, so that a bin holds the same spikes in every excerpt.
 */
export interface BinGrid {
  readonly clock: Clock;
  readonly fraction: BinFraction;
  readonly binMilliseconds: number;
  /** The bin width as it was given: exact. */
  readonly width: number | Rational;
  /** Bin of row 0, counted from tick 0. */
  readonly firstBin: number;
  /** Rows: up to the end of the last bin observed in full. */
  readonly bins: number;
  /** Rows observed in full, chronological and disjoint. A bin cut by the start or the end of observed time is in none. */
  readonly observed: readonly BinSpan[];
}

/** Wraps an error of the core into one for people, keeping its code. */
function refused(error: unknown, where: string, fix: string): SpikebridgeError {
  if (error instanceof SpikeCoreError) {
    return new SpikebridgeError(error.code, error.message, { where, fix, exitCode: 2, cause: error });
  }
  throw error;
}

/** Row of the first bin that starts at or after a tick. */
function firstWholeBin(fraction: BinFraction, tick: number): number {
  // Ceiling of tick * p / q; -floor(-x) in bigint keeps the last digit.
  const above = BigInt(tick) * fraction.p;
  const quotient = above / fraction.q;
  return Number(above % fraction.q > 0n ? quotient + 1n : quotient);
}

function wholeBins(fraction: BinFraction, span: TickSpan): BinSpan {
  // A bin lies inside [start, stop) when its first tick is at or after start and the next bin's is at or before stop.
  // Edges need not fall on ticks: bin b holds ticks first(b) ... first(b + 1) - 1.
  let start = firstWholeBin(fraction, span.start);
  while (firstTickOfBin(fraction, start - 1) >= span.start) start--;
  let stop = firstWholeBin(fraction, span.stop);
  while (firstTickOfBin(fraction, stop) > span.stop) stop--;
  return { start, stop: Math.max(start, stop) };
}

/**
 * Lays bins over the observed time of a recording.
 * @throws SpikebridgeError E_BIN_CLOCK (bin width or clock unusable), E_GRID_EMPTY (no whole bin between start and stop),
 *   E_GRID_RANGE (start at or after stop).
 */
export function binGrid(recording: Recording, options: GridOptions = {}): BinGrid {
  const width = options.binMilliseconds ?? 1;
  const { clock } = recording;
  let fraction: BinFraction;
  try {
    fraction = binFraction(clock, width);
  } catch (error) {
    throw refused(error, recording.name, 'Give the bin width in milliseconds, such as 1, 2.5 or 10.');
  }
  const { startSeconds = -Infinity, stopSeconds = Infinity } = options;
  if (!(startSeconds < stopSeconds)) {
    throw new SpikebridgeError(
      'E_GRID_RANGE',
      `start ${startSeconds} s is not before stop ${stopSeconds} s`,
      {
        where: recording.name,
        fix: 'Give --start and --stop in seconds, start first.',
        exitCode: 2,
      },
    );
  }
  const fs = clock.numerator / clock.denominator;
  const from = startSeconds === -Infinity ? -Infinity : Math.round(startSeconds * fs);
  const to = stopSeconds === Infinity ? Infinity : Math.round(stopSeconds * fs);
  const spans = recording.observed
    .map((span) => ({ start: Math.max(span.start, from), stop: Math.min(span.stop, to) }))
    .filter((span) => span.start < span.stop)
    .map((span) => wholeBins(fraction, span))
    .filter((span) => span.start < span.stop);
  if (spans.length === 0) {
    const seen = recording.observed.map((span) => `${span.start / fs} ... ${span.stop / fs} s`).join(', ');
    throw new SpikebridgeError('E_GRID_EMPTY', 'no whole bin was observed between start and stop', {
      where: recording.name,
      fix: `Observed time is ${seen || 'empty'}: choose --start, --stop and the bin width within it.`,
      exitCode: 2,
    });
  }
  const firstBin = spans[0].start;
  return {
    clock,
    fraction,
    binMilliseconds: typeof width === 'number' ? width : width.numerator / width.denominator,
    width,
    firstBin,
    bins: spans[spans.length - 1].stop - firstBin,
    observed: spans.map((span) => ({ start: span.start - firstBin, stop: span.stop - firstBin })),
  };
}

/** Ticks [start, stop) that fall in rows [start, stop) of a grid. */
export function ticksOfBins(grid: BinGrid, span: BinSpan): TickSpan {
  return {
    start: firstTickOfBin(grid.fraction, grid.firstBin + span.start),
    stop: firstTickOfBin(grid.fraction, grid.firstBin + span.stop),
  };
}

/** Seconds, on the recording's clock, at which a row starts. */
export function secondsOfBin(grid: BinGrid, bin: number): number {
  return ((grid.firstBin + bin) * grid.binMilliseconds) / 1000;
}

/** Rows in a list of spans. */
export function countBins(spans: readonly BinSpan[]): number {
  return spans.reduce((sum, span) => sum + span.stop - span.start, 0);
}

/** First index at which a sorted array is >= value. */
export function lowerBound(sorted: ArrayLike<number>, value: number, from = 0, to = sorted.length): number {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
