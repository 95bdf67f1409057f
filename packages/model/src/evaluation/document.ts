// The JSON document of an evaluation, as a schema: what `--json` prints, what reports read and what a test checks.
import { z } from 'zod';
import { statisticsDocumentSchema } from '../statistics/document.ts';
import { METRIC_KEYS } from './uncertainty/bootstrap.ts';
import { KNOWLEDGE_LEVELS, PREDICTOR_KEYS } from './types.ts';

/** null stands for "undefined here" (no spikes, one class only, too few blocks). */
const figure = z.number().nullable();

/** A point and its 95 % interval; `n` blocks (or, for per-unit medians, units). */
export const estimateSchema = z.strictObject({
  value: figure,
  low: figure,
  high: figure,
  n: z.number().int(),
});

/** A paired difference on the same blocks, with its bootstrap p and Holm's correction over the pair's differences. */
export const differenceSchema = z.strictObject({
  value: figure,
  low: figure,
  high: figure,
  n: z.number().int(),
  p: figure,
  pHolm: figure,
});

const metrics = <T extends z.ZodType>(value: T): z.ZodObject<Record<(typeof METRIC_KEYS)[number], T>> =>
  z.strictObject(
    Object.fromEntries(METRIC_KEYS.map((key) => [key, value])) as Record<(typeof METRIC_KEYS)[number], T>,
  );

const spreadOverUnits = z.strictObject({ median: figure, q25: figure, q75: figure });

export const predictorScoresSchema = metrics(estimateSchema).extend({
  /** Over units with at least `fewestSpikes` scored spikes. */
  perUnit: z.strictObject({
    units: z.number().int(),
    fewestSpikes: z.number().int(),
    bitsPerSpike: spreadOverUnits,
    rocAuc: spreadOverUnits,
    averagePrecisionLift: spreadOverUnits,
    /** Of each of the pair's `rankedUnits`. */
    each: z.strictObject({ bitsPerSpike: z.array(figure), rocAuc: z.array(figure) }).optional(),
  }),
  /** From the highest threshold to the lowest, of raw probabilities. */
  curve: z
    .strictObject({
      threshold: z.array(z.number()),
      recall: z.array(z.number()),
      falseAlarms: z.array(z.number()),
      precision: z.array(z.number()),
    })
    .optional(),
  /** From source validation: recalibrated logit = slope * logit + offset; threshold of greatest F1. */
  calibration: z.strictObject({ slope: z.number(), offset: z.number(), threshold: z.number() }),
  reliability: z.array(
    z.strictObject({ meanProbability: z.number(), spikeShare: z.number(), cells: z.number().int() }),
  ),
});

const span = z.strictObject({ start: z.number().int(), stop: z.number().int() });
/** A part of the split or a gap between parts: bins, and seconds by the recording's own clock. */
export const segmentSchema = z.strictObject({
  part: z.enum(['train', 'validation', 'test', 'gap']),
  start: z.number().int(),
  stop: z.number().int(),
  bins: z.number().int(),
  startSeconds: z.number(),
  stopSeconds: z.number(),
});
const predictorKey = z.enum(PREDICTOR_KEYS);

/** The run goes on by itself after known bins, and what it makes stands beside what is scored. */
export const freeRunningSchema = z.strictObject({
  configHash: z.string(),
  /** Step of the weights. */
  step: z.number().int(),
  seed: z.number().int(),
  bins: z.number().int(),
  /** Each unit's rate was drawn to its rate in the known part. */
  matchRates: z.boolean().optional(),
  /** Bins of the recording that `from` names, after which it begins. */
  prompt: z.strictObject({
    from: z.enum(['target', 'source', 'calibration']),
    start: z.number().int(),
    bins: z.number().int(),
  }),
  /** The first bins, as in the `excerpt` of the pair. */
  excerpt: z.array(z.string()).optional(),
  statistics: statisticsDocumentSchema,
});

