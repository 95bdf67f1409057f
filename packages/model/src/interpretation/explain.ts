// Looking inside a trained net on a recording: where its heads attend to, and which spikes of the past its prediction hangs on.
// One window at a time is judged on its last bin, so that every input bin stands at a known lag; only sums are held.
import type { Backend, Eventually } from '../engine/backend.ts';
import { SpikebridgeError } from '../errors.ts';
import { valuesOf } from '../nets/parameters.ts';
import type { SpikeNet } from '../nets/types.ts';
import type { BinSpan, Raster } from '../recording/types.ts';
import { BoundPlan, bankFor } from '../training/bound-plan.ts';
import { AttentionByLag } from './attention-by-lag.ts';
import type { AttentionValues } from './attention-by-lag.ts';
import { addThroughEmbedding, addThroughHistory, embeddingOf } from './spike-gradient.ts';

/** Rows of one run, at most. */
const ROWS = 4096;
/** Groups are looked at in one of so many runs of windows: each costs as much as all units together. */
const GROUPS_EVERY = 4;
export interface ExplainOptions {
  readonly backend: Backend;
  readonly net: SpikeNet;
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly raster: Raster;
  /** Bins to be predicted, rising; each needs a whole context of observed past. See `judgedBins`. */
  readonly targets: readonly number[];
  /** (units) 1 = counts. */
  readonly scored: Uint8Array;
  /** Groups of units (columns) whose prediction is looked at by itself. */
  readonly groups: readonly (readonly number[])[];
  readonly onProgress?: (done: number) => Eventually<void>;
  /** Looked at after each `onProgress`: what is summed by then is the answer. */
  readonly signal?: AbortSignal;
}

/** Means over windows. Importance is |d L / d spike|, L the mean log-likelihood of one bin over its units, in nats. */
export interface Explanation {
  readonly windows: number;
  readonly lags: number;
  readonly units: number;
  readonly layers: number;
  readonly heads: number;
  /** (layers, heads, lags) share of attention of the judged rows; the lags of a head add up to 1. */
  readonly attention: Float64Array;
  /**
   * (lags) |sum over units of d L / d spike| by way of attention: the author's I, whose tokens are the spikes of a bin. (A sum over the
   * dimensions of an embedding is 0 in a pre-norm net, which takes their mean out.)
   */
  readonly tokens: Float64Array;
  /** (lags, units) by all paths, by way of attention alone, and that times the mean attention of the same window. */
  readonly importance: Float64Array;
  readonly throughAttention: Float64Array;
  readonly product: Float64Array;
  /** (groups, units) importance, by all paths and summed over lags, to the prediction of each group; over a quarter of the windows. */
  readonly ofGroups: Float64Array;
}

/** Up to `count` bins of `spans`, evenly spaced, with a whole context of past in one observed span. @throws E_EVALUATION_SPLIT */
export function judgedBins(
  spans: readonly BinSpan[],
  observed: readonly BinSpan[],
  context: number,
  count: number,
): number[] {
  const fit = spans.flatMap(({ start, stop }) => {
    const own = observed.find((span) => start >= span.start && stop <= span.stop);
    const from = Math.max(start, (own?.start ?? start) + context);
    return from < stop ? [{ start: from, stop }] : [];
  });
  const bins = fit.reduce((sum, { start, stop }) => sum + stop - start, 0);
  if (bins === 0)
    throw new SpikebridgeError('E_EVALUATION_SPLIT', 'no bin has a whole context of observed past', {
      fix: 'name a longer recording with --data, or train with a shorter context',
      exitCode: 2,
    });
  const taken = Math.min(count, bins);
  return Array.from({ length: taken }, (_, i) => {
    let rest = Math.floor(((i + 0.5) * bins) / taken);
    for (const { start, stop } of fit) {
      if (rest < stop - start) return start + rest;
      rest -= stop - start;
    }
    return fit[fit.length - 1].stop - 1;
  });
}

