// The part of the schema that describes the net: it mirrors `NetConfig` of nets/, which knows what each value means.
import { z } from 'zod';

const count = z.int().min(1);

/** The own-history path: features of each unit's own past, weighted per unit, added to the logits. */
const historySchema = z.strictObject({
  /** Own spikes of the latest bins, one weight each. */
  lags: z.int().min(0).max(32),
  /** Time constants of exponential traces, in milliseconds. */
  taus: z.array(z.number().positive()),
  /** One a trace: 0 = the trace itself, s > 0 = ln(1 + s trace). */
  logScale: z.array(z.number().min(0)),
  /** Rising edges, in bins, of the buckets of time since the last spike. */
  ageEdges: z.array(count),
});

export const netSchema = z.strictObject({
  layers: z.int().min(0),
  width: count,
  heads: z.int().min(1).max(32),
  feedForward: count,
  activation: z.enum(['relu', 'gelu']),
  norm: z.enum(['pre', 'post']),
  positions: z.enum(['none', 'rotary', 'learned']),
  /** `bits`: a learned vector a unit; `identity`: the binary vector of a bin is the token (width = units). */
  embedding: z.enum(['bits', 'identity']),
  dropout: z.number().min(0).lt(1),
  /** On attention probabilities. */
  attentionDropout: z.number().min(0).lt(1),
  /** Bins each bin may attend to; 0 = all of its past. */
  window: z.int().min(0),
  /** Output bias at the start: each unit's log-odds on the training part, or zero. */
  outputBias: z.enum(['log-odds', 'zero']),
  /** Output weights at the start: zero (the untrained net predicts each unit's rate) or uniform. */
  outputWeight: z.enum(['zero', 'uniform']),
  history: historySchema.nullable(),
});

/** One net for every unit: `UnitFreeConfig` of nets/. */
export const unitFreeSchema = z.strictObject({
  kind: z.literal('unit-free'),
  /** What of a recording the net is told: each unit's rate; its statistics; pairwise statistics as well. */
  level: z.enum(['rates', 'statistics', 'pairs']),
  /** Width of the hidden layer; 0 = a linear net. */
  hidden: z.int().min(0).max(1024),
});

/** How the rows that a unit-free net learns from are drawn. */
export const rowsSchema = z.strictObject({
  /** Rows of one exposure: a recording seen with one calibration at one time scale. */
  perExposure: z.int().min(16),
  /** A recording is seen as it is (1), slower (2.5: as if its clock ran 2.5 times as fast) or faster. */
  timeScales: z.array(z.number().min(0.05).max(20)).min(1),
  /** The longest calibration, seconds: at most half of the training part. */
  longestSeconds: z.number().positive(),
  /** Shorter calibrations that are drawn, seconds, and how often each. */
  calibrations: z.array(z.strictObject({ seconds: z.number().positive(), draws: count })),
  /** Longest stretch that an exposure draws its rows from, seconds. */
  judgedSeconds: z.number().positive(),
});

export type NetSettings = z.infer<typeof netSchema>;
export type HistorySettings = NonNullable<NetSettings['history']>;
