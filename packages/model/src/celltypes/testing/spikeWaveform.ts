// A spike with known answers: three half cosines in time, so that threshold, peak, fast trough, trough, slopes and width have closed forms.

export interface SpikeWaveform {
  /** mV above the threshold, or below it (negative). */
  readonly height: number;
  readonly fastTrough: number;
  readonly trough: number;
  /** Seconds of the rise, the fall and the dip from fast trough to trough. */
  readonly rise: number;
  readonly fall: number;
  readonly dip: number;
}

export const SPIKE: SpikeWaveform = {
  height: 75,
  fastTrough: -15,
  trough: -19,
  rise: 1e-3,
  fall: 1.6e-3,
  dip: 6e-3,
};

export const waveformSeconds = ({ rise, fall, dip }: SpikeWaveform): number => rise + fall + dip;

/** From a to b along half a cosine of `seconds`. */
const glide = (a: number, b: number, t: number, seconds: number): number =>
  a + ((b - a) * (1 - Math.cos((Math.PI * t) / seconds))) / 2;

/** mV relative to the threshold, t seconds after the onset, inside the waveform. */
export function waveformAt(shape: SpikeWaveform, t: number): number {
  const { height, fastTrough, trough, rise, fall, dip } = shape;
  if (t < rise) return glide(0, height, t, rise);
  if (t < rise + fall) return glide(height, fastTrough, t - rise, fall);
  return glide(fastTrough, trough, t - rise - fall, dip);
}

/** V/s: the steepest points of rise and fall. */
export const steepestRise = ({ height, rise }: SpikeWaveform): number =>
  (Math.PI / 2) * (height / rise) * 1e-3;
export const steepestFall = ({ height, fastTrough, fall }: SpikeWaveform): number =>
  (Math.PI / 2) * ((fastTrough - height) / fall) * 1e-3;

/** mV above the onset where the rise has reached this fraction of its steepest slope. */
export const aboveOnset = ({ height }: SpikeWaveform, fraction: number): number =>
  (height * (1 - Math.sqrt(1 - fraction ** 2))) / 2;

/** Seconds at half the height between peak and fast trough. */
export function waveformWidth({ height, fastTrough, rise, fall }: SpikeWaveform): number {
  const level = (height + fastTrough) / 2;
  // The fall's middle is its half time; the rise crosses where its cosine says.
  const crossing = (rise / Math.PI) * Math.acos(1 - (2 * level) / height);
  return rise - crossing + fall / 2;
}
