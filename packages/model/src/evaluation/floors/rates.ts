// Floors that know rates and nothing else: `own-rate` (constant), `recent-rate` (the unit's rate of the past 10 s, drawn
// towards its training rate) and `plug-in` (what the target's own statistics give without any source).
import type { BinSpan, Raster } from '../../recording/types.ts';
import {
  CausalCursor,
  countSpikes,
  forEachRun,
  spanBins,
  spikeAt,
  type CausalScan,
} from '../features/cursor.ts';
import type { FloorPredictor, PredictorKey } from '../types.ts';

/** Window of `recent-rate`, milliseconds. */
export const RECENT_MILLISECONDS = 10_000;

/** (n + 0.5) / (N + 1) of each unit over `spans`: probability of a spike in a bin. */
export function trainingProbabilities(raster: Raster, spans: readonly BinSpan[]): Float64Array {
  const { spikes, bins } = countSpikes(raster, spans);
  return spikes.map((n) => (n + 0.5) / (bins + 1));
}

/** The same probability in every bin. */
export class ConstantPredictor implements FloorPredictor {
  readonly key: PredictorKey;
  readonly #rates: Float64Array;

  constructor(key: PredictorKey, rates: Float64Array) {
    this.key = key;
    this.#rates = rates;
  }

  predict(start: number, stop: number, out: Float32Array): undefined {
    const rates = this.#rates;
    for (let bin = start, at = 0; bin < stop; bin++) {
      for (let u = 0; u < rates.length; u++, at++) out[at] = rates[u];
    }
  }
}

/** Spikes of each unit in the last `window` bins, counted exactly. */
class WindowCount implements CausalScan {
  readonly counts: Float64Array;
  /** Bins inside the window: fewer than its length just after a start. */
  seen = 0;
  readonly #raster: Raster;
  readonly #window: number;
  readonly #ring: Uint32Array;
  #at = 0;

  constructor(raster: Raster, window: number) {
    this.#raster = raster;
    this.#window = window;
    this.counts = new Float64Array(raster.units);
    this.#ring = new Uint32Array(window * raster.wordsPerBin);
  }

  reset(): void {
    this.counts.fill(0);
    this.#ring.fill(0);
    this.seen = 0;
    this.#at = 0;
  }

  step(spikes: Float32Array): void {
    const words = this.#raster.wordsPerBin;
    const from = this.#at * words;
    for (let w = 0; w < words; w++) {
      for (let bits = this.#ring[from + w]; bits !== 0;) {
        const bit = 31 - Math.clz32(bits);
        bits &= ~(1 << bit);
        this.counts[(w << 5) + bit]--;
      }
      this.#ring[from + w] = 0;
    }
    for (let u = 0; u < spikes.length; u++) {
      if (spikes[u] === 0) continue;
      this.counts[u]++;
      this.#ring[from + (u >> 5)] |= 1 << (u & 31);
    }
    this.#at = (this.#at + 1) % this.#window;
    if (this.seen < this.#window) this.seen++;
  }
}

/** p = (spikes in the past 10 s + strength * prior) / (bins in them + strength). */
export class RecentRatePredictor implements FloorPredictor {
  readonly key: PredictorKey = 'recent-rate';
  readonly #prior: Float64Array;
  readonly #strength: number;
  readonly #window: WindowCount;
  readonly #cursor: CausalCursor;

  /** `strength` in bins: how many bins of the prior count as much as the ones seen. */
  constructor(raster: Raster, prior: Float64Array, strength: number) {
    this.#prior = prior;
    this.#strength = strength;
    this.#window = new WindowCount(raster, Math.round(RECENT_MILLISECONDS / raster.binMilliseconds));
    this.#cursor = new CausalCursor(raster, [this.#window]);
  }

  predict(start: number, stop: number, out: Float32Array): undefined {
    const { counts } = this.#window;
    for (let bin = start, at = 0; bin < stop; bin++) {
      this.#cursor.seek(bin);
      const total = this.#window.seen + this.#strength;
      for (let u = 0; u < counts.length; u++, at++) {
        out[at] = (counts[u] + this.#strength * this.#prior[u]) / total;
      }
    }
  }
}

/**
 * `plug-in` at level `none`: no source and no training part, so each unit's rate so far within the part that is scored,
 * (n + 0.5) / (N + 1), which starts at one half and learns as bins go by.
 */
export class RunningRatePredictor implements FloorPredictor {
  readonly key: PredictorKey = 'plug-in';
  readonly #raster: Raster;
  readonly #counts: Float64Array;
  #bins = 0;
  #next = -1;

  constructor(raster: Raster) {
    this.#raster = raster;
    this.#counts = new Float64Array(raster.units);
  }

  predict(start: number, stop: number, out: Float32Array): undefined {
    if (start < this.#next) {
      this.#counts.fill(0);
      this.#bins = 0;
    }
    const counts = this.#counts;
    for (let bin = start, at = 0; bin < stop; bin++) {
      for (let u = 0; u < counts.length; u++, at++) {
        out[at] = (counts[u] + 0.5) / (this.#bins + 1);
      }
      for (let u = 0; u < counts.length; u++) counts[u] += spikeAt(this.#raster, bin, u);
      this.#bins++;
    }
    this.#next = stop;
  }
}

/** Strengths tried for `recent-rate`, seconds; the grid grows while its best is at an edge. */
const STRENGTHS = [2.5, 5, 10, 20, 40] as const;

/**
 * The prior strength (bins) with the highest validation likelihood, one for all units. Scored in every tenth bin: rates of
 * 10 s hardly move from bin to bin.
 */
export function fitRecentPrior(raster: Raster, rates: Float64Array, validation: readonly BinSpan[]): number {
  const perSecond = 1000 / raster.binMilliseconds;
  if (spanBins(validation) === 0) return 10 * perSecond;
  const window = new WindowCount(raster, Math.round(RECENT_MILLISECONDS / raster.binMilliseconds));
  const score = (strengths: readonly number[]): Float64Array => {
    const total = new Float64Array(strengths.length);
    const cursor = new CausalCursor(raster, [window]);
    forEachRun(validation, 10, (start) => {
      cursor.seek(start);
      strengths.forEach((seconds, i) => {
        const strength = seconds * perSecond;
        for (let u = 0; u < rates.length; u++) {
          const p = (window.counts[u] + strength * rates[u]) / (window.seen + strength);
          total[i] += Math.log(spikeAt(raster, start, u) === 1 ? p : 1 - p);
        }
      });
    });
    return total;
  };
  const totals = new Map<number, number>();
  let grid: readonly number[] = STRENGTHS;
  for (;;) {
    const scores = score(grid);
    grid.forEach((seconds, i) => totals.set(seconds, scores[i]));
    const known = [...totals.keys()].sort((x, y) => x - y);
    const best = known.reduce((x, y) =>
      (totals.get(y) ?? -Infinity) > (totals.get(x) ?? -Infinity) ? y : x,
    );
    // Only strengths beyond both ends are ever added, so this ends where the best has neighbours on either side.
    if (best === known[0] && best > 0.1) grid = [best / 4, best / 2];
    else if (best === known[known.length - 1] && best < 5000) grid = [best * 2, best * 4];
    else return best * perSecond;
  }
}
