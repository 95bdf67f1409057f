// Target bins a window may be placed over: a part of the recording cut along its observed spans.
import type { BinSpan } from '../recording/types.ts';

/** Targets [start, stop) that share one observed span, whose first bin is `observedStart`. */
export interface Segment extends BinSpan {
  readonly observedStart: number;
}

/**
 * Cuts the spans of a part at the edges of observed time. Bins with fewer than `minimumPast` observed bins before them
 * are left out; with 1, only the first bin of an observed span is, because nothing precedes it.
 */
export function segmentsOf(
  part: readonly BinSpan[],
  observed: readonly BinSpan[],
  minimumPast: number,
): Segment[] {
  const segments: Segment[] = [];
  for (const span of part) {
    for (const seen of observed) {
      const start = Math.max(span.start, seen.start + minimumPast);
      const stop = Math.min(span.stop, seen.stop);
      if (start < stop) segments.push({ start, stop, observedStart: seen.start });
    }
  }
  return segments.sort((a, b) => a.start - b.start);
}

/** Number of target bins. */
export function binsOf(segments: readonly BinSpan[]): number {
  return segments.reduce((total, { start, stop }) => total + stop - start, 0);
}
