// Where an array is largest, smallest, or first on one side of a value, over half-open ranges of indices.

/** Index of the first largest value of [from, to). */
export function indexOfMaximum(x: Float64Array, from: number, to: number): number {
  let best = from;
  for (let i = from + 1; i < to; i++) if (x[i] > x[best]) best = i;
  return best;
}

/** Index of the first smallest value of [from, to). */
export function indexOfMinimum(x: Float64Array, from: number, to: number): number {
  let best = from;
  for (let i = from + 1; i < to; i++) if (x[i] < x[best]) best = i;
  return best;
}

/** First index of [from, to) with a value at or below `level`; NaN where there is none. */
export function firstAtMost(x: Float64Array, level: number, from: number, to: number): number {
  for (let i = from; i < to; i++) if (x[i] <= level) return i;
  return NaN;
}

/** First index of [from, to) with a value at or above `level`; NaN where there is none. */
export function firstAtLeast(x: Float64Array, level: number, from: number, to: number): number {
  for (let i = from; i < to; i++) if (x[i] >= level) return i;
  return NaN;
}

/** Going down from `from` to above `beyond`, the first index with a value at or below `level`; NaN where there is none. */
export function lastAtMost(x: Float64Array, level: number, from: number, beyond: number): number {
  for (let i = from; i > beyond; i--) if (x[i] <= level) return i;
  return NaN;
}

/** Mean of [from, to); NaN for an empty range. */
export function meanOf(x: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += x[i];
  return to > from ? sum / (to - from) : NaN;
}

/** Mean of what is not NaN; NaN for nothing. */
export function meanFinite(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? NaN : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** Middle value; the mean of the middle two for an even count; NaN for none. */
export function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
