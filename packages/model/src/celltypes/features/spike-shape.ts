// What is measured of each spike once it is found: trough, fast trough, steepest slopes, width at half height.
// Definitions as in IPFX; widths of slow recordings are read between samples (see widthOf).
import { firstAtLeast, firstAtMost, indexOfMinimum, lastAtMost } from './array-search.ts';
import type { RecordedSweep } from './recorded-sweep.ts';
import { detectSpikes, isCutOff, type DetectionLimits, type SampleWindow } from './spike-detection.ts';
import type { Spike } from './types.ts';

/** The downstroke is over where dV/dt comes back to this fraction of its steepest value. */
const DOWNSTROKE_ENDS = 0.01;
/** From this rate on, widths are whole samples, as in the published tables; two samples of a slower one exceed 0.04 ms. */
const WHOLE_SAMPLES = 50_000;

/** Spikes of a sweep in a window, in time order. `derivative` is voltageDerivative of its voltage. */
export function findSpikes(
  sweep: RecordedSweep,
  derivative: Float64Array,
  window: SampleWindow,
  limits?: DetectionLimits,
): Spike[] {
  const { voltage, samplingRate } = sweep;
  const found = detectSpikes(voltage, derivative, samplingRate, window, limits);
  return found.map((spike, k) => {
    const last = k + 1 === found.length;
    const next = last ? window.to : found[k + 1].threshold;
    return measure(sweep, derivative, spike, next, last && isCutOff(voltage, spike, window));
  });
}

function measure(
  { voltage, current, holding, samplingRate }: RecordedSweep,
  derivative: Float64Array,
  { threshold, peak, upstroke }: { threshold: number; peak: number; upstroke: number },
  next: number,
  cutOff: boolean,
): Spike {
  const measurable = !cutOff && next > peak;
  const trough = measurable ? indexOfMinimum(voltage, peak, next) : NaN;
  const fall = trough > peak ? derivative[indexOfMinimum(derivative, peak, trough)] : NaN;
  let fastTrough = NaN;
  if (measurable) {
    const end = Math.min(next, derivative.length);
    const steepest = indexOfMinimum(derivative, peak, end);
    fastTrough = firstAtLeast(derivative, DOWNSTROKE_ENDS * derivative[steepest], steepest, end);
  }
  const at = (index: number): number => (Number.isNaN(index) ? NaN : voltage[index]);
  return {
    thresholdIndex: threshold,
    peakIndex: peak,
    troughIndex: trough,
    fastTroughIndex: fastTrough,
    threshold: voltage[threshold],
    peak: voltage[peak],
    trough: at(trough),
    fastTrough: at(fastTrough),
    thresholdCurrent: current[threshold] - holding,
    upstroke: derivative[upstroke],
    downstroke: fall,
    width: Number.isNaN(fastTrough) ? NaN : widthOf(voltage, threshold, peak, fastTrough, samplingRate),
    clipped: Number.isNaN(fastTrough),
  };
}

/**
 * Seconds between the last sample at or below half height before the peak and the first one after it. Half height lies between
 * peak and fast trough; in a burst, where that can be below the threshold, between peak and threshold.
 */
function widthOf(
  voltage: Float64Array,
  threshold: number,
  peak: number,
  fastTrough: number,
  samplingRate: number,
): number {
  const half = (voltage[peak] + voltage[fastTrough]) / 2;
  const level = half < voltage[threshold] ? (voltage[peak] + voltage[threshold]) / 2 : half;
  const rise = lastAtMost(voltage, level, peak, threshold);
  const fall = firstAtMost(voltage, level, peak, fastTrough);
  if (Number.isNaN(rise) || Number.isNaN(fall)) return NaN;
  const between =
    samplingRate >= WHOLE_SAMPLES || rise === peak || fall === peak
      ? 0
      : (level - voltage[rise]) / (voltage[rise + 1] - voltage[rise]) +
        (level - voltage[fall]) / (voltage[fall - 1] - voltage[fall]);
  return (fall - rise - between) / samplingRate;
}
