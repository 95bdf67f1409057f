// Features on one scale: clipped to what training has seen, less their mean, over their deviation. Beyond what was seen a net of
// another domain's recordings would only guess.
import { STANDARDISATION } from '../nets/unit-free.ts';
import type { RowSet } from './row-set.ts';

/** Share of rows that lies beyond each clip. */
const BEYOND = 0.001;
/** Rows that the clips are read off, about. */
const SAMPLE = 50_000;
/** Added to deviations, so that a feature that never varied divides by no zero. */
const LEAST_DEVIATION = 1e-3;

/** (features) each of low, high, mean, deviation over all rows of the sets, by the names of `STANDARDISATION`. */
export function standardisationOf(sets: readonly RowSet[], features: number): Map<string, Float32Array> {
  const rows = sets.reduce((sum, set) => sum + set.rows, 0);
  const every = Math.max(1, Math.floor(rows / SAMPLE));
  const found = STANDARDISATION.map(() => new Float32Array(features));
  const [low, high, mean, deviation] = found;
  for (let f = 0; f < features; f++) {
    const sample: number[] = [];
    let row = 0;
    for (const set of sets)
      for (let at = f; at < set.features.length; at += features)
        if (row++ % every === 0) sample.push(set.features[at]);
    const sorted = Float64Array.from(sample).sort();
    low[f] = sorted[Math.floor(BEYOND * (sorted.length - 1))];
    high[f] = sorted[Math.ceil((1 - BEYOND) * (sorted.length - 1))];
    let sum = 0;
    let squares = 0;
    for (const value of sorted) {
      const kept = Math.min(Math.max(value, low[f]), high[f]);
      sum += kept;
      squares += kept * kept;
    }
    const centre = sum / sorted.length;
    mean[f] = centre;
    deviation[f] = Math.sqrt(Math.max(0, squares / sorted.length - centre * centre)) + LEAST_DEVIATION;
  }
  return new Map(STANDARDISATION.map((name, i) => [name, found[i]]));
}

/** Standardises the first `rows` rows of (rows, features) in place. */
export function standardise(
  values: Float32Array,
  rows: number,
  scale: ReadonlyMap<string, Float32Array>,
): void {
  const [low, high, mean, deviation] = STANDARDISATION.map((name) => scale.get(name) ?? new Float32Array(0));
  const features = mean.length;
  for (let row = 0, at = 0; row < rows; row++)
    for (let f = 0; f < features; f++, at++) {
      const value = values[at];
      const kept = value < low[f] ? low[f] : value > high[f] ? high[f] : value;
      values[at] = (kept - mean[f]) / deviation[f];
    }
}
