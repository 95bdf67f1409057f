// What reports of cells read: the JSON documents of `celltype evaluate`, `predict` and `transfer`, as far as something is drawn of
// them. A document may hold more.
import { z } from 'zod';

const figure = z.number().nullable();

/** A point and its 95 % interval over donors. */
const estimate = z.object({ value: figure, low: figure, high: figure, n: z.number().int() });

/** (classes, families) share of attention of a class's cells: means over cells of all folds, and their spread over folds. */
const attention = z.object({
  families: z.array(z.string()),
  classes: z.array(z.string()),
  mean: z.array(z.array(figure)),
  sd: z.array(z.array(figure)),
});

const figures = z.object({
  macroF1: estimate,
  accuracy: estimate,
  ece: estimate.extend({ calibrated90: z.number() }),
  perClass: z.record(z.string(), estimate),
  spreadOverRepeats: z.number(),
  /** True class by called class, cells (means over repeats). */
  confusion: z.array(z.array(z.number())),
  /** `cells` counts every repeat. */
  reliability: z.array(
    z.object({ low: z.number(), high: z.number(), cells: z.number(), confidence: figure, accuracy: figure }),
  ),
  coverage: z.array(z.object({ coverage: z.number(), accuracy: estimate })),
});

const model = figures.extend({
  apart: z.record(z.string(), figures).optional(),
  attention: attention.optional(),
});

export const cellEvaluationSchema = z.object({
  schema: z.literal('spikebridge.celltype-evaluation/1'),
  species: z.string(),
  configHash: z.string(),
  table: z.object({
    cells: z.number().int(),
    features: z.number().int(),
    donors: z.number().int(),
    classes: z.record(z.string(), z.number()),
    hash: z.string(),
    notes: z.array(z.string()),
  }),
  split: z.enum(['donor', 'stratified']),
  folds: z.number().int(),
  repeats: z.number().int(),
  draws: z.number().int(),
  seeds: z.object({ base: z.number(), repeats: z.array(z.number()) }),
  models: z.record(z.string(), model),
  floors: z.record(z.string(), figures),
  differences: z.array(
    z.object({ model: z.string(), against: z.string(), macroF1: estimate, accuracy: estimate }),
  ),
});

const transferFigures = z.object({
  macroF1: estimate,
  accuracy: estimate,
  /** Macro-F1 less that of `against` on the same folds and donors; null for what is itself the target alone. */
  gain: estimate.nullable(),
  against: z.string().nullable(),
});
const transferred = transferFigures.extend({ apart: z.record(z.string(), transferFigures).optional() });
const summary = z.object({ cells: z.number(), donors: z.number() });

export const cellTransferSchema = z.object({
  schema: z.literal('spikebridge.celltype-transfer/1'),
  configHash: z.string(),
  features: z.array(z.string()),
  source: summary,
  target: summary,
  folds: z.number().int(),
  repeats: z.number().int(),
  draws: z.number().int(),
  seeds: z.object({ base: z.number() }),
  /** By share of the target's training donors; `donors` and `cells` are means over folds and repeats. */
  curve: z.array(
    z.object({
      fraction: z.number(),
      donors: z.number(),
      cells: z.number(),
      methods: z.record(z.string(), transferred),
    }),
  ),
});

/** A value that JSON had no number for (a spike rate without spikes) comes as null. */
const evidence = z.object({
  feature: z.string(),
  unit: z.string(),
  value: figure,
  /** Log-odds of the likeliest class with the feature minus those without. */
  weight: figure,
  /** 10 %, 50 % and 90 % of each class's training cells. */
  ofClasses: z.record(z.string(), z.tuple([figure, figure, figure])),
});

const call = z.object({
  file: z.string(),
  cell: z.string(),
  donor: z.string().nullable(),
  call: z.string().nullable(),
  likeliest: z.string(),
  probability: z.number(),
  probabilities: z.record(z.string(), z.number()),
  abstained: z.array(z.object({ code: z.string(), reason: z.string() })),
  present: z.number(),
  /** Squared distance to the nearest class a feature; beyond the limit the cell is unlike those of training. */
  distance: z.object({ value: figure, limit: figure }),
  outside: z.array(z.object({ feature: z.string(), value: figure, low: figure, high: figure })),
  evidence: z.array(evidence),
  notes: z.array(z.string()),
});

export const cellPredictionSchema = z.object({
  schema: z.literal('spikebridge.celltype-prediction/1'),
  species: z.string(),
  minAccuracy: z.number(),
  model: z.object({
    name: z.string(),
    configHash: z.string(),
    classes: z.array(z.string()),
    limits: z.array(z.string()),
  }),
  cells: z.array(call),
});

export type CellEvaluationDocument = z.infer<typeof cellEvaluationSchema>;
export type CellFigures = z.infer<typeof figures>;
export type CellModelFigures = z.infer<typeof model>;
export type CellAttention = z.infer<typeof attention>;
export type CellPredictionDocument = z.infer<typeof cellPredictionSchema>;
export type PredictedCell = z.infer<typeof call>;
export type CellTransferDocument = z.infer<typeof cellTransferSchema>;
