// Finding action potentials: crossings of dV/dt, then thresholds put back to where the upstroke begins.
// The parameters and the order of the checks are those of IPFX (Allen Institute), so that its users find the same spikes.
import { firstAtMost, indexOfMaximum, lastAtMost } from './array-search.ts';

export interface DetectionLimits {
  /** V/s that dV/dt must reach. */
  readonly derivative: number;
  /** The threshold is where dV/dt falls to this fraction of the mean of the steepest upstrokes. */
  readonly thresholdFraction: number;
  /** mV from the crossing to the peak, at least. */
  readonly height: number;
  /** mV of the peak, at least. */
  readonly peak: number;
  /** Seconds from threshold to peak, less than this. */
  readonly thresholdToPeak: number;
  /** Seconds after the window's start in which a threshold does not count (the artefact of a short stimulus). */
  readonly startGuard: number;
}

export const DETECTION_LIMITS: DetectionLimits = {
  derivative: 20,
  thresholdFraction: 0.05,
  height: 2,
  peak: -30,
  thresholdToPeak: 0.005,
  startGuard: 0,
};

/** Sample indices of one spike; `upstroke` is where dV/dt is largest. */
export interface DetectedSpike {
  threshold: number;
  peak: number;
  upstroke: number;
}

/** Samples in which spikes are looked for: from `from` up to and with `to`. */
export interface SampleWindow {
  readonly from: number;
  readonly to: number;
}

/**
 * Spikes in a window of a trace, in time order.
 * @param voltage (n) mV
 * @param derivative (n - 1) V/s, of voltageDerivative
 */
export function detectSpikes(
  voltage: Float64Array,
  derivative: Float64Array,
  samplingRate: number,
  window: SampleWindow,
  limits: DetectionLimits = DETECTION_LIMITS,
): DetectedSpike[] {
  const events = candidates(voltage, derivative, window, limits);
  if (events.length === 0) return [];
  refineThresholds(events, derivative, limits);
  const guard = window.from + limits.startGuard * samplingRate;
  let spikes = limits.startGuard > 0 ? events.filter((event) => event.threshold > guard) : events;
  spikes = mergeOverlaps(spikes);
  spikes = repairLong(spikes, voltage, derivative, samplingRate, limits);
  for (const spike of spikes) spike.upstroke = indexOfMaximum(derivative, spike.threshold, spike.peak);
  return spikes;
}

/** Upward crossings with their peaks, those that are high enough; `threshold` is still the crossing. */
function candidates(
  voltage: Float64Array,
  derivative: Float64Array,
  window: SampleWindow,
  limits: DetectionLimits,
): DetectedSpike[] {
  const end = Math.min(window.to, derivative.length);
  const crossings: number[] = [];
  let last = -1;
  for (let i = window.from; i + 1 < end; i++) {
    if (!(derivative[i] < limits.derivative && derivative[i + 1] >= limits.derivative)) continue;
    // A shoulder of the same upstroke is no second spike: the voltage must have fallen in between.
    if (last < 0 || falls(derivative, last, i)) crossings.push(i);
    last = i;
  }
  const events: DetectedSpike[] = [];
  crossings.forEach((crossing, k) => {
    const next = k + 1 < crossings.length ? crossings[k + 1] : window.to;
    const peak = indexOfMaximum(voltage, crossing, next);
    const before = events.at(-1);
    // No fall between the peak before and this crossing: one spike, from the earlier crossing to the later peak.
    if (before !== undefined && !falls(derivative, before.peak, crossing)) before.peak = peak;
    else events.push({ threshold: crossing, peak, upstroke: crossing });
  });
  const spikes = events.filter(
    ({ threshold, peak }) =>
      voltage[peak] >= limits.peak && voltage[peak] - voltage[threshold] >= limits.height,
  );
  for (const spike of spikes) spike.upstroke = indexOfMaximum(derivative, spike.threshold, spike.peak);
  return spikes;
}

function falls(derivative: Float64Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (derivative[i] < 0) return true;
  return false;
}

/** V/s at which an upstroke begins. */
function onset(
  spikes: readonly DetectedSpike[],
  derivative: Float64Array,
  { thresholdFraction }: DetectionLimits,
): number {
  const sum = spikes.reduce((total, { upstroke }) => total + derivative[upstroke], 0);
  return (sum / spikes.length) * thresholdFraction;
}

function refineThresholds(spikes: DetectedSpike[], derivative: Float64Array, limits: DetectionLimits): void {
  const target = onset(spikes, derivative, limits);
  let before = 0;
  for (const spike of spikes) {
    const found = lastAtMost(derivative, target, spike.upstroke, before);
    spike.threshold = Number.isNaN(found) ? before : found;
    before = spike.upstroke;
  }
}

/** A threshold that comes before the spike in front of it has peaked belongs to the same spike. */
function mergeOverlaps(spikes: readonly DetectedSpike[]): DetectedSpike[] {
  const out: DetectedSpike[] = [];
  for (const spike of spikes) {
    const before = out.at(-1);
    if (before !== undefined && spike.threshold <= before.peak + 1) {
      before.peak = spike.peak;
      before.upstroke = spike.upstroke;
    } else out.push({ ...spike });
  }
  return out;
}

/** Spikes whose peak comes too long after their threshold: the threshold is looked for again near the peak, else the peak near the threshold. */
function repairLong(
  spikes: readonly DetectedSpike[],
  voltage: Float64Array,
  derivative: Float64Array,
  samplingRate: number,
  limits: DetectionLimits,
): DetectedSpike[] {
  const longest = limits.thresholdToPeak * samplingRate;
  // Whole samples are compared with a product that may be off in its last bit.
  const long = ({ threshold, peak }: DetectedSpike): boolean => peak - threshold >= longest - 1e-6;
  if (!spikes.some(long)) return [...spikes];
  const target = onset(spikes, derivative, limits);
  return spikes.filter((spike, k) => {
    if (!long(spike)) return true;
    const earliest = Math.max(-1, Math.round(spike.peak - longest));
    const found = lastAtMost(derivative, target, spike.upstroke, earliest);
    if (!Number.isNaN(found)) {
      spike.threshold = found;
      return true;
    }
    const limit = Math.min(voltage.length, Math.round(spike.threshold + 2 * longest));
    const peak = indexOfMaximum(voltage, spike.threshold, limit);
    const next = k + 1 < spikes.length ? spikes[k + 1].threshold : Infinity;
    if (peak <= spike.threshold || long({ ...spike, peak }) || peak >= next) return false;
    spike.peak = peak;
    return true;
  });
}

/** Whether the last spike of a window was cut off before the voltage came back to its threshold (within 1 mV). */
export function isCutOff(voltage: Float64Array, spike: DetectedSpike, window: SampleWindow): boolean {
  const end = Math.min(window.to + 1, voltage.length);
  return Number.isNaN(firstAtMost(voltage, voltage[spike.threshold] + 1, spike.peak, end));
}
