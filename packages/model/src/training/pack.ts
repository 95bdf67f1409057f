// Copies windows of a raster into a plan's inputs: bits of the inputs, bits of the targets one bin later, rows that count.
import type { Raster } from '../recording/types.ts';

/**
 * One window to copy: row r has bin inputStart + r as input, rows [countFrom, rows) enter the loss, rows from `rows` on are
 * padding. Bins before `firstBin` (where observed time begins) are silent.
 */
export interface PackedWindow {
  readonly inputStart: number;
  readonly rows: number;
  readonly countFrom?: number;
  readonly firstBin?: number;
}

/** What a batch is copied into; (batch * bins, wordsPerBin) for bits, (batch * bins) for the mask. */
export interface BatchInputs {
  readonly words: Uint32Array;
  readonly targets: Uint32Array | null;
  readonly rowMask: Float32Array | null;
}

/**
 * Fills a batch of `batch` windows of `bins` rows; places past the last window are padding, and bins past the
 * raster's end are silent.
 * @returns number of rows that count.
 */
export function packBatch(
  raster: Raster,
  windows: readonly PackedWindow[],
  shape: { readonly batch: number; readonly bins: number },
  into: BatchInputs,
): number {
  let counted = 0;
  for (let b = 0; b < shape.batch; b++) {
    const row = b * shape.bins;
    const window: PackedWindow = b < windows.length ? windows[b] : { inputStart: 0, rows: 0 };
    const firstBin = window.firstBin ?? 0;
    copyBins(raster, window.inputStart, window.rows, into.words, row, shape.bins, firstBin);
    if (into.targets !== null) {
      copyBins(raster, window.inputStart + 1, window.rows, into.targets, row, shape.bins, firstBin);
    }
    const from = Math.min(window.countFrom ?? 0, window.rows);
    counted += window.rows - from;
    if (into.rowMask !== null) {
      into.rowMask.fill(0, row, row + shape.bins);
      into.rowMask.fill(1, row + from, row + window.rows);
    }
  }
  return counted;
}

/** Bins [start, start + rows) to rows [row, row + rows); the rest of the window's `bins` rows is silent. */
function copyBins(
  raster: Raster,
  start: number,
  rows: number,
  out: Uint32Array,
  row: number,
  bins: number,
  firstBin: number,
): void {
  const { words, wordsPerBin } = raster;
  out.fill(0, row * wordsPerBin, (row + bins) * wordsPerBin);
  const from = Math.max(start, firstBin);
  const to = Math.min(start + rows, raster.bins);
  if (from >= to) return;
  out.set(words.subarray(from * wordsPerBin, to * wordsPerBin), (row + from - start) * wordsPerBin);
}
