// A trained net as a predictor. Each observed span is covered by a fixed grid of windows of one context: the first window
// gives all its rows, later ones their second half, so that every target but the first ones has at least half a context of
// past in its window, and what is predicted for a bin does not depend on how the spans are asked for.
import type { Backend, Eventually, ParameterSet } from '../engine/backend.ts';
import { SpikebridgeError } from '../errors.ts';
import type { Predictor, PredictorFactory } from '../evaluation/types.ts';
import { valuesOf } from '../nets/parameters.ts';
import type { SpikeNet } from '../nets/types.ts';
import { minimumPast } from '../recording/split.ts';
import type { BinSpan, Raster } from '../recording/types.ts';
import { BoundPlan, bankFor } from './bound-plan.ts';
import type { PackedWindow } from './pack.ts';

/** Rows of one run, at most, so that a scoring plan stays small. */
const ROWS = 8192;

export interface ModelPredictorOptions {
  readonly backend: Backend;
  readonly net: SpikeNet;
  /** Values by parameter name (see `weightsOf`), or a set that holds them already, which predictors may share. */
  readonly weights: ReadonlyMap<string, Float32Array> | ParameterSet;
  readonly raster: Raster;
  /** Bins a window; the net's context when left out. */
  readonly context?: number;
  /** Windows run together; by default as many as make about 8,192 rows. */
  readonly batch?: number;
}

/** One block of targets [start, stop) and the window that gives them. */
interface Block extends BinSpan {
  readonly window: PackedWindow;
}

export class ModelPredictor implements Predictor {
  readonly key = 'model';
  private readonly raster: Raster;
  private readonly context: number;
  private readonly stride: number;
  private readonly plan: BoundPlan;
  /** The group of blocks whose probabilities the plan holds: `span:first block`. */
  private held = '';
  /** What a device answered for that group: a copy, good for every piece of it. */
  private answer: Promise<Float32Array> | null = null;

  /** @throws E_RASTER_UNITS, E_MODEL_WEIGHTS. */
  constructor({ backend, net, weights, raster, context, batch }: ModelPredictorOptions) {
    this.raster = raster;
    this.context = context ?? net.config.context;
    this.stride = this.context - minimumPast(this.context) + 1;
    this.plan = new BoundPlan({
      backend,
      parameters: 'read' in weights ? weights : loadWeights(backend, net, weights),
      net,
      mode: 'score',
      shape: { batch: batch ?? Math.max(1, Math.floor(ROWS / this.context)), bins: this.context },
      raster,
      bank: bankFor(net, raster),
    });
  }

  /**
   * Probabilities of targets [start, stop), (bins, units), each from bins before it. One call at a time: all share one plan.
   * @throws E_PREDICT_SPAN when the targets do not lie inside one observed span.
   */
  async predict(start: number, stop: number, out: Float32Array): Promise<void> {
    const { units, observed } = this.raster;
    const spanIndex = observed.findIndex((span) => start >= span.start && stop <= span.stop);
    if (spanIndex < 0) {
      throw new SpikebridgeError(
        'E_PREDICT_SPAN',
        `targets ${start} to ${stop} do not lie inside one observed span of the recording`,
        { fix: 'ask for each observed span by itself' },
      );
    }
    const span = observed[spanIndex];
    for (let bin = start; bin < stop;) {
      const index = this.blockIndex(span, bin);
      const group = index - (index % this.plan.shape.batch);
      this.hold(span, spanIndex, group);
      const block = this.block(span, index);
      const until = Math.min(block.stop, stop);
      const row = (index - group) * this.context + (bin - 1 - block.window.inputStart);
      const from = await this.probabilities();
      out.set(from.subarray(row * units, (row + until - bin) * units), (bin - start) * units);
      bin = until;
    }
  }

  /** Frees the plan's memory. */
  dispose(): void {
    this.plan.dispose();
  }

  private blockIndex(span: BinSpan, bin: number): number {
    const offset = bin - span.start - this.context;
    return offset < 0 ? 0 : 1 + Math.floor(offset / this.stride);
  }

  /**
   * Block 0 is the first context of targets, from one silent bin before the span on; each later block is one stride, at the end
   * of its window.
   */
  private block(span: BinSpan, index: number): Block {
    const start = index === 0 ? span.start : span.start + this.context + (index - 1) * this.stride;
    const length = index === 0 ? this.context : this.stride;
    const inputStart = start + length - 1 - this.context;
    const stop = Math.min(start + length, span.stop);
    return { start, stop, window: { inputStart, rows: stop - 1 - inputStart, firstBin: span.start } };
  }

  /** Runs the group of blocks that starts at `group`, unless the plan holds it already. */
  private hold(span: BinSpan, spanIndex: number, group: number): void {
    const key = `${spanIndex}:${group}`;
    if (this.held === key) return;
    const windows: PackedWindow[] = [];
    for (let index = group; index < group + this.plan.shape.batch; index++) {
      const block = this.block(span, index);
      if (block.start >= span.stop) break;
      windows.push(block.window);
    }
    this.plan.load(windows);
    this.plan.run('forward', { seed: 0, step: 0 });
    this.held = key;
    this.answer = null;
  }

  /** (batch * bins, units) of the group held. Asked of a device once; the host's own memory may move and is looked up anew. */
  private probabilities(): Eventually<Float32Array> {
    if (this.answer !== null) return this.answer;
    const found = this.plan.probabilities();
    if (found instanceof Promise) this.answer = found;
    return found;
  }
}

/**
 * The `model` row of the evaluation: a predictor over each target view, made on demand. All share one copy of the weights;
 * each holds a plan until its `dispose` is called.
 * @throws E_MODEL_WEIGHTS.
 */
export function modelPredictorFactory(
  options: Omit<ModelPredictorOptions, 'raster' | 'weights'> & {
    readonly weights: ReadonlyMap<string, Float32Array>;
  },
): PredictorFactory {
  const weights = loadWeights(options.backend, options.net, options.weights);
  return ({ raster }) => new ModelPredictor({ ...options, weights, raster });
}

function loadWeights(
  backend: Backend,
  net: SpikeNet,
  weights: ReadonlyMap<string, Float32Array>,
): ParameterSet {
  const parameters = backend.parameters(net.specs);
  for (const spec of net.specs) parameters.write(spec.name, valuesOf(weights, spec));
  return parameters;
}
