// Chronological splits with gaps. A gap of one context is cut from the END of the earlier part, so that the bins of a later
// part (the test part above all) never move with the context; inputs may look back over a part's start, targets may not.
import { SpikebridgeError } from '../errors.ts';
import { countBins, secondsOfBin, type BinGrid } from './grid.ts';
import type { BinSpan } from './types.ts';

export const PART_NAMES = ['train', 'validation', 'test'] as const;
export type PartName = (typeof PART_NAMES)[number];

/** One part of a split: rows of its grid that may be targets. */
export interface Part {
  readonly name: PartName;
  /** Chronological, disjoint, each within one observed span. */
  readonly spans: readonly BinSpan[];
}

/** The part from which rates and every other statistic come; only a split makes one. */
export interface TrainingPart extends Part {
  readonly name: 'train';
}

/** One line of the list that a report prints: rows [start, stop) and their time. */
export interface Segment {
  readonly part: PartName | 'gap';
  readonly start: number;
  readonly stop: number;
  readonly bins: number;
  readonly startSeconds: number;
  readonly stopSeconds: number;
}

export interface Split {
  readonly train: TrainingPart;
  readonly validation: Part;
  readonly test: Part;
  /** Context in bins that the gaps were cut for. */
  readonly context: number;
  /** Every observed row is in one of these, in order of time. */
  readonly segments: readonly Segment[];
}

/** Percentages of the observed bins, in the order train, validation, test. */
export type Shares = readonly [train: number, validation: number, test: number];

/**
 * `60,20,20` (train, validation, test) or `80,20` (train, validation) in percent, adding up to 100.
 * @throws SpikebridgeError E_SPLIT_SHARES.
 */
export function parseSplit(text: string): Shares {
  const shares = text.split(',').map((piece) => (piece.trim() === '' ? NaN : Number(piece)));
  const sum = shares.reduce((a, b) => a + b, 0);
  const fair =
    shares.length >= 2 && shares.length <= 3 && shares.every((share) => share >= 0 && share <= 100);
  if (!fair || Math.abs(sum - 100) > 1e-9) {
    throw new SpikebridgeError(
      'E_SPLIT_SHARES',
      `split "${text}" received; two or three percentages that add up to 100 are expected`,
      { where: '--split', fix: 'Write train,validation,test such as 60,20,20, or 80,20.', exitCode: 2 },
    );
  }
  return [shares[0], shares[1], shares[2] ?? 0];
}

/** Parts of `spans` within [start, stop). */
export function clipSpans(spans: readonly BinSpan[], start: number, stop: number): BinSpan[] {
  return spans
    .map((span) => ({ start: Math.max(span.start, start), stop: Math.min(span.stop, stop) }))
    .filter((span) => span.start < span.stop);
}

/** Row at which `count` observed rows have passed. */
function rowAfter(observed: readonly BinSpan[], count: number): number {
  let left = count;
  for (const span of observed) {
    if (left <= span.stop - span.start) return span.start + left;
    left -= span.stop - span.start;
  }
  return observed[observed.length - 1].stop;
}

/**
 * Splits the observed rows of a grid by time. Boundaries stand at the cumulative shares of observed rows (rounded); before
 * each boundary between two parts that hold rows, the last `context` rows of the earlier part become a gap.
 * @throws SpikebridgeError E_SPLIT_CONTEXT (not a count), E_SPLIT_EMPTY (a part with a share is left without rows).
 */
export function splitBins(grid: BinGrid, shares: Shares, options: { readonly context: number }): Split {
  const { context } = options;
  if (!Number.isInteger(context) || context < 0) {
    throw new SpikebridgeError(
      'E_SPLIT_CONTEXT',
      `context of ${context} bins received; a count is expected`,
      {
        exitCode: 2,
      },
    );
  }
  const total = countBins(grid.observed);
  const sum = shares[0] + shares[1] + shares[2];
  let passed = 0;
  const edges = [grid.observed[0].start];
  for (const share of shares) {
    passed += share;
    edges.push(rowAfter(grid.observed, Math.round((total * passed) / sum)));
  }
  const segments: Segment[] = [];
  const note = (part: PartName | 'gap', span: BinSpan): void => {
    segments.push({
      part,
      start: span.start,
      stop: span.stop,
      bins: span.stop - span.start,
      startSeconds: secondsOfBin(grid, span.start),
      stopSeconds: secondsOfBin(grid, span.stop),
    });
  };
  const spansOf = (index: number): BinSpan[] => {
    const name = PART_NAMES[index];
    const last = shares.slice(index + 1).every((share) => share === 0);
    const stop = edges[index + 1];
    const cut = last ? stop : Math.max(edges[index], stop - context);
    const spans = clipSpans(grid.observed, edges[index], cut);
    if (shares[index] > 0 && spans.length === 0) {
      throw new SpikebridgeError(
        'E_SPLIT_EMPTY',
        `the ${name} part (${shares[index]} % of ${total} bins) is no longer than its gap of ${context} bins`,
        {
          where: '--split',
          fix: 'Give it a larger share, or use a longer recording or a shorter context.',
          exitCode: 2,
        },
      );
    }
    for (const span of spans) note(name, span);
    for (const span of clipSpans(grid.observed, cut, stop)) note('gap', span);
    return spans;
  };
  return {
    train: { name: 'train', spans: spansOf(0) },
    validation: { name: 'validation', spans: spansOf(1) },
    test: { name: 'test', spans: spansOf(2) },
    context,
    segments,
  };
}

/** A whole recording as one part: a second recording is all test (or all train). */
export function wholeSplit(grid: BinGrid, name: PartName): Split {
  const shares: Shares = [
    name === 'train' ? 100 : 0,
    name === 'validation' ? 100 : 0,
    name === 'test' ? 100 : 0,
  ];
  return splitBins(grid, shares, { context: 0 });
}

/** Rows of past that every scored row must have: half a context, rounded up. */
export function minimumPast(context: number): number {
  return Math.ceil(context / 2);
}

/**
 * Spans cut to rows with at least `past` observed rows right before them. The start of a part costs nothing (inputs look
 * back over it); the start of the recording and of each observed span does.
 */
export function withPast(spans: readonly BinSpan[], observed: readonly BinSpan[], past: number): BinSpan[] {
  return observed.flatMap((seen) => clipSpans(spans, seen.start + past, seen.stop));
}

/** The segments as lines for people. */
export function describeSegments(segments: readonly Segment[]): string[] {
  return segments.map(
    (segment) =>
      `${segment.part.padEnd(10)} bins ${segment.start} ... ${segment.stop - 1} ` +
      `(${segment.bins}), ${segment.startSeconds.toFixed(3)} ... ${segment.stopSeconds.toFixed(3)} s`,
  );
}
