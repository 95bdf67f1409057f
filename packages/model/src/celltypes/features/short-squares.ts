// All short steps of a cell together. Their own rise is steep, so that what counts as a spike is set from it first, as IPFX does.
import { indexOfMaximum, indexOfMinimum, medianOf } from './array-search.ts';
import { samplesIn, type RecordedSweep } from './recorded-sweep.ts';
import {
  DETECTION_LIMITS,
  detectSpikes,
  type DetectionLimits,
  type SampleWindow,
} from './spike-detection.ts';
import { findSpikes } from './spike-shape.ts';
import type { Spike } from './types.ts';
import { voltageDerivative } from './voltage-derivative.ts';

/** Seconds from the stimulus's begin in which the passive rise is looked at. */
const RISE = 0.001;
/** dV/dt of a spike must exceed the passive rise by this factor, and the onset of a spike what is left of it after RISE. */
const ABOVE_RISE = 1.1;
const ABOVE_REST_OF_RISE = 1.2;
/** The threshold's fraction of the upstroke is at least this. */
const LEAST_THRESHOLD_FRACTION = 0.1;
/** Seconds after the stimulus's begin in which a threshold is its artefact. */
const START_GUARD = 0.0002;
/** Seconds after the stimulus's end in which a spike still is its answer. */
const ANSWER = 0.05;

export interface ShortSquare {
  readonly recorded: RecordedSweep;
  readonly spikes: readonly Spike[];
  /** mV: the lowest voltage after the first spike, up to the next one or to the end of the sweep; and its sample. NaN without a spike. */
  readonly lateTrough: number;
  readonly lateTroughIndex: number;
}

export interface ShortSquares {
  readonly sweeps: readonly ShortSquare[];
  /** pA: the amplitude at which most sweeps have a spike, the lower of two; undefined where none has. */
  readonly commonAmplitude: number | undefined;
  /** Sweeps of that amplitude with a spike that is not clipped. */
  readonly common: readonly ShortSquare[];
}

/** @param recorded short squares of one cell, at least one */
export function analyseShortSquares(recorded: readonly RecordedSweep[]): ShortSquares {
  const derivatives = recorded.map(({ voltage, samplingRate }) => voltageDerivative(voltage, samplingRate));
  const limits = limitsAbove(recorded, derivatives);
  const sweeps = recorded.map((sweep, k) => {
    const spikes = findSpikes(sweep, derivatives[k], answerWindow(sweep), limits);
    return { recorded: sweep, spikes, ...lateTrough(sweep, spikes) };
  });
  const answering = sweeps.filter(({ spikes }) => spikes.some((spike) => !spike.clipped));
  const counts = new Map<number, number>();
  for (const { recorded: sweep } of answering)
    counts.set(sweep.amplitude, (counts.get(sweep.amplitude) ?? 0) + 1);
  const mostFirst = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const commonAmplitude = mostFirst.at(0)?.[0];
  const common = answering.filter(({ recorded: sweep }) => sweep.amplitude === commonAmplitude);
  return { sweeps, commonAmplitude, common };
}

function answerWindow({ start, stop, samplingRate, voltage }: RecordedSweep): SampleWindow {
  return { from: start, to: Math.min(stop + samplesIn(ANSWER, samplingRate), voltage.length - 1) };
}

/** Limits above the passive rise, from the median over the sweeps; the usual ones where nothing exceeds it. */
function limitsAbove(
  recorded: readonly RecordedSweep[],
  derivatives: readonly Float64Array[],
): DetectionLimits {
  const rises: number[] = [];
  const rests: number[] = [];
  recorded.forEach(({ start, samplingRate }, k) => {
    const derivative = derivatives[k];
    const end = start + samplesIn(RISE, samplingRate);
    if (end >= derivative.length) return;
    rises.push(derivative[indexOfMaximum(derivative, start, end)]);
    rests.push(derivative[end]);
  });
  const usual = {
    ...DETECTION_LIMITS,
    thresholdFraction: LEAST_THRESHOLD_FRACTION,
    startGuard: START_GUARD,
  };
  if (rises.length === 0) return usual;
  const derivative = medianOf(rises) * ABOVE_RISE;
  const upstrokes = recorded.flatMap((sweep, k) =>
    detectSpikes(
      sweep.voltage,
      derivatives[k],
      sweep.samplingRate,
      { from: 0, to: sweep.voltage.length - 1 },
      { ...DETECTION_LIMITS, derivative },
    ).map(({ upstroke }) => derivatives[k][upstroke]),
  );
  if (upstrokes.length === 0) return usual;
  const mean = upstrokes.reduce((sum, value) => sum + value, 0) / upstrokes.length;
  const fraction = (medianOf(rests) * ABOVE_REST_OF_RISE) / mean;
  return {
    ...usual,
    derivative,
    thresholdFraction: Math.max(LEAST_THRESHOLD_FRACTION, fraction),
  };
}

function lateTrough(
  { voltage }: RecordedSweep,
  spikes: readonly Spike[],
): { lateTrough: number; lateTroughIndex: number } {
  if (spikes.length === 0) return { lateTrough: NaN, lateTroughIndex: NaN };
  const end = spikes.length > 1 ? spikes[1].thresholdIndex : voltage.length;
  const at = indexOfMinimum(voltage, spikes[0].peakIndex, end);
  return { lateTrough: voltage[at], lateTroughIndex: at };
}
