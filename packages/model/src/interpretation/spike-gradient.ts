// From gradients of a plan to gradients with respect to input spikes, each taken as a number that may be a little more or less
// than 0 or 1: through attention by the embedding, and through the own-history path by its features.
import type { HistoryFeatures, SpikeNet } from '../nets/types.ts';

/** d token[k] / d spike[u]: row u of the embedding, or of the identity. */
export interface Embedding {
  readonly units: number;
  readonly width: number;
  /** (units, width); null where a token is the binary vector itself. */
  readonly weight: Float32Array | null;
}

export const embeddingOf = (net: SpikeNet, weights: ReadonlyMap<string, Float32Array>): Embedding => ({
  units: net.units,
  width: net.config.width,
  weight: net.config.embedding === 'bits' ? (weights.get('embedding.weight') ?? null) : null,
});

/** Adds factor * d token (width, from `at`) . d token / d spike to out (units, from `to`). */
export function addThroughEmbedding(
  { units, width, weight }: Embedding,
  gradient: Float32Array,
  at: number,
  factor: number,
  out: Float64Array,
  to: number,
): void {
  if (weight === null) {
    for (let u = 0; u < units; u++) out[to + u] += factor * gradient[at + u];
    return;
  }
  const whole = width - (width % 4);
  for (let u = 0, w = 0; u < units; u++) {
    // Four sums, because each waits for its last addition.
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let k = 0; k < whole; k += 4, w += 4) {
      a += weight[w] * gradient[at + k];
      b += weight[w + 1] * gradient[at + k + 1];
      c += weight[w + 2] * gradient[at + k + 2];
      d += weight[w + 3] * gradient[at + k + 3];
    }
    for (let k = whole; k < width; k++, w++) a += weight[w] * gradient[at + k];
    out[to + u] += factor * (a + b + (c + d));
  }
}

/**
 * Adds to out (lags, units) what the own-history path passes on: gradient[u] (from `at`, times factor) of the logit of unit u,
 * times what its own spike `lag` bins before the last input bin adds to that logit. `state` (traces + 1, units) is that after
 * the last input bin. The age since the last spike is a step function of the spikes and has no gradient.
 */
export function addThroughHistory(
  features: HistoryFeatures,
  weight: ArrayLike<number>,
  state: ArrayLike<number>,
  {
    gradient,
    at,
    factor,
  }: { readonly gradient: ArrayLike<number>; readonly at: number; readonly factor: number },
  out: Float64Array,
  lags: number,
): void {
  const { decays, logScale, scales } = features;
  const units = out.length / lags;
  for (let u = 0; u < units; u++) {
    const upstream = factor * gradient[at + u];
    if (upstream === 0) continue;
    for (let lag = 0; lag < Math.min(features.lags, lags); lag++)
      out[lag * units + u] += upstream * weight[lag * units + u];
    for (let k = 0; k < decays.length; k++) {
      const bend = logScale[k] === 0 ? 1 : logScale[k] / (1 + logScale[k] * state[k * units + u]);
      let response = upstream * weight[(features.lags + k) * units + u] * scales[k] * bend;
      for (let lag = 0; lag < lags; lag++) {
        out[lag * units + u] += response;
        response *= decays[k];
      }
    }
  }
}
