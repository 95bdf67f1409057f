// The frequency bands of the field, and means over them.
export const BANDS = [
  { name: 'delta', low: 1, high: 4 },
  { name: 'theta', low: 4, high: 8 },
  { name: 'alpha', low: 8, high: 12 },
  { name: 'beta', low: 12, high: 30 },
  { name: 'low gamma', low: 30, high: 50 },
  { name: 'high gamma', low: 50, high: 100 },
] as const;

/** Segments of this length resolve half a hertz, four steps of which lie under delta's upper half. */
export const SEGMENT_SECONDS = 2;

/** Charts show what the bands cover and a little more. */
const SHOWN_HERTZ = 120;

/** A spectrum as points from its second frequency on: the mean of every segment is taken out. */
export function spectrumPoints(spectrum: ArrayLike<number>, step: number): { x: number; y: number }[] {
  const points: { x: number; y: number }[] = [];
  for (let k = 1; k < spectrum.length && k * step <= SHOWN_HERTZ; k++)
    points.push({ x: k * step, y: spectrum[k] });
  return points;
}

/**
 * (bands) mean of a spectrum over the frequencies in [low, high); NaN for a band that reaches past half the sampling rate.
 * `step` is the distance of two frequencies in Hz; the first stands at 0.
 */
export function bandMeans(spectrum: ArrayLike<number>, step: number): Float64Array {
  const nyquist = step * (spectrum.length - 1);
  return Float64Array.from(BANDS, ({ low, high }) => {
    if (high > nyquist) return NaN;
    let sum = 0;
    let n = 0;
    for (let k = Math.ceil(low / step); k * step < high; k++) {
      sum += spectrum[k];
      n++;
    }
    return n > 0 ? sum / n : NaN;
  });
}
