// Spikes of each unit in each pixel column of a view, counted where they lie: trains are sorted, so a column costs one search from the
// last one's place, and nothing is stored beside the trains whatever the zoom.
import type { Recording } from '@spikebridge/model';

/** What is looked at: `columns` pixels side by side over ticks [from, to). */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly columns: number;
}

/**
 * Spike counts, row by row of `units` (rows x columns).
 * @param counts filled and returned; at least rows x columns long
 */
export function countColumns(
  { times, offsets }: Pick<Recording, 'times' | 'offsets'>,
  units: ArrayLike<number>,
  { from, to, columns }: Window,
  counts: Uint32Array,
): Uint32Array {
  const width = (to - from) / columns;
  for (let row = 0; row < units.length; row++) {
    const stop = offsets[units[row] + 1];
    let at = lowerBound(times, offsets[units[row]], stop, from);
    for (let column = 0; column < columns; column++) {
      const next = gallop(times, at, stop, from + (column + 1) * width);
      counts[row * columns + column] = next - at;
      at = next;
    }
  }
  return counts;
}

/** First index in [start, stop) whose value is at least `value`. */
export function lowerBound(values: Float64Array, start: number, stop: number, value: number): number {
  let low = start;
  let high = stop;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same, when the answer is likely near `start`: steps that double, then the halves of the last one. */
function gallop(values: Float64Array, start: number, stop: number, value: number): number {
  let step = 1;
  let low = start;
  while (low + step < stop && values[low + step - 1] < value) {
    low += step;
    step *= 2;
  }
  return lowerBound(values, low, Math.min(stop, low + step), value);
}
