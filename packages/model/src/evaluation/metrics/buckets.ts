// Fine buckets of probability, equal in the logarithm of the odds: what thresholds, calibration curves and resampled
// rankings are counted in, so that scores need not be kept.

/** Probabilities are clipped to [CLIP, 1 - CLIP] before any logarithm. */
export const CLIP = 1e-6;
const EDGE = Math.log(CLIP / (1 - CLIP));

export function clipProbability(p: number): number {
  return p < CLIP ? CLIP : p > 1 - CLIP ? 1 - CLIP : p;
}

/** Bucket of a logit among `buckets` that span the clipped range. */
export function bucketOfLogit(z: number, buckets: number): number {
  const at = Math.floor(((z - EDGE) / (-2 * EDGE)) * buckets);
  return at < 0 ? 0 : at >= buckets ? buckets - 1 : at;
}

/** Probability at the lower edge of a bucket. */
export function bucketEdge(bucket: number, buckets: number): number {
  const z = EDGE + (bucket / buckets) * -2 * EDGE;
  return 1 / (1 + Math.exp(-z));
}
