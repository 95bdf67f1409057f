// What part of a recording is looked at, in seconds, and how panning and zooming change it.
export interface ViewRange {
  readonly from: number;
  readonly to: number;
}

/** Closer than this there is nothing to see: bins are a millisecond. */
const SHORTEST = 0.02;

/** The same length within `whole`, no shorter than 20 ms and no longer than all. */
export function clampView({ from, to }: ViewRange, whole: ViewRange): ViewRange {
  const all = whole.to - whole.from;
  const wanted = Number.isFinite(to - from) ? to - from : all;
  const length = Math.min(all, Math.max(Math.min(SHORTEST, all), wanted));
  const middle = Number.isFinite(from + to) ? (from + to) / 2 : (whole.from + whole.to) / 2;
  const start = Math.min(whole.to - length, Math.max(whole.from, middle - length / 2));
  return { from: start, to: start + length };
}

/** Moved by a share of what is seen. */
export const panned = ({ from, to }: ViewRange, share: number): ViewRange => ({
  from: from + share * (to - from),
  to: to + share * (to - from),
});

/** `factor` times closer, about the place `at` (0 = left, 1 = right), which stays where it is. */
export function zoomed({ from, to }: ViewRange, factor: number, at: number): ViewRange {
  const length = (to - from) / factor;
  const held = from + at * (to - from);
  return { from: held - at * length, to: held + (1 - at) * length };
}

/** Steps between ticks from half a minute on, in seconds: clocks are not decimal. */
const LONG_STEPS = [30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 86_400];

function stepOf(rough: number): number {
  const long = LONG_STEPS.find((step) => step >= rough);
  if (rough > 20) return long ?? Math.ceil(rough / 86_400) * 86_400;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((multiple) => multiple * power >= rough) ?? 10) * power;
}

/** Three to seven round times within a view. */
export function ticksOfAxis({ from, to }: ViewRange): number[] {
  const step = stepOf((to - from) / 6);
  const first = Math.ceil(from / step);
  const count = Math.floor(to / step) - first + 1;
  // Counted, not added up: a tick of 0.3 s is 0.3.
  return Array.from({ length: Math.max(0, count) }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}
