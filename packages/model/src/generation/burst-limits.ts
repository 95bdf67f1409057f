// Limits of a roll-out: in no 10 ms, 100 ms, 1 s or 10 s does a unit fire more often than it ever did in the recording it is held to.
// A net that has never seen a unit fire all the time cannot know that this has an end; left to itself it may go on for seconds. Limits
// of the intensity are the known cure for point-process models that feed on themselves (Gerhard, Deger and Truccolo, PLOS Comput Biol
// 2017). Here they are counts, so that a burst as long and as fast as any that was seen is left alone.
import type { BinSpan, Raster } from '../recording/types.ts';

const MILLISECONDS = [10, 100, 1000, 10_000];

export class BurstLimits {
  /** Of each window: its length in bins, the most spikes of each unit, and those of the last `bins - 1` bins. */
  readonly #windows: readonly {
    readonly bins: number;
    readonly most: Uint32Array;
    readonly now: Uint32Array;
  }[];
  readonly #wordsPerBin: number;
  /** The last bins, the longest window of them. */
  readonly #ring: Uint32Array;
  readonly #ringBins: number;
  #pushed = 0;

  /** Counts in `spans`, each by itself; a window that is longer than all of them limits nothing. */
  constructor(raster: Raster, spans: readonly BinSpan[], binMilliseconds: number) {
    const { units, wordsPerBin, words } = raster;
    const longest = Math.max(0, ...spans.map(({ start, stop }) => stop - start));
    this.#wordsPerBin = wordsPerBin;
    this.#windows = MILLISECONDS.map((ms) => Math.round(ms / binMilliseconds))
      .filter((bins) => bins > 1 && bins <= longest)
      .map((bins) => ({ bins, most: new Uint32Array(units), now: new Uint32Array(units) }));
    for (const { bins, most } of this.#windows)
      for (const { start, stop } of spans) {
        const count = new Uint32Array(units);
        for (let bin = start; bin < stop; bin++) {
          if (bin - bins >= start) add(count, words, (bin - bins) * wordsPerBin, wordsPerBin, -1);
          add(count, words, bin * wordsPerBin, wordsPerBin, 1);
          for (let u = 0; u < units; u++) if (count[u] > most[u]) most[u] = count[u];
        }
      }
    this.#ringBins = Math.max(1, ...this.#windows.map(({ bins }) => bins - 1));
    this.#ring = new Uint32Array(this.#ringBins * wordsPerBin);
  }

  /** Whether one more spike in the next bin stays within what was seen. */
  allows(unit: number): boolean {
    for (const { most, now } of this.#windows) if (now[unit] >= most[unit]) return false;
    return true;
  }

  /** Receives every bin, those of a prompt too. `words`: (wordsPerBin) */
  push(words: Uint32Array): void {
    const size = this.#wordsPerBin;
    for (const { bins, now } of this.#windows) {
      const leaving = this.#pushed - (bins - 1);
      if (leaving >= 0) add(now, this.#ring, (leaving % this.#ringBins) * size, size, -1);
      add(now, words, 0, size, 1);
    }
    this.#ring.set(words, (this.#pushed % this.#ringBins) * size);
    this.#pushed += 1;
  }
}

/** Adds `by` to the count of every unit that fires in one bin. */
function add(counts: Uint32Array, words: Uint32Array, at: number, size: number, by: number): void {
  for (let w = 0; w < size; w++)
    for (let bits = words[at + w]; bits !== 0; bits &= bits - 1)
      counts[32 * w + 31 - Math.clz32(bits & -bits)] += by;
}
