// step_subthresh and subthresh_norm: responses to hyperpolarising steps in 10 ms bins.
import { meanOf } from './array-search.ts';
import { binMeans } from './family-clock.ts';
import type { LongSquares } from './long-squares.ts';
import { samplesIn, type RecordedSweep } from './recorded-sweep.ts';
import { baselineOf, peakDeflection } from './subthreshold.ts';

const TARGETS = [-90, -70, -50, -30, -10] as const;
/** pA within which a step counts as the target. */
const TOLERANCE = 5;
/** pA: the step for subthresh_norm. */
const NORM_TARGET = -101;
/** pA: beyond this the current cannot be meant. */
const IMPOSSIBLE = -1000;
const BIN = 0.01;
const BINS = 140;
/** Bins before the step, and after it. */
const BESIDE = 20;

export interface StepResponse {
  /** pA, rounded. */
  readonly amplitude: number;
  readonly recorded: RecordedSweep;
  /** (140) mV. */
  readonly bins: Float64Array;
}

/** Binned responses to hyperpolarising steps of one second that evoke no spike; of equal amplitudes the last. */
export function stepResponses({ silent }: LongSquares): StepResponse[] {
  const byAmplitude = new Map<number, StepResponse>();
  for (const { recorded } of silent) {
    const amplitude = Math.round(recorded.amplitude);
    if (!(recorded.amplitude < 0) || amplitude < IMPOSSIBLE) continue;
    const { voltage, samplingRate, start } = recorded;
    const bins = binMeans(voltage, samplingRate, start - samplesIn(BESIDE * BIN, samplingRate), BIN, BINS);
    if (bins !== undefined) byAmplitude.set(amplitude, { amplitude, recorded, bins });
  }
  return [...byAmplitude.values()];
}

/** (5 x 140) mV at -90 ... -10 pA, and the targets that were made from neighbours. @param responses at least one */
export function stepSubthreshold(responses: readonly StepResponse[]): {
  readonly values: Float64Array;
  readonly filled: readonly string[];
} {
  const values = new Float64Array(TARGETS.length * BINS);
  const filled: string[] = [];
  TARGETS.forEach((target, part) => {
    const nearest = nearestTo(responses, target);
    const there = Math.abs(nearest.amplitude - target) <= TOLERANCE;
    if (!there) filled.push(`${target} pA`);
    values.set(there ? nearest.bins : fromNeighbours(responses, target), part * BINS);
  });
  return { values, filled };
}

function nearestTo(responses: readonly StepResponse[], target: number): StepResponse {
  return responses.reduce((best, one) =>
    Math.abs(one.amplitude - target) < Math.abs(best.amplitude - target) ? one : best,
  );
}

/**
 * The deflection rescaled by amplitude: of the mean of both neighbours during the step alone, or of the only neighbour from the step's begin to the end,
 * so that what comes after the step is scaled with it.
 */
function fromNeighbours(responses: readonly StepResponse[], target: number): Float64Array {
  const below = responses.filter(({ amplitude }) => amplitude < target);
  const above = responses.filter(({ amplitude }) => amplitude > target);
  const lower = below.length === 0 ? undefined : nearestTo(below, target);
  const upper = above.length === 0 ? undefined : nearestTo(above, target);
  const one = lower ?? upper;
  if (one === undefined) throw new RangeError('a step to fill from is needed');
  const other = lower === undefined || upper === undefined ? one : upper;
  const out = one.bins.map((value, k) => (value + other.bins[k]) / 2);
  const scale = target / ((one.amplitude + other.amplitude) / 2);
  const base = meanOf(out, 0, BESIDE);
  const end = one === other ? BINS : BINS - BESIDE;
  for (let k = BESIDE; k < end; k++) out[k] = (out[k] - base) * scale + base;
  return out;
}

/** (140) the response nearest to -101 pA: baseline removed, divided by the peak deflection, so that the peak is near -1. @param responses at least one */
export function stepNormalised(responses: readonly StepResponse[]): Float64Array {
  const { recorded, bins } = nearestTo(responses, NORM_TARGET);
  const baseline = baselineOf(recorded);
  const depth = baseline - recorded.voltage[peakDeflection(recorded)];
  return bins.map((value) => (value - baseline) / depth);
}
