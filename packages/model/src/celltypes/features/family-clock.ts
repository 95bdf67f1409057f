// Families are sampled at 50 kHz whatever the recording's rate: excerpts of a trace brought onto that clock.
import { meanOf } from './array-search.ts';

export const FAMILY_RATE = 50_000;
/** Samples beside an excerpt that the spline sees; its influence falls by 0.27 a sample. */
const MARGIN = 16;

/**
 * `points` values at 50 kHz from sample `from` on. A faster recording whose rate is a multiple is averaged in blocks, as IPFX does; any other is
 * interpolated by a cubic spline.
 * @returns undefined where the recording ends before the excerpt does
 */
export function excerpt(
  voltage: Float64Array,
  samplingRate: number,
  from: number,
  points: number,
): Float64Array | undefined {
  const ratio = samplingRate / FAMILY_RATE;
  if (Number.isInteger(ratio)) {
    if (from + points * ratio > voltage.length) return undefined;
    return Float64Array.from({ length: points }, (_, k) =>
      meanOf(voltage, from + k * ratio, from + (k + 1) * ratio),
    );
  }
  const last = from + (points - 1) * ratio;
  if (last > voltage.length - 1) return undefined;
  const low = Math.max(0, from - MARGIN);
  const high = Math.min(voltage.length, Math.ceil(last) + MARGIN);
  const knots = voltage.subarray(low, high);
  const curvature = splineCurvature(knots);
  return Float64Array.from({ length: points }, (_, k) => splineAt(knots, curvature, from - low + k * ratio));
}

/** Second derivatives of the natural cubic spline through values one apart. */
function splineCurvature(y: Float64Array): Float64Array {
  const n = y.length;
  const m = new Float64Array(n);
  const upper = new Float64Array(n);
  for (let i = 1; i + 1 < n; i++) {
    const pivot = 4 - upper[i - 1];
    upper[i] = 1 / pivot;
    m[i] = (6 * (y[i + 1] - 2 * y[i] + y[i - 1]) - m[i - 1]) / pivot;
  }
  for (let i = n - 2; i > 0; i--) m[i] -= upper[i] * m[i + 1];
  return m;
}

function splineAt(y: Float64Array, m: Float64Array, x: number): number {
  const i = Math.min(Math.floor(x), y.length - 2);
  const t = x - i;
  const s = 1 - t;
  return s * y[i] + t * y[i + 1] + ((s ** 3 - s) * m[i] + (t ** 3 - t) * m[i + 1]) / 6;
}

/** Samples [from, to) on the 50 kHz clock, between samples by a straight line. */
export function onFamilyClock(
  voltage: Float64Array,
  samplingRate: number,
  from: number,
  to: number,
): Float64Array {
  if (samplingRate === FAMILY_RATE) return voltage.subarray(from, to);
  const ratio = samplingRate / FAMILY_RATE;
  const points = Math.max(0, Math.floor((to - from) / ratio + 1e-9));
  return Float64Array.from({ length: points }, (_, k) => {
    const x = from + k * ratio;
    const i = Math.min(Math.floor(x), voltage.length - 2);
    return voltage[i] + (x - i) * (voltage[i + 1] - voltage[i]);
  });
}

/**
 * Means over `count` bins of `seconds` each, from sample `from` on; edges are rounded to samples.
 * @returns undefined where the bins do not lie inside the recording
 */
export function binMeans(
  voltage: Float64Array,
  samplingRate: number,
  from: number,
  seconds: number,
  count: number,
): Float64Array | undefined {
  const edge = (k: number): number => from + Math.round(k * seconds * samplingRate);
  if (from < 0 || edge(count) > voltage.length) return undefined;
  return Float64Array.from({ length: count }, (_, k) => meanOf(voltage, edge(k), edge(k + 1)));
}
