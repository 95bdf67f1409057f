// A trained spike transformer that runs freely: one program of one bin over rings of keys and values, on the CPU kernels.
//
// What a bin sees. Each layer keeps the keys and values of the latest bins, as many as the net was trained to see: its context,
// or its window where that is shorter. So the first context of bins is what a plan over them gives, and every later bin sees
// itself and the context - 1 bins before it: the net with `window` = context, over all bins. In a net of one layer that is also
// what a plan over the latest context gives. With more layers, what an earlier bin passes on was made when it still saw bins that
// have left the ring since; a plan over the latest context alone would have cut those off.
//
// Learned positions have an end: there the rings are emptied and filled again with the latest half context, so that every bin
// sees at least half a context and at most one, as in evaluation.
import type { KernelCore, Region } from '@spikebridge/core-wasm';
import { valuesOf } from '../nets/parameters.ts';
import type { SpikeNet } from '../nets/types.ts';
import { minimumPast } from '../recording/split.ts';
import { emptyHistory, stepHistory } from '../training/history-state.ts';
import { RotaryPhases } from './rotary-phases.ts';
import { rowProgram } from './row-program.ts';
import type { RowProgram } from './row-program.ts';
import type { Roller } from './types.ts';

export interface NetRollerOptions {
  /** Kernels of a `WasmBackend`. Threads change no bit. */
  readonly core: KernelCore;
  readonly net: SpikeNet;
  /** Values by parameter name (see `weightsOf`). */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** `loss.doubleSigmoid` of the run: it belongs to its probabilities. */
  readonly doubleSigmoid: boolean;
}

export class NetRoller implements Roller {
  readonly units: number;
  readonly wordsPerBin: number;
  readonly #core: KernelCore;
  readonly #region: Region;
  readonly #at: RowProgram;
  readonly #capacity: number;
  /** Bins in the rings since they were last emptied, and the slot of the next one. */
  #filled = 0;
  #slot = 0;
  readonly #phases: RotaryPhases | null;
  readonly #learned: LearnedPositions | null;
  readonly #history: { readonly lags: number; readonly decays: Float32Array } | null;

  /** Starts before any bin: nothing seen, traces at zero. @throws E_MODEL_WEIGHTS. */
  constructor({ core, net, weights, doubleSigmoid }: NetRollerOptions) {
    const { width, heads, window, context, positions, layers } = net.config;
    this.units = net.units;
    this.wordsPerBin = net.wordsPerBin;
    this.#core = core;
    this.#region = core.region();
    this.#capacity = window > 0 ? Math.min(window, context) : context;
    const options = { core, region: this.#region, net, weights, doubleSigmoid, capacity: this.#capacity };
    try {
      this.#at = rowProgram(options);
    } catch (error) {
      this.#region.release();
      throw error;
    }
    this.#phases = positions === 'rotary' && layers > 0 ? new RotaryPhases(width / heads) : null;
    const spec = net.specs.find(({ name }) => name === 'positions');
    this.#learned = spec === undefined ? null : new LearnedPositions(net, valuesOf(weights, spec));
    this.#history =
      net.history === null ? null : { lags: net.history.lags, decays: Float32Array.from(net.history.decays) };
    if (this.#history !== null) {
      const empty = emptyHistory(this.#history.decays.length, this.units);
      core.memory.floats(this.#at.state, empty.length).set(empty);
    }
  }

  /** Bytes of weights, rings and buffers: the same at any length. */
  get bytes(): number {
    return this.#region.bytes;
  }

  step(words: Uint32Array, probabilities: Float32Array): void {
    if (this.#learned?.usedUp(this.#filled) === true) {
      this.#filled = this.#slot = 0;
      for (const earlier of this.#learned.latest) this.#attend(earlier);
    }
    this.#attend(words);
    probabilities.set(this.#core.memory.floats(this.#at.probabilities, this.units));
    this.#learned?.remember(words);
    this.#advanceHistory(words);
  }

  dispose(): void {
    this.#region.release();
  }

  /** Runs the program on one bin, which joins the rings. The own-history state stays before it. */
  #attend(words: Uint32Array): void {
    const { memory } = this.#core;
    memory.words(this.#at.words, this.wordsPerBin).set(words);
    const count = Math.min(this.#filled + 1, this.#capacity);
    memory.setWord(this.#at.ring, this.#slot);
    memory.setWord(this.#at.ring + 4, count);
    if (this.#phases !== null) this.#phases.next(memory.floats(this.#at.angles, this.#phases.headWidth));
    if (this.#learned !== null) {
      const vector = this.#learned.vector(this.#filled);
      memory.floats(this.#at.positions, vector.length).set(vector);
    }
    this.#core.run(this.#at.program);
    this.#filled += 1;
    this.#slot = this.#slot + 1 === this.#capacity ? 0 : this.#slot + 1;
  }

  #advanceHistory(words: Uint32Array): void {
    if (this.#history === null) return;
    const { memory } = this.#core;
    const { lags, decays } = this.#history;
    const recent = memory.words(this.#at.recent, Math.max(1, lags) * this.wordsPerBin);
    recent.copyWithin(0, this.wordsPerBin);
    recent.set(words, recent.length - this.wordsPerBin);
    const state = memory.floats(this.#at.state, (decays.length + 1) * this.units);
    stepHistory(state, 0, decays, this.units, words);
  }
}

/** Learned positions and the latest bins, which are read again when the positions are used up. */
class LearnedPositions {
  readonly #vectors: Float32Array;
  readonly #width: number;
  readonly #context: number;
  readonly #kept: number;
  /** The latest bins, oldest first. */
  readonly latest: Uint32Array[] = [];

  constructor({ config }: SpikeNet, vectors: Float32Array) {
    this.#vectors = vectors;
    this.#width = config.width;
    this.#context = config.context;
    // The bin to come makes it half a context.
    this.#kept = minimumPast(config.context) - 1;
  }

  /** (width) */
  vector(position: number): Float32Array {
    return this.#vectors.subarray(position * this.#width, (position + 1) * this.#width);
  }

  usedUp(positions: number): boolean {
    return positions >= this.#context;
  }

  remember(words: Uint32Array): void {
    this.latest.push(words.slice());
    if (this.latest.length > this.#kept) this.latest.shift();
  }
}
