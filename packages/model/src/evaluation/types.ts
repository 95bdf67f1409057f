// What a predictor is to the evaluation: probabilities of the next bin, in order, from bins before it.

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
 * within one observed span; a predictor may keep causal state between calls.
 */
export interface Predictor {
  readonly key: PredictorKey;
  predict(start: number, stop: number, out: Float32Array): void;
}
