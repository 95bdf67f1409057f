// A sweep cut to what was recorded around its stimulus, on one count of samples: what every feature is computed from.
import type { Rejection, StimulatedSweep, StimulusShape } from '../sweeps/types.ts';
import { meanOf } from './array-search.ts';

/** Below this many samples a second a spike has too few samples to be measured. */
const SLOWEST = 4000;
/** The holding current is the mean over this long before the stimulus, in seconds. */
const HOLDING = 0.01;
/** A recording that was switched off before the stimulus ended holds zeros from there on; this many seconds of them tell. */
const SWITCHED_OFF = 0.002;

/** Indices count the samples of `voltage`, which begins `offset` samples after the sweep does. */
export interface RecordedSweep {
  readonly number: number;
  readonly shape: StimulusShape;
  readonly amplitude: number;
  readonly samplingRate: number;
  /** mV, finite throughout. */
  readonly voltage: Float64Array;
  /** pA, as many samples. */
  readonly current: Float64Array;
  readonly offset: number;
  /** First sample of the stimulus, and the first after it. */
  readonly start: number;
  readonly stop: number;
  /** End of the test pulse before the stimulus; 0 where there is none. */
  readonly settled: number;
  /** Mean current in pA just before the stimulus. */
  readonly holding: number;
}

/** Samples in so many seconds, rounded. */
export function samplesIn(seconds: number, samplingRate: number): number {
  return Math.round(seconds * samplingRate);
}

/** The finite stretch of the recording in which the stimulus begins, or why the sweep cannot be used. */
export function recordedSweep({ sweep, stimulus }: StimulatedSweep): RecordedSweep | Rejection {
  const { samplingRate, voltage, current, number } = sweep;
  const reject = (code: string, reason: string): Rejection => ({ sweep: number, code, reason });
  if (!(samplingRate >= SLOWEST) || !Number.isFinite(samplingRate))
    return reject(
      'sampling-rate',
      `${samplingRate} samples a second; spikes are measured from ${SLOWEST} a second on.`,
    );
  if (voltage.length !== current.length)
    return reject(
      'malformed',
      `${voltage.length} samples of voltage beside ${current.length} samples of current.`,
    );
  const start = samplesIn(stimulus.start, samplingRate);
  const stop = samplesIn(stimulus.stop, samplingRate);
  if (!(start >= 0 && stop > start) || !Number.isFinite(stimulus.amplitude))
    return reject(
      'malformed',
      `A stimulus of ${stimulus.amplitude} pA from ${stimulus.start} s to ${stimulus.stop} s.`,
    );
  if (start >= voltage.length || !Number.isFinite(voltage[start]))
    return reject('truncated', 'Nothing was recorded when the stimulus began.');
  let from = start;
  while (from > 0 && Number.isFinite(voltage[from - 1])) from--;
  let to = start + 1;
  while (to < voltage.length && Number.isFinite(voltage[to])) to++;
  if (to < stop)
    return reject(
      'truncated',
      `The recording ends ${((to - start) / samplingRate).toFixed(3)} s into a stimulus of ${((stop - start) / samplingRate).toFixed(3)} s.`,
    );
  const dead = samplesIn(SWITCHED_OFF, samplingRate);
  if (stop - start > dead && allZero(voltage, stop - dead, stop))
    return reject(
      'truncated',
      'The voltage is exactly zero when the stimulus ends: it was no longer recorded.',
    );
  const currentIn = current.subarray(from, to);
  return {
    number,
    shape: stimulus.shape,
    amplitude: stimulus.amplitude,
    samplingRate,
    voltage: voltage.subarray(from, to),
    current: currentIn,
    offset: from,
    start: start - from,
    stop: stop - from,
    settled: Math.max(0, samplesIn(stimulus.testPulse?.stop ?? 0, samplingRate) - from),
    holding: start === from ? 0 : holdingCurrent(currentIn, start - from, samplingRate),
  };
}

function allZero(x: Float64Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (x[i] !== 0) return false;
  return true;
}

function holdingCurrent(current: Float64Array, start: number, samplingRate: number): number {
  const mean = meanOf(current, Math.max(0, start - samplesIn(HOLDING, samplingRate)), start);
  return Number.isFinite(mean) ? mean : 0;
}
