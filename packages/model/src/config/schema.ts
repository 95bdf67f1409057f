// The schema of a run's configuration: every key, its type and its range. Nothing here has a default: presets give all
// values, so that a resolved configuration says everything a run depends on.
import { z } from 'zod';
import { netSchema, rowsSchema, unitFreeSchema } from './net-schema.ts';

const positive = z.number().positive();
const count = z.int().min(1);
const fraction = z.number().min(0).max(1);

/** Which units of a recording are modelled; rates come from the training part. */
const selectionSchema = z.strictObject({
  /** Busiest first, first in file order, or a draw by `seed`. */
  order: z.enum(['rate', 'first', 'random']),
  /** Curation labels to keep; null = any. */
  quality: z.array(z.coerce.string()).nullable(),
  /** Regions to keep; null = any. */
  region: z.array(z.coerce.string()).nullable(),
  /** Exactly these units, in this order; null = by the other rules. */
  ids: z.array(z.coerce.string()).nullable(),
  /** Rate limits on the training part, in Hz; null = none. */
  minRate: z.number().min(0).nullable(),
  maxRate: positive.nullable(),
});

export const dataSchema = z.strictObject({
  /** Bin width in milliseconds. */
  binMs: positive,
  /** Unit slots of the model; a recording with fewer units leaves slots empty and masked. */
  units: count.max(65536),
  selection: selectionSchema,
  /** Training, validation and test, in percent of the bins used. */
  split: z.tuple([z.number().min(0).max(100), z.number().min(0).max(100), z.number().min(0).max(100)]),
  /** Seconds of the recording to use; null = from its start, to its end. */
  start: z.number().min(0).nullable(),
  stop: positive.nullable(),
});

export const lossSchema = z.strictObject({
  kind: z.enum(['bce', 'focal', 'dice', 'dice-per-unit']),
  /** Focusing exponent of the focal loss. */
  gamma: z.number().min(0).max(10),
  /** Added to numerator and denominator of Dice. */
  smooth: z.number().min(0),
  /** Share of binary cross-entropy mixed into the loss. */
  bceShare: fraction,
  /** Apply the sigmoid twice, as the published code does. */
  doubleSigmoid: z.boolean(),
  /** Add the published code's (gradient-free) density penalty to the reported Dice value. */
  densityPenalty: z.boolean(),
});

export const scheduleSchema = z.strictObject({
  /** After the warm-up: half a cosine down to `floor`, steps of `factor`, or flat. */
  kind: z.enum(['cosine', 'step', 'constant']),
  /** `step`: multiplies the rate every `everyEpochs` epochs. */
  factor: positive.max(1),
  everyEpochs: count,
  /** Smallest learning rate of any schedule. */
  floor: z.number().min(0),
});

export const trainingSchema = z.strictObject({
  /** Length of training: exactly one of the two is a number. An epoch shows every training bin about once. */
  steps: count.nullable(),
  epochs: positive.nullable(),
  /** Windows a step. */
  batch: count,
  /** Bins a window. */
  context: z.int().min(2),
  learningRate: positive,
  warmupSteps: z.int().min(0),
  schedule: scheduleSchema,
  optimiser: z.enum(['adamw', 'adam']),
  betas: z.tuple([fraction, fraction]),
  epsilon: positive,
  /** Decoupled decay of weights (adamw only). */
  weightDecay: z.number().min(0),
  /** Global gradient norm above which gradients are scaled down; 0 = never. */
  clip: z.number().min(0),
  /** Decay of a running mean of the weights, used for evaluation and kept in checkpoints; 0 = no averaging. */
  averaging: z.number().min(0).lt(1),
  /** Steps between evaluations on source validation. */
  evaluateEverySteps: count,
  /** Windows of validation scored each time, evenly spaced; 0 = all of them. */
  evaluateWindows: z.int().min(0),
  /** What model selection looks at, on source validation: the run's own loss, or bits/spike. */
  monitor: z.enum(['loss', 'bits-per-spike']),
  /** Evaluations without a better value before training stops; 0 = never stop early. */
  patience: z.int().min(0),
  checkpointEverySteps: count,
  /** Newest checkpoints to keep; the best one is kept beside them. */
  keepCheckpoints: count,
  /** Steps between rows of metrics.jsonl. */
  logEverySteps: count,
});

const shared = {
  /** Starts every random stream: initial weights, window order, dropout. */
  seed: z.int().min(0).max(4294967295),
  /** Plain SIMD only: bit-for-bit repeatable on any host and at any thread count. */
  deterministic: z.boolean(),
  device: z.enum(['auto', 'reference', 'wasm', 'webgpu']),
  data: dataSchema,
  loss: lossSchema,
  training: trainingSchema,
};

/** A transformer whose columns are the units of one recording. */
const transformerRunSchema = z.strictObject({
  preset: z.enum(['paper', 'small', 'base']),
  ...shared,
  net: netSchema,
});

/** One net for every unit of every recording; `batch` times `context` is the number of rows a step. */
const unitFreeRunSchema = z.strictObject({
  preset: z.enum(['unit-free', 'unit-free-rates']),
  ...shared,
  net: unitFreeSchema,
  rows: rowsSchema,
});

export const runConfigSchema = z.discriminatedUnion('preset', [transformerRunSchema, unitFreeRunSchema]);

/** Everything a run depends on beside its data. */
export type RunConfig = z.infer<typeof runConfigSchema>;
export type TransformerRunConfig = z.infer<typeof transformerRunSchema>;
export type UnitFreeRunConfig = z.infer<typeof unitFreeRunSchema>;

export const isUnitFree = (config: RunConfig): config is UnitFreeRunConfig => 'rows' in config;

export type DataSettings = RunConfig['data'];
export type LossSettings = RunConfig['loss'];
export type TrainingSettings = RunConfig['training'];
export type ScheduleSettings = TrainingSettings['schedule'];
