// Attention as a function of lag: rows of the softmax, made anew from queries, keys and the kept log-sum-exp, since scores are
// never stored. Only sums over rows are held.
import { exp } from '../engine/elementary.ts';
import type { Attention } from '../engine/ops.ts';

/** Queries and keys, (batch * bins, 3 * width), and log-sum-exps, (batch, heads, bins), that one attention call left. */
export interface AttentionValues {
  readonly call: Attention;
  readonly qkv: ArrayLike<number>;
  readonly logSumExp: ArrayLike<number>;
}

/**
 * Writes how much row t of sequence `b` attends, in head `h`, to the bin `lag` bins before it into out[lag].
 * @returns lags that row t sees; the rest of `out` is left alone.
 */
export function attentionRow(
  { call, qkv, logSumExp }: AttentionValues,
  [b, h, t]: readonly [sequence: number, head: number, row: number],
  out: Float64Array,
): number {
  const { bins, heads, window, scale } = call;
  const width = call.out.shape[1];
  const headWidth = width / heads;
  const q = (b * bins + t) * 3 * width + h * headWidth;
  const whole = logSumExp[(b * heads + h) * bins + t];
  const lags = window > 0 ? Math.min(window, t + 1) : t + 1;
  for (let lag = 0; lag < lags; lag++) {
    const k = (b * bins + t - lag) * 3 * width + width + h * headWidth;
    let dot = 0;
    for (let i = 0; i < headWidth; i++) dot += qkv[q + i] * qkv[k + i];
    out[lag] = exp(dot * scale - whole);
  }
  return lags;
}

/** Mean attention by lag of every head of every layer, over the last rows of windows. */
export class AttentionByLag {
  readonly layers: number;
  readonly heads: number;
  readonly lags: number;
  /** (layers, heads, lags) */
  readonly #sums: Float64Array;
  readonly #row: Float64Array;
  #rows = 0;

  constructor(layers: number, heads: number, lags: number) {
    this.layers = layers;
    this.heads = heads;
    this.lags = lags;
    this.#sums = new Float64Array(layers * heads * lags);
    this.#row = new Float64Array(lags);
  }

  /** Adds the last row of sequence `b` of every layer. @returns (lags) its mean over layers and heads. */
  add(layers: readonly AttentionValues[], b: number): Float64Array {
    const mean = new Float64Array(this.lags);
    this.#rows += 1;
    layers.forEach((values, layer) => {
      for (let h = 0; h < this.heads; h++) {
        const seen = attentionRow(values, [b, h, this.lags - 1], this.#row);
        const at = (layer * this.heads + h) * this.lags;
        for (let lag = 0; lag < seen; lag++) {
          this.#sums[at + lag] += this.#row[lag];
          mean[lag] += this.#row[lag] / (this.layers * this.heads);
        }
      }
    });
    return mean;
  }

  /** (layers, heads, lags); the lags of a head add up to 1. */
  means(): Float64Array {
    return this.#sums.map((sum) => sum / Math.max(1, this.#rows));
  }
}
