// State of the own-history path at any bin, from the true past of the recording: exponential traces, age since the last
// spike, and the latest bits. Kept every 256 bins and at the furthest bin asked for, so that a window anywhere starts soon
// and windows in order of time roll over each bin once.
import type { Raster } from '../recording/types.ts';

/** Age of a unit that has not fired since its observed span began; also the largest age kept. */
export const AGE_LIMIT = 1e6;
/** Below this a trace is silence; without the cut float32 would idle in its slow subnormal range. */
export const TRACE_FLOOR = 1e-20;
const SPACING = 256;

/** What the own-history path of a net carries from bin to bin. */
export interface HistoryShape {
  /** Latest bits kept. */
  readonly lags: number;
  /** s[t] = decay * s[t-1] + x[t], one a trace. */
  readonly decays: readonly number[];
}

/**
 * One silent bin of the recurrence: v = decay * s, float32, silence below the floor; ages rise by one. `state` is
 * (traces + 1, units) from `offset`: traces, then age. Spikes are added afterwards, which rounds as s = v + x does.
 */
function decay(state: Float32Array, offset: number, decays: Float32Array, units: number): void {
  let at = offset;
  for (let k = 0; k < decays.length; k++) {
    const factor = decays[k];
    for (const end = at + units; at < end; at++) {
      const decayed = Math.fround(factor * state[at]);
      state[at] = decayed < TRACE_FLOOR ? 0 : decayed;
    }
  }
  for (const end = at + units; at < end; at++) {
    const age = state[at];
    state[at] = age < AGE_LIMIT ? age + 1 : AGE_LIMIT;
  }
}

/** States of one raster. Traces start at zero and ages at the limit where each observed span begins. */
export class TraceBank {
  private readonly raster: Raster;
  private readonly lags: number;
  private readonly decays: Float32Array;
  private readonly stateSize: number;
  /** Per observed span: states before bins start, start + 256, ... up to its head. */
  private readonly kept: Float32Array[][];
  /** Per observed span: the furthest bin reached, and the state before it. */
  private readonly heads: { bin: number; readonly state: Float32Array }[];
  private rolled = 0;

  constructor(raster: Raster, shape: HistoryShape) {
    this.raster = raster;
    this.lags = shape.lags;
    this.decays = Float32Array.from(shape.decays);
    this.stateSize = (shape.decays.length + 1) * raster.units;
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
    const state = new Float32Array(this.stateSize);
    return state.fill(AGE_LIMIT, this.stateSize - this.raster.units);
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
    const { decays } = this;
    const { words, wordsPerBin, units } = this.raster;
    const ages = offset + decays.length * units;
    this.rolled += to - from;
    for (let bin = from; bin < to; bin++) {
      decay(state, offset, decays, units);
      for (let w = 0; w < wordsPerBin; w++) {
        for (let bits = words[bin * wordsPerBin + w]; bits !== 0; bits &= bits - 1) {
          const unit = 32 * w + 31 - Math.clz32(bits & -bits);
          if (unit >= units) break;
          for (let at = offset + unit; at < ages; at += units) state[at] += 1;
          state[ages + unit] = 0;
        }
      }
    }
  }
}
