// What a statistic is taken over: some rows of a raster, and the time blocks that its bootstrap draws. Rows are the bins of
// the spans one after another; nothing that is counted (interval, window, segment, burst, avalanche) reaches over a gap.
import { planBlocks, type BlockPlan } from '../evaluation/uncertainty/blocks.ts';
import { clipSpans, countBins, type BinSpan, type Raster } from '../recording/index.ts';

export interface View {
  readonly raster: Raster;
  /** Chronological, disjoint, each within one observed span. */
  readonly spans: readonly BinSpan[];
  readonly rows: number;
  readonly seconds: number;
  readonly blocks: BlockPlan;
}

/** A view of the observed part of `spans` (all observed bins by default). */
export function viewOf(raster: Raster, spans: readonly BinSpan[] = raster.observed): View {
  const kept = raster.observed.flatMap((seen) => clipSpans(spans, seen.start, seen.stop));
  const rows = countBins(kept);
  return {
    raster,
    spans: kept,
    rows,
    seconds: (rows * raster.binMilliseconds) / 1000,
    blocks: planBlocks(kept, raster.binMilliseconds),
  };
}

/** Spans of rows [from, from + count), rows being the bins of `spans` one after another. */
export function sliceRows(spans: readonly BinSpan[], from: number, count: number): BinSpan[] {
  const out: BinSpan[] = [];
  let passed = 0;
  for (const { start, stop } of spans) {
    const first = Math.max(start, start + from - passed);
    const last = Math.min(stop, start + from + count - passed);
    if (first < last) out.push({ start: first, stop: last });
    passed += stop - start;
  }
  return out;
}

/** Bins in a window of so many milliseconds, rounded; 0 where a bin is more than twice as long. */
export const windowBins = (milliseconds: number, { binMilliseconds }: Raster): number =>
  Math.round(milliseconds / binMilliseconds);

/** (blocks) rows of each block. */
export function blockRows({ blocks, rows }: View): Float64Array {
  return Float64Array.from(blocks.firstRows, (first, b) => (blocks.firstRows[b + 1] ?? rows) - first);
}
