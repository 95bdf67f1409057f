// What a predictor is to the evaluation: probabilities of the next bin, in order, from bins before it.
import type { BinSpan, Raster } from '../recording/types.ts';

/** The keys of `scores` in the JSON document, and the only names used for them anywhere. */
export const PREDICTOR_KEYS = [
  'model',
  'own-rate',
  'recent-rate',
  'own-history',
  'population',
  'coupled',
  'shared-kernel',
  'plug-in',
] as const;
export type PredictorKey = (typeof PREDICTOR_KEYS)[number];

/**
 * One predictor over one target raster. `predict` fills p[target bin, unit] for targets [start, stop), axis order
 * (bins, units), probability in [0, 1], made from bins < target bin only. Called with consecutive spans in rising order
 * within one observed span, one call at a time; a predictor may keep causal state between calls. Whoever calls it awaits the
 * answer: one whose net runs on a device fills `out` later, the others at once.
 */
export interface Predictor {
  readonly key: PredictorKey;
  predict(start: number, stop: number, out: Float32Array): Promise<void> | undefined;
  /** Gives back what is held outside JavaScript's own memory (a compiled plan). Whoever set the predictor up calls it. */
  dispose?(): void;
}

/** A floor is host code: it has filled `out` when `predict` returns. */
export interface FloorPredictor extends Predictor {
  predict(start: number, stop: number, out: Float32Array): undefined;
}

/** Chronological parts of one recording as spans of target bins. Spans lie inside observed spans, in rising order. */
export interface EvaluationSplit {
  readonly train: readonly BinSpan[];
  readonly validation: readonly BinSpan[];
  readonly test: readonly BinSpan[];
}

/**
 * What a prediction may know of its target's training part: nothing; each unit's rate; per-unit statistics (intervals, own past,
 * coupling to the population); pairwise statistics as well; all of it, to be fitted on.
 */
export const KNOWLEDGE_LEVELS = ['none', 'rates', 'statistics', 'pairs', 'tuned'] as const;
export type KnowledgeLevel = (typeof KNOWLEDGE_LEVELS)[number];

/** The bins of a target that may be known, in a raster with the columns of the one that is scored. */
export interface KnownPart {
  readonly raster: Raster;
  readonly spans: readonly BinSpan[];
}

/**
 * A target recording as a predictor fitted on a source sees it: column i is the partner of SOURCE unit i, silent and
 * unscored where there is none, so that unit identity means the same on both sides. Within a domain it is the recording itself.
 */
export interface TargetView {
  readonly raster: Raster;
  /** Probability per bin of each column over the known part; null at level `none`. */
  readonly rates: Float64Array | null;
  /** (units) 1 where the column has a partner and is scored. */
  readonly scored: Uint8Array;
  readonly level: KnowledgeLevel;
  /** What `level` is about; null at level `none`. Statistics are counted here and nowhere else. */
  readonly known: KnownPart | null;
}

/**
 * Sets up a predictor, fitted elsewhere, over a target. `calibrated`: it was fitted to be right about what it is told of a target,
 * whatever the target is, so that what the source's validation part says of its rates says nothing of the target's.
 */
export type PredictorFactory = ((view: TargetView) => Predictor) & { readonly calibrated?: boolean };
export type FloorFactory = (view: TargetView) => FloorPredictor;