/** @throws E_RASTER_UNITS, E_MODEL_WEIGHTS */
export async function explain(options: ExplainOptions): Promise<Explanation> {
  const { backend, net, weights, raster, targets, onProgress, signal } = options;
  const lags = net.config.context;
  const batch = Math.max(1, Math.min(targets.length, Math.floor(ROWS / lags)));
  const parameters = backend.parameters(net.specs);
  for (const spec of net.specs) parameters.write(spec.name, valuesOf(weights, spec));
  const plan = new BoundPlan({
    ...{ backend, parameters, net, mode: 'explain', shape: { batch, bins: lags }, raster },
    bank: bankFor(net, raster),
  });
  const sums = new Sums(options, plan, lags);
  try {
    for (let from = 0; from < targets.length; from += batch) {
      await sums.add(targets.slice(from, from + batch));
      await onProgress?.(sums.windows);
      if (signal?.aborted === true) break;
    }
    return sums.result();
  } finally {
    plan.dispose();
    parameters.dispose();
  }
}

/** One run's answer: what every window of a batch depends on. */
class Sums {
  windows = 0;
  #runs = 0;
  #windowsOfGroups = 0;
  readonly #options: ExplainOptions;
  readonly #plan: BoundPlan;
  readonly #lags: number;
  readonly #units: number;
  readonly #attention: AttentionByLag;
  readonly #tokens: Float64Array;
  readonly #importance: Float64Array;
  readonly #through: Float64Array;
  readonly #product: Float64Array;
  readonly #ofGroups: Float64Array;
  /** (lags, units) of the window at hand. */
  readonly #here: Float64Array;
  readonly #state: Float32Array;
  readonly #recent: Uint32Array;

  constructor(options: ExplainOptions, plan: BoundPlan, lags: number) {
    const { net, groups } = options;
    const { units } = net;
    this.#options = options;
    this.#plan = plan;
    this.#lags = lags;
    this.#units = units;
    this.#attention = new AttentionByLag(net.config.layers, net.config.heads, lags);
    this.#tokens = new Float64Array(lags);
    const table = (): Float64Array => new Float64Array(lags * units);
    this.#importance = table();
    this.#through = table();
    this.#product = table();
    this.#here = table();
    this.#ofGroups = new Float64Array(groups.length * units);
    this.#state = new Float32Array(((net.history?.decays.length ?? 0) + 1) * units);
    this.#recent = new Uint32Array(Math.max(1, net.history?.lags ?? 0) * net.wordsPerBin);
  }

