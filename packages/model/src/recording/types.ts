// A recording in memory: spike trains as integer ticks of one clock, its units, and when it was observed.

/** The clock of a recording: `ticksPerSecond = numerator / denominator`, exact (29999.954846 Hz = 29999954846 / 1000000). */
export interface Clock {
  readonly numerator: number;
  readonly denominator: number;
}

/** What a file says of one unit. Fields a file does not have stay undefined; nothing is invented. */
export interface UnitInfo {
  /** Identifier as the file gives it (cluster id, electrode name, row). Unique within a recording. */
  readonly id: string;
  /** Curation label: `good`, `mua`, `noise`, ... */
  readonly quality?: string;
  readonly region?: string;
  /** `exc` / `inh` or whatever class label ships with the data. */
  readonly cellClass?: string;
  readonly layer?: string;
  /** Position in micrometres. */
  readonly position?: readonly [x: number, y: number];
}

/** Half-open span of ticks [start, stop). */
export interface TickSpan {
  readonly start: number;
  readonly stop: number;
}

/**
 * Spike trains of one recording. Times are integer ticks of `clock`, sorted within each unit; the trains stand one after
 * another: unit u is `times.subarray(offsets[u], offsets[u + 1])`. Float64 holds integers exactly up to 2^53.
 */
export interface Recording {
  readonly name: string;
  /** Reader that made it: `phy`, `nwb`, `asdf`, ... */
  readonly format: string;
  readonly clock: Clock;
  readonly units: readonly UnitInfo[];
  readonly times: Float64Array;
  /** (units + 1) */
  readonly offsets: Uint32Array;
  /** Observed time, chronological, disjoint. Bins outside are never scored and no window crosses a gap. */
  readonly observed: readonly TickSpan[];
  /** One plain sentence each: what the reader had to assume (fs from params.py, duration from the last spike, ...). */
  readonly assumptions: readonly string[];
  /** One plain sentence each: what was dropped or looks odd (spikes outside the mapping, duplicate times, ...). */
  readonly warnings: readonly string[];
}

/** Half-open span of bins [start, stop). */
export interface BinSpan {
  readonly start: number;
  readonly stop: number;
}

/**
 * Binary raster, bit-packed: bit (u & 31) of `words[bin * wordsPerBin + (u >> 5)]` is 1 when unit u fires in that bin.
 * Axis order (bins, units). 128 units = 4 words = 16 bytes a bin.
 */
export interface Raster {
  readonly words: Uint32Array;
  readonly bins: number;
  readonly units: number;
  readonly wordsPerBin: number;
  readonly binMilliseconds: number;
  /** Spans of bins that were observed in full; windows and targets stay within one span. */
  readonly observed: readonly BinSpan[];
}