export const evaluationPairSchema = z.strictObject({
  source: z.string(),
  target: z.string(),
  /** `within`: the same units on both sides. */
  pairing: z.enum(['within', 'index', 'rank', 'random', 'free']),
  level: z.enum(KNOWLEDGE_LEVELS),
  seed: z.number().int(),
  configHash: z.string().nullable(),
  binMilliseconds: z.number(),
  /** Bins of context; every scored bin has at least half of it as true past. */
  context: z.number().int(),
  splits: z.strictObject({
    source: z.strictObject({
      train: z.array(span),
      validation: z.array(span),
      /** Every observed bin of the recording, in order of time; left out where the caller gave none. */
      segments: z.array(segmentSchema).optional(),
    }),
    target: z.strictObject({
      /** Bins, of the recording that `ratesFrom` names, over which the target units' rates were taken. */
      train: z.array(span),
      /** Whose training part the null model's rates are those of. */
      ratesFrom: z.enum(['target', 'source', 'calibration']).optional(),
      /** Name of the recording of the same units that gave the rates. */
      calibration: z.string().nullable().optional(),
      calibrationSegments: z.array(segmentSchema).optional(),
      scored: z.array(span),
      segments: z.array(segmentSchema).optional(),
    }),
  }),
  /** Seconds of the target's training part that `level` is about; 0 at level `none`. */
  targetTrainingSeconds: z.number(),
  scored: z.strictObject({
    bins: z.number().int(),
    units: z.number().int(),
    unpairedSource: z.number().int(),
    unpairedTarget: z.number().int(),
    spikes: z.number().int(),
    density: figure,
  }),
  blocks: z.strictObject({
    count: z.number().int(),
    bins: z.number().int(),
    shortened: z.boolean(),
    intervals: z.boolean(),
    replicates: z.number().int(),
  }),
  /** False where there were too many scores to sort: ranking metrics then come from fine histograms. */
  exactRanking: z.boolean(),
  scores: z.partialRecord(predictorKey, predictorScoresSchema),
  bestFloor: predictorKey,
  /** Each predictor minus the best floor. */
  differences: z.partialRecord(predictorKey, metrics(differenceSchema)),
  /** Units with spikes enough for figures of their own, by rising column. */
  rankedUnits: z
    .array(z.strictObject({ column: z.number().int(), id: z.string().nullable(), spikes: z.number().int() }))
    .optional(),
  /** The first scored bins as rasters: of every scored unit the bins with a spike, from 0, with spaces between. */
  excerpt: z
    .strictObject({
      start: z.number().int(),
      bins: z.number().int(),
      real: z.array(z.string()),
      /** One draw from the recalibrated probabilities of the model, each made from the real past. */
      predicted: z.array(z.string()).nullable(),
    })
    .optional(),
  freeRunning: freeRunningSchema.optional(),
  /** Where `model` is a mixture: its runs, the judged one first, and what their log-odds weigh. */
  mixture: z
    .strictObject({
      offset: z.number(),
      runs: z.array(
        z.strictObject({
          configHash: z.string(),
          step: z.number().int(),
          source: z.string(),
          weight: z.number(),
        }),
      ),
    })
    .optional(),
});

export const EVALUATION_SCHEMA = 'spikebridge.evaluation/1';

export const evaluationDocumentSchema = z.strictObject({
  schema: z.literal(EVALUATION_SCHEMA),
  pairs: z.array(evaluationPairSchema),
  /** What was typed, folders left out. */
  command: z.string().optional(),
});

export type EvaluationDocument = z.infer<typeof evaluationDocumentSchema>;
export type EvaluationPair = z.infer<typeof evaluationPairSchema>;
export type PredictorScores = z.infer<typeof predictorScoresSchema>;
export type FreeRunning = z.infer<typeof freeRunningSchema>;
export type DifferenceScores = EvaluationPair['differences'];
