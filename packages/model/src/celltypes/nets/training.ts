// Training of the family net: one phase (some heads, one rate, the encoder frozen or not) to its end or until a watched set of rows gets
// no better. Apart from the Trainer of runs, which has a folder, a raster and bins: this trains hundreds of small nets inside folds.
import type { Backend, CompiledPlan, ParameterSet } from '../../engine/backend.ts';
import { exp, log } from '../../engine/elementary.ts';
import { RandomStream } from '../../engine/random.ts';
import { SpikebridgeError } from '../../errors.ts';
import { ENCODER } from '../../nets/family-net.ts';
import type { FamilyNet, FamilyPlan, HeadLoss } from '../../nets/family-net.ts';
import type { Matrix } from '../tables/types.ts';
import type { FamilyRows } from './family-rows.ts';
import type { Reading } from './reading.ts';

const ORDER_STREAM = 0x66616d69;
const SCORE_BATCH = 256;
/** The label of a row that does not belong to a head. */
const NO_LABEL = 0xffffffff;

export interface LabelledRows {
  readonly rows: FamilyRows;
  readonly labels: Int32Array;
}

/** What one head learns from. */
export interface HeadData {
  readonly train: LabelledRows;
  /** Looked at after each epoch; null = the last epoch is the result. */
  readonly watched: LabelledRows | null;
  readonly loss: Omit<HeadLoss, 'share'>;
}

export interface FamilyPhase {
  /** Share of each head's loss in the sum. Each step shows `batch` rows of each of these heads. */
  readonly shares: Readonly<Record<string, number>>;
  /** The head whose rows make an epoch, and whose watched rows choose the epoch. */
  readonly lead: string;
  readonly learningRate: number;
  readonly epochs: number;
  /** Epochs without gain on the watched rows after which it ends; 0 = never before `epochs`. */
  readonly patience: number;
  readonly frozenEncoder: boolean;
}

export interface FamilyOptimiser {
  readonly batch: number;
  readonly weightDecay: number;
  readonly clip: number;
}

/** The published settings: AdamW at 0.001 with decay 0.0001, norm clipped at 2, batches of 64. */
export const FAMILY_OPTIMISER: FamilyOptimiser = { batch: 64, weightDecay: 1e-4, clip: 2 };

export type Weights = ReadonlyMap<string, Float32Array>;

export interface FamilyPhaseResult {
  /** Of the best epoch on the watched rows, or of the last. */
  readonly weights: Weights;
  /** Epochs that were trained, and the best of them (1 = the first; 0 = no epoch was better than the start). */
  readonly epochs: number;
  readonly bestEpoch: number;
  readonly steps: number;
  /** Class-weighted cross-entropy of the watched rows at the best epoch; NaN without any. */
  readonly crossEntropy: number;
}

export interface PhaseOptions {
  readonly backend: Backend;
  readonly net: FamilyNet;
  readonly start: Weights;
  readonly data: Readonly<Record<string, HeadData>>;
  readonly phase: FamilyPhase;
  readonly optimiser: FamilyOptimiser;
  readonly seed: number;
}

/** Rows of an endless series of passes, each in a drawn order. */
class Passes {
  readonly #random: RandomStream;
  readonly #order: Int32Array;
  #next: number;

  constructor(rows: number, seed: number, stream: number) {
    this.#random = new RandomStream(seed, ORDER_STREAM + stream);
    this.#order = Int32Array.from({ length: rows }, (_, r) => r);
    this.#next = rows;
  }

  take(count: number): Int32Array {
    return Int32Array.from({ length: count }, () => {
      if (this.#next >= this.#order.length) {
        this.#random.shuffle(this.#order);
        this.#next = 0;
      }
      return this.#order[this.#next++];
    });
  }
}

