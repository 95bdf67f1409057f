// What was injected, told from the current itself: test pulse, short square, long square, ramp. The name in the file and its epochs only
// settle what the current leaves open.
import type { Levels, Segment } from './current-segments.ts';
import { currentLevels, median } from './current-segments.ts';
import type { Stimulus, Sweep, SweepHeader } from './types.ts';

/** Longest short square (the standard is 3 ms) and shortest long one (the standard is 1 s), with a sample or two to spare. */
const SHORT_SECONDS = 0.01;
const LONG_SECONDS = 0.5;
const SPARE_SECONDS = 0.0005;
/** A ramp shorter than this is an edge. */
const RAMP_SECONDS = 0.1;
/** A test pulse starts within this time (as IPFX has it) and is no longer than this. */
const TEST_START_SECONDS = 0.4;
const TEST_SECONDS = 0.1;
/** In standard deviations of the noise: a pulse below may lose samples under the threshold. */
const WEAK = 12;
/** From a test pulse to what follows. */
const TEST_GAP_SECONDS = 0.05;
/** A lone pulse so early, with so much behind it, is a test pulse. */
const LONE_START_SECONDS = 0.1;
const LONE_REST_SECONDS = 0.4;
/** A ramp stands out from this many standard deviations on, with as much to spare. */
const DEPARTURE_SPAN = 12;
/** Levels that differ by less than this part of the amplitude are one. */
const FLAT = 0.05;

type Hints = Pick<SweepHeader, 'stimulusName' | 'testPulse'>;

/**
 * The stimulus of a sweep. Start is the first sample at the new level, stop the first sample back. A shape that no feature is taken
 * from is `other`, with its reason.
 */
export function recogniseStimulus(sweep: Sweep, hints: Hints = {}): Stimulus {
  const { current, samplingRate } = sweep;
  let length = current.length;
  while (length > 0 && Number.isNaN(current[length - 1])) length--;
  const missing = countNaN(current, length);
  if (length < 3 || missing > 0) {
    return other(
      length < 3 ? 'the injected current was not recorded' : `${missing} samples of the current are missing`,
    );
  }
  const levels = currentLevels(current, length, samplingRate);
  const { test, rest } = splitTestPulse(levels, hints, length, samplingRate);
  const testPulse =
    test === undefined
      ? {}
      : {
          testPulse: {
            start: test.start / samplingRate,
            stop: test.stop / samplingRate,
            amplitude: test.amplitude,
          },
        };
  return { ...shapeOf(sweep, levels, rest, length, test), ...testPulse };
}

function shapeOf(
  sweep: Sweep,
  levels: Levels,
  rest: readonly Segment[],
  length: number,
  test: Segment | undefined,
): Stimulus {
  const fs = sweep.samplingRate;
  if (rest.length === 0)
    return other(`no current is injected${test === undefined ? '' : ' after the test pulse'}`);
  const [first] = rest;
  const last = rest[rest.length - 1];
  if (rest.length > 1) {
    return other(
      `the current leaves its holding level ${rest.length} times`,
      first.start / fs,
      last.stop / fs,
    );
  }
  const { start, stop } = first;
  if (start === 0) return other('the injection is on from the first sample', 0, stop / fs);
  const seconds = (stop - start) / fs;
  const holding = holdingBefore(levels, start, test, fs);
  if (isFlat(levels, first)) {
    const amplitude = first.amplitude + levels.holding - holding;
    const square = { amplitude, start: start / fs, stop: stop / fs };
    if (stop === length && seconds < LONG_SECONDS) {
      return { shape: 'other', ...square, reason: 'the sweep ends before the step does' };
    }
    if (seconds <= SHORT_SECONDS + SPARE_SECONDS) return { shape: 'short-square', ...square };
    if (seconds >= LONG_SECONDS - SPARE_SECONDS) return { shape: 'long-square', ...square };
    return {
      shape: 'other',
      ...square,
      reason: `the step of ${(seconds * 1000).toFixed(1)} ms is longer than a short square (${SHORT_SECONDS * 1000} ms) and shorter than a long one (${LONG_SECONDS * 1000} ms)`,
    };
  }
  return (
    rampOf(sweep, levels, first, test) ??
    other('the current is neither a step nor a ramp', start / fs, stop / fs)
  );
}

/** The first segment where it is a test pulse, and the others. */
function splitTestPulse(
  levels: Levels,
  { stimulusName, testPulse }: Hints,
  length: number,
  fs: number,
): { test?: Segment; rest: readonly Segment[] } {
  const segments = weldPieces(levels, fs);
  const first = segments.at(0);
  if (first === undefined) return { rest: segments };
  if (
    testPulse !== undefined &&
    first.start >= testPulse.start * fs - 1 &&
    first.stop <= testPulse.stop * fs + 1
  ) {
    return { test: first, rest: segments.slice(1) };
  }
  const brief =
    first.start < TEST_START_SECONDS * fs &&
    first.stop - first.start <= TEST_SECONDS * fs &&
    isFlat(levels, first);
  const next = segments.at(1);
  if (!brief) return { rest: segments };
  if (next === undefined) {
    // A pulse alone: early in a long sweep it is a test pulse, unless the file calls the stimulus a short square.
    const lone =
      first.start < LONE_START_SECONDS * fs &&
      length - first.stop >= LONE_REST_SECONDS * fs &&
      !(stimulusName !== undefined && namesShortSquare(stimulusName));
    return lone ? { test: first, rest: [] } : { rest: segments };
  }
  const train =
    segments.length >= 3 &&
    segments.every(
      (s) => near(s.stop - s.start, first.stop - first.start) && near(s.amplitude, first.amplitude),
    );
  return train || next.start - first.stop < TEST_GAP_SECONDS * fs
    ? { rest: segments }
    : { test: first, rest: segments.slice(1) };
}