  /** One batch: a run for all units, and one for each group. */
  async add(targets: readonly number[]): Promise<void> {
    const { net, raster, scored, groups } = this.#options;
    const lags = this.#lags;
    this.#plan.load(
      targets.map((target) => ({
        inputStart: target - lags,
        rows: lags,
        countFrom: lags - 1,
        firstBin: raster.observed.find(({ start, stop }) => target >= start && target < stop)?.start ?? 0,
      })),
    );
    const every = Array.from(scored.keys()).filter((u) => scored[u] !== 0);
    const withGroups = this.#runs % GROUPS_EVERY === 0;
    this.#runs += 1;
    if (withGroups) this.#windowsOfGroups += targets.length;
    for (const [g, columns] of [every, ...(withGroups ? groups : [])].entries()) {
      this.#plan.countUnits(maskOf(columns, net.wordsPerBin));
      this.#plan.run('train', { seed: 0, step: 0 });
      const gradients = await this.#gradients();
      const layers = g === 0 ? await this.#layers() : [];
      targets.forEach((target, b) => {
        if (g === 0) this.#addWindow(b, target, targets.length, gradients, layers);
        else this.#addGroup(b, target, targets.length, gradients, g - 1);
      });
    }
    this.windows += targets.length;
  }

  async #gradients(): Promise<Gradients> {
    const { gradients } = this.#plan.tensors;
    if (gradients === null) throw new TypeError('this plan was not made to explain');
    const [tokens, logits] = await Promise.all([
      this.#plan.output(gradients.tokens),
      this.#plan.output(gradients.logits),
    ]);
    return { tokens, logits };
  }

  #layers(): Promise<AttentionValues[]> {
    const calls = this.#plan.tensors.plan.forward.filter((call) => call.op === 'attention');
    return Promise.all(
      calls.map(async (call) => ({
        call,
        qkv: await this.#plan.output(call.qkv),
        logSumExp: await this.#plan.output(call.logSumExp),
      })),
    );
  }

  /**
   * Fills `here` with d L / d spike of window b by way of attention. The loss is minus the mean over windows and units, so
   * `factor` = -windows makes the log-likelihood of one window of it.
   */
  #throughAttention(b: number, factor: number, { tokens }: Gradients): void {
    const { net, weights } = this.#options;
    const embedding = embeddingOf(net, weights);
    const { width } = embedding;
    const lags = this.#lags;
    this.#here.fill(0);
    for (let lag = 0; lag < lags; lag++) {
      const at = (b * lags + lags - 1 - lag) * width;
      addThroughEmbedding(embedding, tokens, at, factor, this.#here, lag * this.#units);
    }
  }

  /** Adds to `here` what comes by way of each unit's own history. */
  #addHistory(b: number, target: number, factor: number, { logits }: Gradients): void {
    const { net, weights, raster } = this.#options;
    const bank = bankFor(net, raster);
    const weight = weights.get('history.weight');
    if (net.history === null || bank === null || weight === undefined) return;
    bank.stateAt(target, this.#state, 0, this.#recent, 0);
    const last = { gradient: logits, at: (b * this.#lags + this.#lags - 1) * this.#units, factor };
    addThroughHistory(net.history, weight, this.#state, last, this.#here, this.#lags);
  }

  #addWindow(
    b: number,
    target: number,
    count: number,
    gradients: Gradients,
    layers: readonly AttentionValues[],
  ): void {
    const lags = this.#lags;
    const units = this.#units;
    const attended = this.#attention.add(layers, b);
    this.#throughAttention(b, -count, gradients);
    for (let lag = 0; lag < lags; lag++) {
      let sum = 0;
      for (let i = lag * units; i < (lag + 1) * units; i++) {
        const size = Math.abs(this.#here[i]);
        sum += this.#here[i];
        this.#through[i] += size;
        this.#product[i] += attended[lag] * size;
      }
      this.#tokens[lag] += Math.abs(sum);
    }
    this.#addHistory(b, target, -count, gradients);
    for (let i = 0; i < this.#here.length; i++) this.#importance[i] += Math.abs(this.#here[i]);
  }

  #addGroup(b: number, target: number, count: number, gradients: Gradients, group: number): void {
    const units = this.#units;
    this.#throughAttention(b, -count, gradients);
    this.#addHistory(b, target, -count, gradients);
    for (let i = 0; i < this.#here.length; i++)
      this.#ofGroups[group * units + (i % units)] += Math.abs(this.#here[i]);
  }

  result(): Explanation {
    const mean = (sums: Float64Array): Float64Array => sums.map((sum) => sum / Math.max(1, this.windows));
    return {
      ...{ windows: this.windows, lags: this.#lags, units: this.#units },
      ...{ layers: this.#attention.layers, heads: this.#attention.heads },
      attention: this.#attention.means(),
      tokens: mean(this.#tokens),
      importance: mean(this.#importance),
      throughAttention: mean(this.#through),
      product: mean(this.#product),
      ofGroups: this.#ofGroups.map((sum) => sum / Math.max(1, this.#windowsOfGroups)),
    };
  }
}

interface Gradients {
  /** (batch * bins, width), (batch * bins, units): of minus the mean log-likelihood. */
  readonly tokens: Float32Array;
  readonly logits: Float32Array;
}

function maskOf(columns: readonly number[], wordsPerBin: number): Uint32Array {
  const mask = new Uint32Array(wordsPerBin);
  for (const u of columns) mask[u >>> 5] |= 1 << (u & 31);
  return mask;
}
