// Target bins a window may be placed over: a part of the recording cut along its observed spans.
import { withPast } from '../recording/split.ts';
import type { BinSpan } from '../recording/types.ts';

/** Targets [start, stop) that share one observed span, whose first bin is `observedStart`. */
export interface Segment extends BinSpan {
  readonly observedStart: number;
}

/**
 * Cuts the spans of a part at the edges of observed time. Bins with fewer than `past` observed bins before them
 * are left out; with 1, only the first bin of an observed span is, because nothing precedes it.
 */
export function segmentsOf(part: readonly BinSpan[], observed: readonly BinSpan[], past: number): Segment[] {
  const segments = observed.flatMap((seen) =>
    withPast(part, [seen], past).map((span) => ({ ...span, observedStart: seen.start })),
  );
  return segments.sort((a, b) => a.start - b.start);
}

/** Number of target bins. */
export function binsOf(segments: readonly BinSpan[]): number {
  return segments.reduce((total, { start, stop }) => total + stop - start, 0);
}
