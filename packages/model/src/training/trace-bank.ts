// State of the own-history path at any bin, from the true past of the recording: exponential traces, age since the last
// spike, and the latest bits. Kept every 256 bins and at the furthest bin asked for, so that a window anywhere starts soon
// and windows in order of time roll over each bin once.
import type { Raster } from '../recording/types.ts';
import { emptyHistory, stepHistory } from './history-state.ts';
import type { HistoryShape } from './history-state.ts';

const SPACING = 256;

/** States of one raster. Traces start at zero and ages at the limit where each observed span begins. */
export class TraceBank {
  private readonly raster: Raster;
  private readonly lags: number;
  private readonly decays: Float32Array;
  /** Per observed span: states before bins start, start + 256, ... up to its head. */
  private readonly kept: Float32Array[][];
  /** Per observed span: the furthest bin reached, and the state before it. */
  private readonly heads: { bin: number; readonly state: Float32Array }[];
  private rolled = 0;

  constructor(raster: Raster, shape: HistoryShape) {
    this.raster = raster;
    this.lags = shape.lags;
    this.decays = Float32Array.from(shape.decays);
    this.kept = raster.observed.map(() => [this.empty()]);
    this.heads = raster.observed.map(({ start }) => ({ bin: start, state: this.empty() }));
  }

  /** Bins rolled over so far: the work done. */
  get binsRolled(): number {
    return this.rolled;
  }

  /**
   * Writes what a window whose first input is `bin` starts from: `state` (traces + 1, units) after bin - 1 and `recent`
   * (lags, wordsPerBin), oldest first, each from its offset. Bins before the observed span count as silent; a bin outside every
   * observed span starts from nothing.
   */
  stateAt(
    bin: number,
    state: Float32Array,
    stateOffset: number,
    recent: Uint32Array,
    recentOffset: number,
  ): void {
    const { raster, lags } = this;
    const spanIndex = raster.observed.findLastIndex(({ start, stop }) => bin >= start && bin <= stop);
    const spanStart = spanIndex < 0 ? bin : raster.observed[spanIndex].start;
    for (let lag = 0; lag < lags; lag++) {
      const source = bin - lags + lag;
      for (let w = 0; w < raster.wordsPerBin; w++) {
        recent[recentOffset + lag * raster.wordsPerBin + w] =
          source < spanStart ? 0 : raster.words[source * raster.wordsPerBin + w];
      }
    }
    if (spanIndex < 0) {
      state.set(this.empty(), stateOffset);
      return;
    }
    const head = this.heads[spanIndex];
    if (bin >= head.bin) {
      this.advance(spanIndex, bin);
      state.set(head.state, stateOffset);
      return;
    }
    const index = Math.floor((bin - spanStart) / SPACING);
    state.set(this.kept[spanIndex][index], stateOffset);
    this.roll(state, stateOffset, spanStart + index * SPACING, bin);
  }

  private empty(): Float32Array {
    return emptyHistory(this.decays.length, this.raster.units);
  }

  /** Rolls a span's head to `bin` and keeps the states it passes. */
  private advance(spanIndex: number, bin: number): void {
    const kept = this.kept[spanIndex];
    const head = this.heads[spanIndex];
    const { start } = this.raster.observed[spanIndex];
    while (head.bin < bin) {
      const next = Math.min(bin, start + kept.length * SPACING);
      this.roll(head.state, 0, head.bin, next);
      head.bin = next;
      if (next === start + kept.length * SPACING) kept.push(head.state.slice());
    }
  }

  private roll(state: Float32Array, offset: number, from: number, to: number): void {
    const { words, wordsPerBin, units } = this.raster;
    this.rolled += to - from;
    for (let bin = from; bin < to; bin++) {
      const fired = words.subarray(bin * wordsPerBin, (bin + 1) * wordsPerBin);
      stepHistory(state, offset, this.decays, units, fired);
    }
  }
}
