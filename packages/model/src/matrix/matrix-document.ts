// matrix.json as a schema: every judged cell with the figures that tables and charts are made of, what is missing, and what the
// table as a whole says.
import { z } from 'zod';
import { differenceSchema, estimateSchema, evaluationPairSchema } from '../evaluation/document.ts';
import { KNOWLEDGE_LEVELS, PREDICTOR_KEYS } from '../evaluation/types.ts';
import { METRIC_KEYS } from '../evaluation/uncertainty/bootstrap.ts';
import { DOMAINS } from './manifest.ts';

export const MATRIX_SCHEMA = 'spikebridge.matrix/1';

const figure = z.number().nullable();
const domain = z.enum(DOMAINS);

export const JUDGED_SCHEMA = 'spikebridge.matrix-cell/1';

/** The file of a judged cell. */
export const judgedCellSchema = z.strictObject({
  schema: z.literal(JUDGED_SCHEMA),
  id: z.string(),
  source: z.string(),
  target: z.string(),
  loss: z.string(),
  seed: z.number().int(),
  pair: evaluationPairSchema,
});

/** A source x target x loss x seed. Differences are paired on blocks of the target's test part. */
export const matrixCellSchema = z.strictObject({
  id: z.string(),
  source: z.string(),
  target: z.string(),
  loss: z.string(),
  seed: z.number().int(),
  pairing: z.string(),
  level: z.enum(KNOWLEDGE_LEVELS),
  targetTrainingSeconds: z.number(),
  scored: z.strictObject({
    bins: z.number().int(),
    units: z.number().int(),
    spikes: z.number().int(),
    density: figure,
  }),
  model: z.record(z.enum(METRIC_KEYS), estimateSchema),
  /** Recalibrated bits/spike of every floor that was judged. */
  floors: z.partialRecord(z.enum(PREDICTOR_KEYS), figure),
  bestFloor: z.enum(PREDICTOR_KEYS),
  /** bits/spike of the model minus the best floor. */
  difference: differenceSchema.nullable(),
});

const spreadSchema = z.strictObject({ mean: figure, sd: figure, n: z.number().int() });

/** Cells of one kind and loss: the mean over source-target pairs, each the mean of its seeds. */
export const matrixGroupSchema = z.strictObject({
  sourceDomain: domain,
  targetDomain: domain,
  /** Source and target are one recording: its held-out part. */
  sameRecording: z.boolean(),
  loss: z.string(),
  bitsPerSpike: spreadSchema,
  minusBestFloor: spreadSchema,
  minusPlugIn: spreadSchema,
  rocAuc: spreadSchema,
  averagePrecision: spreadSchema,
});

/** One loss against another over the pairs that both were judged on. */
export const matrixComparisonSchema = z.strictObject({
  metric: z.enum(['bitsPerSpike', 'rocAuc']),
  loss: z.string(),
  against: z.string(),
  cells: z.enum(['all', 'within a domain', 'in-vitro -> in-vivo', 'in-vivo -> in-vitro']),
  /** Pairs, and those that are not equal. */
  n: z.number().int(),
  different: z.number().int(),
  meanDifference: figure,
  medianDifference: figure,
  /** Pairs in which `loss` is the higher of the two. */
  higher: z.number().int(),
  /** Wilcoxon's signed-rank test, exact and two-sided, and Holm's correction over the comparisons of the metric. */
  p: figure,
  pHolm: figure,
});

export const matrixDocumentSchema = z.strictObject({
  schema: z.literal(MATRIX_SCHEMA),
  name: z.string().nullable(),
  recordings: z.array(
    z.strictObject({
      name: z.string(),
      domain,
      fingerprint: z.string(),
      testFingerprint: z.string().nullable(),
    }),
  ),
  losses: z.array(z.string()),
  seeds: z.array(z.number().int()),
  preset: z.string(),
  /** Single configuration values on top of the preset. */
  set: z.record(z.string(), z.unknown()),
  evaluation: z.record(z.string(), z.unknown()),
  cells: z.array(matrixCellSchema),
  /** Ids of judged cells that are not there yet. */
  missing: z.array(z.string()),
  groups: z.array(matrixGroupSchema),
  comparisons: z.array(matrixComparisonSchema),
});

export type MatrixDocument = z.infer<typeof matrixDocumentSchema>;
export type MatrixCellScores = z.infer<typeof matrixCellSchema>;
export type MatrixGroup = z.infer<typeof matrixGroupSchema>;
export type MatrixComparison = z.infer<typeof matrixComparisonSchema>;
