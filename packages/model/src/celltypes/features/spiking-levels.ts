// The families over six amplitudes from rheobase on: which sweep stands for which amplitude, values of spikes in time bins, and what fills a gap.
import { medianOf } from './array-search.ts';
import type { LongSquare, LongSquares } from './long-squares.ts';
import type { Spike } from './types.ts';

/** pA above rheobase. */
export const LEVELS = [0, 20, 40, 60, 80, 100] as const;
/** Where at most one level is met, rheobase is taken this much higher once (steps of which rheobase is an intermediate one). */
const SHIFT = 10;

/** Sweeps that stand for LEVELS, undefined where none does; undefined in all where fewer than two levels are met. */
export function sweepsAtLevels({ spiking, rheobase }: LongSquares): (LongSquare | undefined)[] | undefined {
  if (rheobase === undefined) return undefined;
  const lowest = rheobase.recorded.amplitude;
  const chosen = onePerAmplitude(spiking.filter(({ recorded }) => recorded.amplitude >= lowest));
  for (const shift of [0, SHIFT]) {
    const met = LEVELS.map((level) =>
      chosen.find(({ recorded }) => Math.round(recorded.amplitude - lowest) - shift === level),
    );
    if (met.filter((sweep) => sweep !== undefined).length >= 2) return met;
  }
  return undefined;
}

/** Of repeated amplitudes the sweep whose rate is nearest to their median. */
function onePerAmplitude(sweeps: readonly LongSquare[]): LongSquare[] {
  const groups = new Map<number, LongSquare[]>();
  for (const sweep of sweeps) {
    // Amplitudes come as single floats: 29.99999 and 30 are one.
    const amplitude = Math.round(sweep.recorded.amplitude * 100);
    groups.set(amplitude, [...(groups.get(amplitude) ?? []), sweep]);
  }
  return [...groups.values()].map((group) => {
    const median = medianOf(group.map(({ rate }) => rate));
    return group.reduce((best, sweep) =>
      Math.abs(sweep.rate - median) < Math.abs(best.rate - median) ? sweep : best,
    );
  });
}

/** Seconds of a sample from the step's begin. */
function fromStart({ recorded }: LongSquare, index: number): number {
  return (index - recorded.start) / recorded.samplingRate;
}

function durationOf({ recorded }: LongSquare): number {
  return (recorded.stop - recorded.start) / recorded.samplingRate;
}

/** Spikes a second in `bins` equal bins over the step. */
export function rateInBins(sweep: LongSquare, bins: number): Float64Array {
  const out = new Float64Array(bins);
  const width = durationOf(sweep) / bins;
  for (const { thresholdIndex } of sweep.spikes) {
    const bin = binOf(fromStart(sweep, thresholdIndex), width, bins);
    if (bin >= 0) out[bin] += 1 / width;
  }
  return out;
}

/** Means of a spike's value in `bins` bins, empty ones interpolated; undefined where no spike has a value. Clipped spikes do not count. */
export function valueInBins(
  sweep: LongSquare,
  bins: number,
  value: (spike: Spike) => number,
): Float64Array | undefined {
  const whole = sweep.spikes.filter((spike) => !spike.clipped);
  return meansInBins(
    whole.map(({ thresholdIndex }) => fromStart(sweep, thresholdIndex)),
    whole.map(value),
    durationOf(sweep) / bins,
    bins,
  );
}

/**
 * Instantaneous rate in bins. At each spike it is one over the mean of the intervals on both sides; the latency is the interval before the first spike;
 * the one after the last is what is left of the step, but not less than the one before, so that the rate does not jump because the step ends.
 */
export function rateCourse(sweep: LongSquare, bins: number): Float64Array | undefined {
  const duration = durationOf(sweep);
  const times = sweep.spikes.map(({ thresholdIndex }) => fromStart(sweep, thresholdIndex));
  // A threshold put back to the step's very begin must not make the rate infinite.
  const gaps = times.map((time, k) =>
    k === 0 ? Math.max(time, 1 / sweep.recorded.samplingRate) : time - times[k - 1],
  );
  gaps.push(Math.max(gaps[gaps.length - 1], duration - times[times.length - 1]));
  const rates = times.map((_, k) => 2 / (gaps[k] + gaps[k + 1]));
  return meansInBins(
    [0, ...times, duration],
    [1 / gaps[0], ...rates, 1 / gaps[gaps.length - 1]],
    duration / bins,
    bins,
  );
}

function binOf(time: number, width: number, bins: number): number {
  // A time that is a bin's edge but for the last bit belongs to the bin that begins there; the last edge to the last bin.
  const bin = Math.floor(time / width + 1e-9);
  return bin === bins && time <= bins * width + 1e-9 ? bins - 1 : bin < bins ? bin : -1;
}

function meansInBins(
  times: readonly number[],
  values: readonly number[],
  width: number,
  bins: number,
): Float64Array | undefined {
  const sums = new Float64Array(bins);
  const counts = new Float64Array(bins);
  times.forEach((time, k) => {
    const bin = binOf(time, width, bins);
    if (bin < 0) return;
    sums[bin] += values[k];
    counts[bin]++;
  });
  return interpolated(sums.map((sum, k) => sum / counts[k]));
}

/** NaN replaced by a straight line between what is known, and by the nearest known value at the ends. */
function interpolated(x: Float64Array): Float64Array | undefined {
  const known = [...x.keys()].filter((k) => !Number.isNaN(x[k]));
  if (known.length === 0) return undefined;
  return x.map((value, k) => {
    if (!Number.isNaN(value)) return value;
    const right = known.find((at) => at > k);
    const left = known.findLast((at) => at < k);
    if (left === undefined || right === undefined) return x[left ?? right ?? 0];
    return x[left] + ((k - left) / (right - left)) * (x[right] - x[left]);
  });
}

/** Parts side by side; a missing one is the mean of its neighbours, or the nearest one where it has them on one side only. */
export function fillParts(
  parts: readonly (Float64Array | undefined)[],
  points: number,
): Float64Array | undefined {
  const there = [...parts.keys()].filter((k) => parts[k] !== undefined);
  if (there.length === 0) return undefined;
  const out = new Float64Array(parts.length * points);
  parts.forEach((part, k) => {
    const left = parts[there.findLast((at) => at < k) ?? there[0]];
    const right = parts[there.find((at) => at > k) ?? there[there.length - 1]];
    const values =
      part ?? Float64Array.from({ length: points }, (_, i) => ((left?.[i] ?? 0) + (right?.[i] ?? 0)) / 2);
    out.set(values, k * points);
  });
  return out;
}

/** Each part divided by its maximum; a part of zeros stays. */
export function normaliseParts(values: Float64Array, points: number): Float64Array {
  const out = values.slice();
  for (let from = 0; from < out.length; from += points) {
    const part = out.subarray(from, from + points);
    const largest = part.reduce((a, b) => Math.max(a, b), -Infinity);
    if (largest !== 0) part.forEach((value, k) => (part[k] = value / largest));
  }
  return out;
}