/** A test pulse that hardly stands out of the noise falls into pieces: those at the beginning are one. */
function weldPieces({ segments, noise }: Pick<Levels, 'segments' | 'noise'>, fs: number): readonly Segment[] {
  const [first, second] = segments;
  if (
    segments.length < 2 ||
    first.start >= TEST_START_SECONDS * fs ||
    second.stop - first.start > TEST_SECONDS * fs
  )
    return segments;
  const weak = [first, second].every(({ amplitude }) => Math.abs(amplitude) < WEAK * noise);
  if (!weak || Math.sign(first.amplitude) !== Math.sign(second.amplitude)) return segments;
  const [long, brief] = [first.stop - first.start, second.stop - second.start];
  const amplitude = (long * first.amplitude + brief * second.amplitude) / (long + brief);
  return weldPieces(
    { segments: [{ start: first.start, stop: second.stop, amplitude }, ...segments.slice(2)], noise },
    fs,
  );
}

/** Codes of the Allen Institute and MIES (C1SSCOARSE, X6SP_Rheo), and plain words. */
function namesShortSquare(name: string): boolean {
  return /C\dSS|\dSP_|short[ _-]?(square|pulse)/i.test(name);
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 0.1 * Math.abs(b);
}

/** Median of the 0.1 s before the stimulus, after the test pulse. */
function holdingBefore(levels: Levels, start: number, test: Segment | undefined, fs: number): number {
  const from = Math.max(
    test === undefined ? 0 : test.stop + Math.round(0.001 * fs),
    start - Math.round(0.1 * fs),
    0,
  );
  return start - from < 3 ? levels.holding : median(levels.smooth.subarray(from, start));
}

/** True where the level at the beginning, in the middle and at the end is one, and most samples lie on it. */
function isFlat({ smooth, noise, holding }: Levels, { start, stop, amplitude }: Segment): boolean {
  const length = stop - start;
  const tolerance = Math.max(FLAT * Math.abs(amplitude), 4 * noise);
  if (length < 8) return true;
  const edge = Math.floor(length / 8);
  const thirds = [0, 1, 2].map((k) => {
    const from = start + edge + Math.floor((k * (length - 2 * edge)) / 3);
    return median(smooth.subarray(from, from + Math.max(1, Math.floor((length - 2 * edge) / 3)))) - holding;
  });
  if (thirds.some((level) => Math.abs(level - amplitude) > tolerance)) return false;
  let off = 0;
  for (let i = start + edge; i < stop - edge; i++)
    if (Math.abs(smooth[i] - holding - amplitude) > tolerance) off++;
  return off <= 0.05 * (length - 2 * edge);
}

/** A line that leaves the holding level and goes one way; cut where the recording of the voltage ends. */
function rampOf(
  sweep: Sweep,
  levels: Levels,
  { start, stop }: Segment,
  test: Segment | undefined,
): Stimulus | undefined {
  const fs = sweep.samplingRate;
  const { smooth, noise } = levels;
  const length = stop - start;
  if (length < RAMP_SECONDS * fs) return undefined;
  const { slope, intercept } = line(smooth, start, stop);
  const tolerance = Math.max(FLAT * Math.abs(slope) * length, 4 * noise);
  let off = 0;
  for (let i = start; i < stop; i++)
    if (Math.abs(smooth[i] - (intercept + slope * (i - start))) > tolerance) off++;
  if (off > 0.02 * length) return undefined;
  // The ramp starts where its line meets the holding level, before the first sample that stands out. What lies between is no holding.
  let from = start;
  let holding = levels.holding;
  for (let round = 0; round < 3; round++) {
    if (round > 0) holding = holdingBefore(levels, from, test, fs);
    const lead = (intercept - holding) / slope;
    if (!(
      lead >= -FLAT * length &&
      lead <= start &&
      Math.abs(intercept - holding) <= DEPARTURE_SPAN * noise + tolerance
    ))
      return undefined;
    from = Math.max(0, Math.ceil(start - lead - 1e-6));
  }
  let recorded = sweep.voltage.length;
  while (recorded > 0 && Number.isNaN(sweep.voltage[recorded - 1])) recorded--;
  const to = Math.min(stop, recorded);
  if (to - from < RAMP_SECONDS * fs) return other('the ramp was cut before it began', from / fs, to / fs);
  return {
    shape: 'ramp',
    amplitude: intercept + slope * (to - 1 - start) - holding,
    start: from / fs,
    stop: to / fs,
  };
}

/** Least squares over samples [start, stop), counted from `start`. */
function line(values: Float64Array, start: number, stop: number): { slope: number; intercept: number } {
  const n = stop - start;
  const middle = (n - 1) / 2;
  let [sum, product] = [0, 0];
  for (let i = 0; i < n; i++) {
    sum += values[start + i];
    product += (i - middle) * values[start + i];
  }
  const slope = product / ((n * (n * n - 1)) / 12);
  return { slope, intercept: sum / n - slope * middle };
}

function countNaN(values: Float64Array, length: number): number {
  let count = 0;
  for (let i = 0; i < length; i++) if (Number.isNaN(values[i])) count++;
  return count;
}

function other(reason: string, start = 0, stop = 0): Stimulus {
  return { shape: 'other', amplitude: 0, start, stop, reason };
}
