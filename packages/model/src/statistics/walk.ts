// The two ways in which every statistic reads a raster: spike by spike and window by window, both in order of time. Only set
// bits cost anything, so that a sparse recording is as quick as its spikes are few.
import type { View } from './view.ts';

/**
 * Visits every spike of a view in order of time. `row` counts the bins of the spans one after another, `block` is the block
 * of that row, `span` the index of its span.
 */
export function forEachSpike(
  { raster, spans, blocks }: View,
  visit: (unit: number, row: number, block: number, span: number) => void,
): void {
  const { words, wordsPerBin } = raster;
  const { firstRows } = blocks;
  let row = 0;
  let block = 0;
  spans.forEach(({ start, stop }, span) => {
    for (let bin = start; bin < stop; bin++, row++) {
      while (block + 1 < firstRows.length && firstRows[block + 1] <= row) block++;
      for (let w = 0; w < wordsPerBin; w++) {
        let word = words[bin * wordsPerBin + w];
        while (word !== 0) {
          visit(w * 32 + 31 - Math.clz32(word & -word), row, block, span);
          word &= word - 1;
        }
      }
    }
  });
}

/** Spikes of one window, reused from window to window: read it within the visit. */
export interface WindowCounts {
  /** (units) spikes in the window. */
  readonly counts: Uint32Array;
  /** The units that fire in it: the first `size` entries, in no particular order. */
  readonly active: Uint32Array;
  size: number;
  /** Spikes of all units. */
  total: number;
  /** Block of the window's first bin. */
  block: number;
  /** Index of the window's span. */
  span: number;
}

/** Visits the windows of so many bins that fit into each span from its start; a remainder at the end is left out. */
export function forEachWindow(
  { raster, spans, blocks }: View,
  bins: number,
  visit: (window: WindowCounts) => void,
): void {
  const { words, wordsPerBin, units } = raster;
  const { firstRows } = blocks;
  const counts = new Uint32Array(units);
  const active = new Uint32Array(units);
  const window: WindowCounts = { counts, active, size: 0, total: 0, block: 0, span: 0 };
  let passed = 0;
  spans.forEach(({ start, stop }, span) => {
    window.span = span;
    for (let first = start; first + bins <= stop; first += bins) {
      const row = passed + first - start;
      while (window.block + 1 < firstRows.length && firstRows[window.block + 1] <= row) window.block++;
      for (let at = first * wordsPerBin, end = at + bins * wordsPerBin, w = 0; at < end; at++) {
        let word = words[at];
        while (word !== 0) {
          const unit = w * 32 + 31 - Math.clz32(word & -word);
          if (counts[unit]++ === 0) active[window.size++] = unit;
          window.total++;
          word &= word - 1;
        }
        if (++w === wordsPerBin) w = 0;
      }
      visit(window);
      for (let i = 0; i < window.size; i++) counts[active[i]] = 0;
      window.size = 0;
      window.total = 0;
    }
    passed += stop - start;
  });
}
