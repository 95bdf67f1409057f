// Which windows a training step sees. A pure function of (seed, step): an epoch shifts a tiling of the training part by a
// random phase and shuffles its windows, so that a resumed run needs the step number and nothing else.
import { SpikebridgeError } from '../errors.ts';
import { CounterRandom } from '../engine/random.ts';
import type { BinSpan } from '../recording/types.ts';
import { segmentsOf } from './segments.ts';
import type { Segment } from './segments.ts';

/** Random stream of the window order; dropout streams count up from 0 and stay far below. */
const WINDOW_STREAM = 0x57494e44;

/**
 * One window: row r has bin `inputStart + r` as input and bin `inputStart + r + 1` as target. Rows below `rows` count; those
 * after it are padding (a segment shorter than the context), which a causal net cannot see.
 */
export interface Window {
  readonly inputStart: number;
  readonly rows: number;
}

export interface SamplerOptions {
  readonly observed: readonly BinSpan[];
  /** Spans of the training part: every target lies inside. Inputs may be up to one bin before. */
  readonly part: readonly BinSpan[];
  /** Bins a window. */
  readonly context: number;
  readonly batch: number;
  readonly seed: number;
}

export class WindowSampler {
  /** Windows of one epoch: enough to cover every target at any phase. */
  readonly windowsPerEpoch: number;
  private readonly segments: readonly Segment[];
  private readonly context: number;
  private readonly batch: number;
  private readonly random: CounterRandom;
  /** Of the latest epoch asked for; a cache, never state. */
  private epoch = -1;
  private starts = new Float64Array(0);

  /** @throws E_TRAINING_NO_DATA when the part holds no bin with a bin before it. */
  constructor({ observed, part, context, batch, seed }: SamplerOptions) {
    this.segments = segmentsOf(part, observed, 1);
    this.context = context;
    this.batch = batch;
    this.random = new CounterRandom(seed, WINDOW_STREAM);
    this.windowsPerEpoch = this.segments.reduce((total, segment) => total + this.tiles(segment), 0);
    if (this.windowsPerEpoch === 0) {
      throw new SpikebridgeError(
        'E_TRAINING_NO_DATA',
        'the training part holds no two consecutive observed bins',
        {
          where: 'data.split',
          fix: 'give the training part a larger share, or widen data.start and data.stop',
        },
      );
    }
  }

  /** Steps that show `epochs` epochs. */
  stepsOf(epochs: number): number {
    return Math.ceil((epochs * this.windowsPerEpoch) / this.batch);
  }

  /** Epochs begun before `step` (a real number: 1.5 = in the middle of the second). */
  epochsAt(step: number): number {
    return (step * this.batch) / this.windowsPerEpoch;
  }

  /** The windows of a step (counted from 0), `batch` of them. */
  windowsAt(step: number): Window[] {
    return Array.from({ length: this.batch }, (_, b) => this.windowAt(step * this.batch + b));
  }

  private windowAt(index: number): Window {
    const epoch = Math.floor(index / this.windowsPerEpoch);
    if (epoch !== this.epoch) this.prepare(epoch);
    const firstTarget = this.starts[index - epoch * this.windowsPerEpoch];
    const segment = this.segments.find(({ start, stop }) => firstTarget >= start && firstTarget < stop);
    const stop = segment?.stop ?? firstTarget;
    return { inputStart: firstTarget - 1, rows: Math.min(this.context, stop - firstTarget) };
  }

  /** Tiles that cover a segment whatever the phase in [0, context). */
  private tiles(segment: Segment): number {
    const length = segment.stop - segment.start;
    return length <= this.context ? 1 : Math.floor((length + this.context - 2) / this.context) + 1;
  }

  /** Tiles each segment from a random phase (edge tiles are pushed inside, so that every window is full), then shuffles. */
  private prepare(epoch: number): void {
    const { context, random } = this;
    const starts = new Float64Array(this.windowsPerEpoch);
    let filled = 0;
    let draw = 0;
    for (const segment of this.segments) {
      const phase = Math.floor(random.uniform(epoch, draw++) * context);
      const last = Math.max(segment.start, segment.stop - context);
      for (let tile = 0; tile < this.tiles(segment); tile++) {
        const start = segment.start - phase + tile * context;
        starts[filled++] = Math.min(Math.max(start, segment.start), last);
      }
    }
    for (let i = starts.length - 1; i > 0; i--) {
      const j = Math.floor(random.uniform(epoch, draw++) * (i + 1));
      const kept = starts[i];
      starts[i] = starts[j];
      starts[j] = kept;
    }
    this.starts = starts;
    this.epoch = epoch;
  }
}
