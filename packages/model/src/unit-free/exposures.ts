// How a unit-free net meets a recording in training: as at a target. A calibration is known, other bins are judged, and no bin is
// both. Of the longest calibrations there is one at each end; short ones are drawn.
import { CounterRandom } from '../engine/random.ts';
import { spanBins } from '../evaluation/features/cursor.ts';
import type { BinSpan } from '../recording/types.ts';

const EXPOSURE_STREAM = 0x6578706f;
/** Fewest bins that an exposure judges. */
const FEWEST_JUDGED = 1000;

export interface Exposure {
  readonly known: readonly BinSpan[];
  /** One stretch inside one span. */
  readonly judged: BinSpan;
}

export interface ExposureRules {
  /** The longest calibration; at most half of what there is. */
  readonly longestBins: number;
  readonly calibrations: readonly { readonly bins: number; readonly draws: number }[];
  /** Longest stretch that is judged. */
  readonly judgedBins: number;
}

/** The exposures of one recording's training part, by `seed`. A calibration of over a third of the part is left out. */
export function drawExposures(
  part: readonly BinSpan[],
  { longestBins, calibrations, judgedBins }: ExposureRules,
  seed: number,
): readonly Exposure[] {
  const random = new CounterRandom(seed, EXPOSURE_STREAM);
  let draws = 0;
  const draw = (): number => random.uniform(0, draws++);
  const total = spanBins(part);
  const longest = Math.min(longestBins, Math.floor(total / 2));
  const exposures: Exposure[] = [];
  const add = (from: number, bins: number): void => {
    const known = cut(part, from, from + bins);
    const judged = stretchOf([...cut(part, 0, from), ...cut(part, from + bins, total)], judgedBins, draw());
    if (judged !== undefined) exposures.push({ known, judged });
  };
  add(0, longest);
  add(total - longest, longest);
  for (const { bins, draws: times } of calibrations)
    if (bins <= total / 3) for (let i = 0; i < times; i++) add(Math.floor(draw() * (total - bins)), bins);
  return exposures;
}

/** Bins from ... to - 1 of the spans, counted through all of them. */
function cut(spans: readonly BinSpan[], from: number, to: number): readonly BinSpan[] {
  const kept: BinSpan[] = [];
  let before = 0;
  for (const { start, stop } of spans) {
    const first = Math.max(start, start + from - before);
    const last = Math.min(stop, start + to - before);
    if (last > first) kept.push({ start: first, stop: last });
    before += stop - start;
  }
  return kept;
}

/** A stretch of at most `bins` bins inside one of the spans, at a place that `place` (0 ... 1) says. */
function stretchOf(spans: readonly BinSpan[], bins: number, place: number): BinSpan | undefined {
  let at = place * spanBins(spans);
  const span = spans.find(({ start, stop }) => {
    if (at < stop - start) return true;
    at -= stop - start;
    return false;
  });
  if (span === undefined) return undefined;
  const length = Math.min(bins, span.stop - span.start);
  if (length < FEWEST_JUDGED) return undefined;
  const start = Math.min(span.start + Math.floor(at), span.stop - length);
  return { start, stop: start + length };
}
