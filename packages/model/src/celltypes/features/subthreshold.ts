// Passive properties from steps that evoke no spike: baseline, deflection, sag, time constant, input resistance. Definitions as in IPFX.
import { firstAtMost, indexOfMaximum, indexOfMinimum, meanOf, medianOf } from './array-search.ts';
import { fitExponential } from './exponential-fit.ts';
import { samplesIn, type RecordedSweep } from './recorded-sweep.ts';
import { lineThrough } from './spike-train.ts';

/** Seconds before the stimulus whose mean is the baseline, and for the sag, whose steady state is as long. */
const BASELINE = 0.1;
const SAG_BASELINE = 0.03;
/** A baseline over less than this is none. */
const SHORTEST_BASELINE = 0.01;
/** Seconds around the peak deflection that are averaged for the sag. */
const SAG_PEAK = 0.005;
/** The fit of the time constant begins where the voltage has gone this fraction of its way. */
const FIT_BEGINS = 0.1;
/** The deflection must exceed the noise of the baseline this many times. */
const LEAST_SIGNAL_TO_NOISE = 20;
/** mV: a fit that misses by more is no time constant. */
const LARGEST_FIT_ERROR = 1;

/** First sample of the baseline before the stimulus. */
function baselineFrom(sweep: RecordedSweep, seconds: number): number {
  return Math.max(sweep.settled, sweep.start - samplesIn(seconds, sweep.samplingRate), 0);
}

/** Mean mV over `seconds` before the stimulus, less where a test pulse or the sweep begins later; NaN below 10 ms. */
export function baselineOf(sweep: RecordedSweep, seconds = BASELINE): number {
  const from = baselineFrom(sweep, seconds);
  const shortest = samplesIn(SHORTEST_BASELINE, sweep.samplingRate);
  return sweep.start - from < shortest ? NaN : meanOf(sweep.voltage, from, sweep.start);
}

/** Sample of the largest deflection in the direction of the step. */
export function peakDeflection(sweep: RecordedSweep): number {
  const search = sweep.amplitude >= 0 ? indexOfMaximum : indexOfMinimum;
  return search(sweep.voltage, sweep.start, sweep.stop);
}

/** Fraction of the peak hyperpolarisation that is gone at the end of the step. */
export function sagOf(sweep: RecordedSweep): number {
  const { voltage, samplingRate, start, stop } = sweep;
  const peak = indexOfMinimum(voltage, start, stop);
  const around = samplesIn(SAG_PEAK / 2, samplingRate);
  const lowest = meanOf(voltage, Math.max(0, peak - around), Math.min(voltage.length, peak + around));
  const steady = meanOf(voltage, Math.max(start, stop - samplesIn(SAG_BASELINE, samplingRate)), stop);
  return (lowest - steady) / (lowest - baselineOf(sweep, SAG_BASELINE));
}

/** Input resistance in MOhm: slope of the deepest voltage against the current; one step is held against its own baseline. */
export function inputResistance(sweeps: readonly RecordedSweep[]): number {
  const currents = sweeps.map((sweep) => sweep.amplitude);
  const voltages = sweeps.map((sweep) => sweep.voltage[peakDeflection(sweep)]);
  if (sweeps.length === 1) {
    currents.push(0);
    voltages.push(baselineOf(sweeps[0]));
  }
  // mV over pA are GOhm.
  return lineThrough(currents, voltages).slope * 1e3;
}

/**
 * Membrane time constants in seconds of hyperpolarising steps, NaN where the deflection does not stand out of the noise or is no exponential.
 * Each fit ends at the step's deepest voltage, or at the median time of it over all the steps where that is earlier.
 */
export function timeConstants(sweeps: readonly RecordedSweep[]): number[] {
  const peaks = sweeps.map((sweep) => peakDeflection(sweep));
  const usual = medianOf(sweeps.map((sweep, k) => (peaks[k] - sweep.start) / sweep.samplingRate));
  return sweeps.map((sweep, k) => {
    const { voltage, samplingRate, start } = sweep;
    const end = Math.min(peaks[k], start + samplesIn(usual, samplingRate));
    const baseline = baselineOf(sweep);
    const noise = deviation(voltage, baselineFrom(sweep, BASELINE), start, baseline);
    if (!(Math.abs(baseline - voltage[end]) >= LEAST_SIGNAL_TO_NOISE * noise)) return NaN;
    const level = baseline + FIT_BEGINS * (voltage[end] - baseline);
    const begin = firstAtMost(voltage, level, start, end);
    const fit = Number.isNaN(begin) ? undefined : fitExponential(voltage, begin, end, samplingRate);
    return fit === undefined || fit.error > LARGEST_FIT_ERROR ? NaN : fit.tau;
  });
}

function deviation(x: Float64Array, from: number, to: number, mean: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += (x[i] - mean) ** 2;
  return Math.sqrt(sum / (to - from));
}