/** Writes one row of a batch. */
export function fillRow(
  net: FamilyNet,
  plan: FamilyPlan,
  compiled: CompiledPlan,
  at: number,
  rows: FamilyRows,
  row: number,
): void {
  const { values, widths, mask } = rows;
  const steps = widths.length;
  let from = row * values.columns;
  widths.forEach((width, t) => {
    const padded = net.config.input === 'padded';
    const input = plan.inputs[padded ? 0 : t];
    const to = (padded ? at * steps + t : at) * input.shape[1];
    const view = compiled.input(input);
    for (let c = 0; c < width; c++) view[to + c] = values.values[from + c];
    from += width;
  });
  if (plan.mask !== null) {
    const view = compiled.input(plan.mask);
    for (let t = 0; t < steps; t++) view[at * steps + t] = mask[row * steps + t];
  }
}

/** Runs the phase. @throws E_TRAINING_NO_DATA without a training row, E_TRAINING_DIVERGED where the watched loss is no number. */
export function* trainPhase(options: PhaseOptions): Reading<FamilyPhaseResult> {
  const { backend, net, start, data, phase, optimiser, seed } = options;
  const names = Object.keys(phase.shares);
  for (const name of names)
    if (!(name in data) || data[name].train.labels.length === 0)
      throw new SpikebridgeError('E_TRAINING_NO_DATA', `head ${name} has no row to learn from`, {
        fix: 'give the head labelled cells, or leave it out of the phase',
      });
  // Decay would move what gets no gradient.
  const trained = names.map((name) => `head.${name}.`);
  const isTrained = (of: string): boolean =>
    of.startsWith(ENCODER) ? !phase.frozenEncoder : trained.some((head) => of.startsWith(head));
  const specs = net.specs.map((spec) => (isTrained(spec.name) ? spec : { ...spec, learningRateScale: 0 }));
  const parameters = backend.parameters(specs);
  for (const [name, values] of start) parameters.write(name, values);
  const losses = Object.fromEntries(
    names.map((name): [string, HeadLoss] => [name, { ...data[name].loss, share: phase.shares[name] }]),
  );
  const { batch } = optimiser;
  const plan = net.trainPlan(batch * names.length, losses);
  const compiled = backend.compile(plan.plan, parameters);
  const lead = data[phase.lead];
  const { watched } = lead;
  const scorer = watched === null ? null : new Scorer(backend, net, parameters, watched.labels.length);
  const passes = names.map((name, i) => new Passes(data[name].train.labels.length, seed, i));
  const stepsAnEpoch = Math.ceil(lead.train.labels.length / batch);
  const snapshot = function* (): Reading<Weights> {
    const values = yield net.specs.map(({ name }) => parameters.read(name));
    return new Map(net.specs.map(({ name }, i) => [name, values[i].slice()]));
  };
  try {
    const judge = function* (epoch: number): Reading<number> {
      if (scorer === null || watched === null) return NaN;
      const { logits } = yield* scorer.run(watched.rows, phase.lead);
      const score = weightedCrossEntropy(logits, watched.labels, lead.loss.classWeights, scorer.scale);
      if (Number.isFinite(score)) return score;
      throw new SpikebridgeError('E_TRAINING_DIVERGED', `the watched loss is ${score} after epoch ${epoch}`, {
        fix: 'lower the learning rate, or look for values that are not finite',
      });
    };
    // The start is a candidate: fine-tuning may have nothing to gain.
    let best: { readonly weights: Weights; readonly epoch: number; readonly score: number } = {
      weights: start,
      epoch: 0,
      score: yield* judge(0),
    };
    let epoch = 0;
    let step = 0;
    while (epoch < phase.epochs) {
      for (let i = 0; i < stepsAnEpoch; i++) {
        names.forEach((name, h) => {
          const { rows, labels } = data[name].train;
          const taken = passes[h].take(batch);
          taken.forEach((row, b) => fillRow(net, plan, compiled, h * batch + b, rows, row));
          names.forEach((other, o) => {
            const { labels: tensor } = plan.heads[other];
            if (tensor === null) return;
            const view = compiled.input(tensor);
            taken.forEach((row, b) => (view[h * batch + b] = o === h ? labels[row] : NO_LABEL));
          });
        });
        parameters.zeroGradients();
        compiled.run('train', { seed, step });
        step += 1;
        const norm = parameters.optimiserStep({
          ...{ step, learningRate: phase.learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
          ...{ weightDecay: optimiser.weightDecay, clip: optimiser.clip },
        });
        // Nobody waits for it: a device that fails says so at the next reading.
        if (norm instanceof Promise) norm.catch(() => undefined);
      }
      epoch += 1;
      if (scorer === null) continue;
      const score = yield* judge(epoch);
      if (score < best.score) best = { weights: yield* snapshot(), epoch, score };
      else if (phase.patience > 0 && epoch - best.epoch >= phase.patience) break;
    }
    if (scorer === null) best = { weights: yield* snapshot(), epoch, score: NaN };
    return {
      weights: best.weights,
      epochs: epoch,
      bestEpoch: best.epoch,
      steps: step,
      crossEntropy: best.score,
    };
  } finally {
    scorer?.dispose();
    compiled.dispose();
    parameters.dispose();
  }
}

/** Logits and attention of rows, batch after batch. */
export class Scorer {
  /** What logits are multiplied by before the softmax. */
  readonly scale: number;
  readonly #net: FamilyNet;
  readonly #plan: FamilyPlan;
  readonly #compiled: CompiledPlan;
  readonly #batch: number;

  /** For about so many rows. */
  constructor(backend: Backend, net: FamilyNet, parameters: ParameterSet, rows: number) {
    this.scale = net.config.head === 'linear' ? 1 : net.config.scale;
    this.#net = net;
    this.#batch = Math.max(1, Math.min(SCORE_BATCH, rows));
    this.#plan = net.scorePlan(this.#batch);
    this.#compiled = backend.compile(this.#plan.plan, parameters);
  }

  /** (rows, classes) of one head, and attention (rows, families). */
  *run(rows: FamilyRows, head: string): Reading<{ readonly logits: Matrix; readonly attention: Matrix }> {
    const steps = rows.widths.length;
    const { logits: tensor } = this.#plan.heads[head];
    const classes = tensor.shape[1];
    const count = rows.values.rows;
    const logits = new Float64Array(count * classes);
    const attention = new Float64Array(count * steps);
    for (let first = 0; first < count; first += this.#batch) {
      const size = Math.min(this.#batch, count - first);
      for (let b = 0; b < size; b++) fillRow(this.#net, this.#plan, this.#compiled, b, rows, first + b);
      this.#compiled.run('forward', { seed: 0, step: 0 });
      const [z, weights] = yield [this.#compiled.output(tensor), this.#compiled.output(this.#plan.attention)];
      logits.set(z.subarray(0, size * classes), first * classes);
      attention.set(weights.subarray(0, size * steps), first * steps);
    }
    return {
      logits: { rows: count, columns: classes, values: logits },
      attention: { rows: count, columns: steps, values: attention },
    };
  }

  dispose(): void {
    this.#compiled.dispose();
  }
}

/** Rows of softmax(scale * logits); each sums to one. */
export function softmaxRows({ rows, columns, values }: Matrix, scale: number): Matrix {
  const out = new Float64Array(values.length);
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * columns, (r + 1) * columns);
    const top = row.reduce((most, z) => Math.max(most, z), -Infinity);
    let total = 0;
    row.forEach((z, j) => (total += out[r * columns + j] = exp(scale * (z - top))));
    for (let j = 0; j < columns; j++) out[r * columns + j] /= total;
  }
  return { rows, columns, values: out };
}

/** Mean of -ln p of the labels, each weighing as its class does. */
export function weightedCrossEntropy(
  logits: Matrix,
  labels: Int32Array,
  classWeights: Float32Array,
  scale: number,
): number {
  let cost = 0;
  let weight = 0;
  labels.forEach((label, r) => {
    const row = logits.values.subarray(r * logits.columns, (r + 1) * logits.columns);
    const top = row.reduce((most, z) => Math.max(most, z), -Infinity);
    const total = row.reduce((sum, z) => sum + exp(scale * (z - top)), 0);
    cost += classWeights[label] * (log(total) - scale * (row[label] - top));
    weight += classWeights[label];
  });
  return cost / weight;
}
