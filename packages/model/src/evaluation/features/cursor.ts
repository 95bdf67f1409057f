// Walks a raster in time and keeps a causal scan up to date: after `seek(t)` the scan has seen bins < t of the observed
// span that holds t, and nothing else. Every floor reads its features through here, so causality has one home.
import { SpikebridgeError } from '../../errors.ts';
import type { BinSpan, Raster } from '../../recording/types.ts';

/** Something that eats one bin of spikes at a time. `spikes` is (units) zeros and ones, valid during the call only. */
export interface CausalScan {
  reset(): void;
  step(spikes: Float32Array): void;
}

/** Writes bin `bin` as zeros and ones, one per unit, from `at`. */
export function unpackBin(raster: Raster, bin: number, out: Float32Array, at = 0): void {
  const { words, wordsPerBin, units } = raster;
  out.fill(0, at, at + units);
  for (let w = 0; w < wordsPerBin; w++) {
    let bits = words[bin * wordsPerBin + w];
    while (bits !== 0) {
      const bit = 31 - Math.clz32(bits);
      bits &= ~(1 << bit);
      const unit = (w << 5) + bit;
      if (unit < units) out[at + unit] = 1;
    }
  }
}

/** 1 when `unit` fires in `bin`. */
export function spikeAt(raster: Raster, bin: number, unit: number): number {
  return (raster.words[bin * raster.wordsPerBin + (unit >> 5)] >>> (unit & 31)) & 1;
}

/** Spikes of each unit inside `spans`, and the number of bins in them. */
export function countSpikes(
  raster: Raster,
  spans: readonly BinSpan[],
): { readonly spikes: Float64Array; readonly bins: number } {
  const spikes = new Float64Array(raster.units);
  let bins = 0;
  for (const span of spans) {
    bins += span.stop - span.start;
    for (let bin = span.start; bin < span.stop; bin++) {
      for (let w = 0; w < raster.wordsPerBin; w++) {
        let bits = raster.words[bin * raster.wordsPerBin + w];
        while (bits !== 0) {
          const bit = 31 - Math.clz32(bits);
          bits &= ~(1 << bit);
          const unit = (w << 5) + bit;
          if (unit < raster.units) spikes[unit]++;
        }
      }
    }
  }
  return { spikes, bins };
}

/** Bins in `spans`. */
export function spanBins(spans: readonly BinSpan[]): number {
  let bins = 0;
  for (const span of spans) bins += span.stop - span.start;
  return bins;
}

/** Consecutive bins, and how many bins of the runs before it there were. */
export interface Run extends BinSpan {
  readonly row: number;
}

/** Cuts `spans` into runs of at most `size` bins, in order; a run never crosses the end of a span. */
export function* runsOf(spans: readonly BinSpan[], size: number): Generator<Run, void> {
  let row = 0;
  for (const span of spans) {
    for (let start = span.start; start < span.stop; start += size) {
      const stop = Math.min(span.stop, start + size);
      yield { start, stop, row };
      row += stop - start;
    }
  }
}

/**
 * Visits the runs of `runsOf`.
 * @returns bins visited
 */
export function forEachRun(
  spans: readonly BinSpan[],
  size: number,
  visit: (start: number, stop: number, row: number) => void,
): number {
  let bins = 0;
  for (const { start, stop, row } of runsOf(spans, size)) {
    visit(start, stop, row);
    bins = row + stop - start;
  }
  return bins;
}

/**
 * The observed span that holds the bins from `bin` up to `end`: a past begins at its start.
 * @throws SpikebridgeError E_EVALUATION_UNOBSERVED when there is none
 */
export function observedSpan(raster: Raster, bin: number, end = bin + 1): BinSpan {
  const span = raster.observed.find(({ start, stop }) => start <= bin && end <= stop);
  if (span !== undefined) return span;
  throw new SpikebridgeError('E_EVALUATION_UNOBSERVED', `bin ${bin} was asked for but never observed`, {
    fix: 'cut the spans to be scored to the observed spans of the raster',
    exitCode: 2,
  });
}

export class CausalCursor {
  readonly #raster: Raster;
  readonly #scans: readonly CausalScan[];
  readonly #spikes: Float32Array;
  #span: BinSpan = { start: 0, stop: 0 };
  #position = -1;

  constructor(raster: Raster, scans: readonly CausalScan[]) {
    this.#raster = raster;
    this.#scans = scans;
    this.#spikes = new Float32Array(raster.units);
  }

  /**
   * Brings the scans to "all bins < target of target's observed span". Going back, or into another span, starts anew
   * at the start of that span.
   * @throws SpikebridgeError E_EVALUATION_UNOBSERVED when target lies in no observed span
   */
  seek(target: number): void {
    if (this.#position < 0 || target < this.#position || target >= this.#span.stop) {
      this.#span = observedSpan(this.#raster, target);
      this.#position = this.#span.start;
      for (const scan of this.#scans) scan.reset();
    }
    for (; this.#position < target; this.#position++) {
      unpackBin(this.#raster, this.#position, this.#spikes);
      for (const scan of this.#scans) scan.step(this.#spikes);
    }
  }
}
