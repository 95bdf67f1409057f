// Typed front of the spike binner: spikes of any order, in any number of blocks, to bit-packed words or bytes.
import { SpikeCore, SpikeCoreError } from './spike-core.ts';
import { binFraction, firstTickOfBin, mulShift, type Rational } from './spike-fraction.ts';

/** Integer sample indices. Int32Array and Float64Array may hold negative ones (they fall before any bin >= 0). */
export type TickArray = Uint32Array | Int32Array | Float64Array | BigInt64Array | BigUint64Array;
/** Unit of each spike, 0 ... units - 1. */
export type UnitArray = Uint8Array | Uint16Array | Uint32Array | Int32Array;

/**
 * `packed`: (bins, wordsPerBin) u32, bit (u & 31) of word u >> 5 is unit u. `bytes`: (bins, units) 0 or 1. `counts`:
 * (bins, units) spikes in the bin, at most 255.
 */
export type BinLayout = 'packed' | 'bytes' | 'counts';

export interface BinnerOptions<L extends BinLayout = BinLayout> {
  readonly units: number;
  /** Ticks per second; absent: times are microseconds (what seconds without a known fs become). */
  readonly clock?: number | Rational;
  readonly binMilliseconds: number | Rational;
  /** Bin of the first row, counted from tick 0; 0 by default. */
  readonly firstBin?: number;
  readonly bins: number;
  readonly layout: L;
  /** Another build of the core (tests). */
  readonly core?: SpikeCore;
}

/** What became of the spikes handed in. kept + before + after = received; merged spikes are among the kept. */
export interface BinnerCounts {
  readonly received: number;
  readonly kept: number;
  /** Dropped: earlier than the first bin. */
  readonly before: number;
  /** Dropped: at or after the end of the last bin. */
  readonly after: number;
  /** Kept, but in a bin where their unit had fired already. */
  readonly merged: number;
  /** Layout `counts`: kept, but past the 255 that a byte holds. */
  readonly saturated: number;
}

export interface Binned<L extends BinLayout> extends BinnerCounts {
  readonly bins: number;
  readonly units: number;
  /** u32 words a bin (`packed`), else bytes a bin. */
  readonly rowLength: number;
  /** A view of the binner's own memory: it lives as long as somebody holds it, and `clear` empties it. */
  readonly data: L extends 'packed' ? Uint32Array : Uint8Array;
}

/** Spikes staged at a time: times and units of one block stay in the second-level cache. */
const BLOCK = 1 << 15;
const LAYOUT_CODES = { packed: 0, bytes: 1, counts: 2 } as const;

/** Bins spikes into one raster. Call `add` any number of times, then `finish`. */
export class Binner<L extends BinLayout> {
  private readonly core: SpikeCore;
  private readonly options: BinnerOptions<L>;
  private readonly rowLength: number;
  private readonly times: number;
  private readonly unitIds: number;
  private readonly output: number;
  private readonly outputBytes: number;
  private readonly configure: () => void;
  private received = 0;

  /** @throws SpikeCoreError E_BIN_SHAPE, E_BIN_CLOCK, E_SPIKE_MEMORY. */
  constructor(options: BinnerOptions<L>) {
    const { units, bins, layout, firstBin = 0 } = options;
    if (!Number.isInteger(units) || units < 1 || !Number.isInteger(bins) || bins < 0) {
      throw new SpikeCoreError(
        'E_BIN_SHAPE',
        `${bins} bins of ${units} units: both are counts, units at least 1`,
      );
    }
    if (!Number.isSafeInteger(firstBin)) {
      throw new SpikeCoreError('E_BIN_SHAPE', `first bin ${firstBin}: an integer is expected`);
    }
    const clock = options.clock ?? 1e6;
    const fraction = binFraction(clock, options.binMilliseconds);
    const fs = typeof clock === 'number' ? clock : clock.numerator / clock.denominator;
    const start = BigInt(firstTickOfBin(fraction, firstBin));
    const stop = BigInt(firstTickOfBin(fraction, firstBin + bins));
    const fast = start >= 0n ? mulShift(fraction, stop) : null;
    this.options = options;
    this.core = options.core ?? new SpikeCore();
    this.rowLength = layout === 'packed' ? Math.ceil(units / 32) : units;
    const rowBytes = layout === 'packed' ? this.rowLength * 4 : units;
    this.times = this.core.reserve(BLOCK * 8);
    this.unitIds = this.core.reserve(BLOCK * 4);
    this.outputBytes = bins * rowBytes;
    this.output = this.core.reserve(this.outputBytes);
    this.configure = () => {
      this.core.calls.binConfigure(
        fraction.p,
        fraction.q,
        fast?.multiplier ?? 0n,
        fast?.shift ?? 0n,
        start,
        stop,
        BigInt(firstBin),
        units,
        rowBytes,
        LAYOUT_CODES[layout],
        this.output,
        fs,
      );
    };
    this.configure();
  }

