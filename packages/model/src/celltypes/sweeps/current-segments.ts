// Where a current leaves its holding level: runs of samples, robust against the noise of a current that was measured, exact where it
// is a command. All positions are samples, all currents pA.

interface Span {
  readonly start: number;
  readonly stop: number;
}

/** Samples [start, stop) away from the holding level. */
export interface Segment extends Span {
  /** Median of its middle half, above `holding`. */
  readonly amplitude: number;
}

/** A current as recognition sees it. */
export interface Levels {
  /** Running mean over 0.25 ms where there is noise, else the current itself. */
  readonly smooth: Float64Array;
  /** Standard deviation of `smooth` around a constant level. */
  readonly noise: number;
  readonly holding: number;
  readonly segments: readonly Segment[];
}

const SMOOTHING_SECONDS = 0.00025;
/** The first samples of a sweep are taken to be at the holding level. */
const HOLDING_SECONDS = 0.005;
/** Nothing below is taken for an injection, noise or not. */
const LEAST_PICOAMPERES = 0.5;
/** Less is the rounding of a command. */
const LEAST_NOISE = 0.01;
/** A departure starts at this many standard deviations and ends at one: a slow ramp passes many times through any single level. */
const DEPARTURE = 6;
/** Runs this close are one; runs this short are none. */
const JOIN_SECONDS = 0.0003;
/** Where noise lifts the foot of a ramp over the threshold too early: a run so near, so low and so short beside the next is its foot. */
const FOOT_SECONDS = 0.05;
const FOOT_LENGTH = 0.1;
const FOOT_HEIGHT = 0.25;
const SHORTEST_SECONDS = 0.0002;
/** How far an edge is looked for, in widths of the running mean. */
const REACH = 4;
/** Differences looked at for the noise. */
const NOISE_SAMPLES = 20_001;

/** Levels of the first `length` samples, all of which are numbers. */
export function currentLevels(current: Float64Array, length: number, samplingRate: number): Levels {
  const raw = rawNoise(current, length);
  const width = raw === 0 ? 1 : 2 * Math.floor((SMOOTHING_SECONDS * samplingRate) / 2) + 1;
  const smooth = width <= 1 ? current.subarray(0, length) : runningMean(current, length, width);
  const noise = raw / Math.sqrt(width);
  const holding = median(
    smooth.subarray(0, Math.min(length, Math.max(3, Math.round(HOLDING_SECONDS * samplingRate)))),
  );
  const runs = departures(smooth, holding, noise, samplingRate);
  const segments = runs.map(({ start, stop }) => refine(smooth, holding, start, stop, REACH * width));
  return { smooth, noise, holding, segments };
}

/** Noise from second differences, which neither steps nor ramps enter. Zero for a command. */
function rawNoise(current: Float64Array, length: number): number {
  const count = Math.min(NOISE_SAMPLES, length - 2);
  if (count < 3) return 0;
  const differences = Float64Array.from({ length: count }, (_, k) => {
    const at = Math.floor((k * (length - 2)) / count);
    return Math.abs(current[at + 2] - 2 * current[at + 1] + current[at]);
  });
  const noise = (1.4826 * median(differences)) / Math.sqrt(6);
  return noise < LEAST_NOISE ? 0 : noise;
}

function runningMean(values: Float64Array, length: number, width: number): Float64Array {
  const out = new Float64Array(length);
  const half = (width - 1) / 2;
  let [sum, from, to] = [0, 0, 0];
  for (let i = 0; i < length; i++) {
    while (to < Math.min(length, i + half + 1)) sum += values[to++];
    while (from < i - half) sum -= values[from++];
    out[i] = sum / (to - from);
  }
  return out;
}

function departures(
  smooth: Float64Array,
  holding: number,
  noise: number,
  samplingRate: number,
): { start: number; stop: number }[] {
  const enter = Math.max(LEAST_PICOAMPERES, DEPARTURE * noise);
  const leave = noise === 0 ? enter : noise;
  const runs: { start: number; stop: number; side: number }[] = [];
  let side = 0;
  for (let i = 0; i < smooth.length; i++) {
    const away = smooth[i] - holding;
    if (side !== 0 && side * away > leave) runs[runs.length - 1].stop = i + 1;
    else if (Math.abs(away) > enter) runs.push({ start: i, stop: i + 1, side: (side = Math.sign(away)) });
    else side = 0;
  }
  // From the end, so that each run meets the whole of what follows it.
  const joined: typeof runs = [];
  for (const run of runs.reverse()) {
    const next = joined.at(-1);
    const gap = next === undefined ? NaN : next.start - run.stop;
    if (
      next?.side === run.side &&
      gap <= (noise > 0 && isFoot(smooth, holding, run, next) ? FOOT_SECONDS : JOIN_SECONDS) * samplingRate
    ) {
      next.start = run.start;
    } else joined.push(run);
  }
  joined.reverse();
  const shortest = Math.max(2, Math.round(SHORTEST_SECONDS * samplingRate));
  return joined.filter(({ start, stop }) => stop - start >= shortest);
}

function isFoot(smooth: Float64Array, holding: number, foot: Span, next: Span): boolean {
  const height = ({ start, stop }: Span) => Math.abs(median(smooth.subarray(start, stop)) - holding);
  return (
    foot.stop - foot.start < FOOT_LENGTH * (next.stop - next.start) &&
    height(foot) < FOOT_HEIGHT * height(next)
  );
}

/** Edges where half the amplitude is reached, which smoothing does not move. */
function refine(smooth: Float64Array, holding: number, start: number, stop: number, reach: number): Segment {
  const quarter = Math.floor((stop - start) / 4);
  const amplitude = median(smooth.subarray(start + quarter, stop - quarter)) - holding;
  const isIn = (i: number) => (smooth[i] - holding) / amplitude >= 0.5;
  // Only as far as smoothing reaches: a ramp rises slowly and keeps its edges.
  let [first, last] = [start, stop];
  while (first < start + reach && first < stop && !isIn(first)) first++;
  while (last > stop - reach && last > first && !isIn(last - 1)) last--;
  return first < last && first < start + reach && last > stop - reach
    ? { start: first, stop: last, amplitude }
    : { start, stop, amplitude };
}

/** Median; NaN of nothing. */
export function median(values: Float64Array): number {
  if (values.length === 0) return NaN;
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