  /**
   * Adds spikes by integer tick. `units` is one unit for all, or one a spike.
   * @throws SpikeCoreError E_BIN_TIME (NaN, infinite or fractional tick), E_BIN_UNIT (unit out of range),
   *   E_BIN_SHAPE (arrays of different lengths). The raster is not to be used after the first two.
   */
  add(ticks: TickArray, units: UnitArray | number): void {
    const n = ticks.length;
    const buffer = this.core.buffer;
    const { calls } = this.core;
    if (ticks instanceof BigInt64Array || ticks instanceof BigUint64Array) {
      const stage = new BigInt64Array(buffer, this.times, BLOCK);
      const signed =
        ticks instanceof BigInt64Array ? ticks : new BigInt64Array(ticks.buffer, ticks.byteOffset, n);
      this.blocks(n, units, (from, to) => stage.set(signed.subarray(from, to)), calls.binTicksI64);
    } else if (ticks instanceof Uint32Array) {
      const stage = new Uint32Array(buffer, this.times, BLOCK);
      this.blocks(n, units, (from, to) => stage.set(ticks.subarray(from, to)), calls.binTicksU32);
    } else {
      const stage = new Float64Array(buffer, this.times, BLOCK);
      this.blocks(n, units, (from, to) => stage.set(ticks.subarray(from, to)), calls.binTicksF64);
    }
  }

  /** Adds spikes by time in seconds: tick = floor(t * ticksPerSecond + 0.5), in doubles. Errors as `add`. */
  addSeconds(seconds: Float64Array | Float32Array, units: UnitArray | number): void {
    const stage = new Float64Array(this.core.buffer, this.times, BLOCK);
    const copy = (from: number, to: number): void => stage.set(seconds.subarray(from, to));
    this.blocks(seconds.length, units, copy, this.core.calls.binSeconds);
  }

  private blocks(
    n: number,
    units: UnitArray | number,
    stage: (from: number, to: number) => void,
    bin: (times: number, units: number, unitStep: number, n: number) => void,
  ): void {
    const ids = new Uint32Array(this.core.buffer, this.unitIds, BLOCK);
    if (typeof units === 'number') {
      ids[0] = Number.isInteger(units) && units >= 0 ? units : 0xffffffff;
    } else if (units.length !== n) {
      throw new SpikeCoreError(
        'E_BIN_SHAPE',
        `${n} times and ${units.length} units received: one unit a spike`,
      );
    }
    for (let from = 0; from < n; from += BLOCK) {
      const to = Math.min(n, from + BLOCK);
      stage(from, to);
      if (typeof units !== 'number') ids.set(units.subarray(from, to));
      bin(this.times, this.unitIds, typeof units === 'number' ? 0 : 4, to - from);
    }
    this.received += n;
    const { calls } = this.core;
    if (calls.binBadTimes() > 0) {
      throw new SpikeCoreError(
        'E_BIN_TIME',
        `${calls.binBadTimes()} spike times are NaN, infinite or not whole ticks; seconds go through addSeconds`,
      );
    }
    if (calls.binBadUnits() > 0) {
      throw new SpikeCoreError(
        'E_BIN_UNIT',
        `${calls.binBadUnits()} spikes of units outside 0 ... ${this.options.units - 1}`,
      );
    }
  }

  /** The raster so far, and the fate of every spike. */
  finish(): Binned<L> {
    const { calls } = this.core;
    const before = calls.binBefore();
    const after = calls.binAfter();
    const packed = this.options.layout === 'packed';
    const view = packed
      ? new Uint32Array(this.core.buffer, this.output, this.outputBytes / 4)
      : new Uint8Array(this.core.buffer, this.output, this.outputBytes);
    return {
      received: this.received,
      kept: this.received - before - after,
      before,
      after,
      merged: calls.binMerged(),
      saturated: calls.binSaturated(),
      bins: this.options.bins,
      units: this.options.units,
      rowLength: this.rowLength,
      data: view as Binned<L>['data'],
    };
  }

  /** Empties the raster and the counts, for the next recording of the same shape. */
  clear(): void {
    new Uint8Array(this.core.buffer, this.output, this.outputBytes).fill(0);
    this.received = 0;
    this.configure();
  }
}
