// Reference: additive attention that pools the steps of each sequence (Bahdanau, Cho, Bengio, 2015).
import { exp, tanh } from '../elementary.ts';
import type { AttentionPool, AttentionPoolBackward } from '../ops.ts';
import type { Memory } from './memory.ts';

/** weights = softmax over the counted steps of query . tanh(keys); out = the weighted sum of values. */
export function attentionPool(call: AttentionPool, memory: Memory): void {
  const { steps } = call;
  const [batch, width] = call.out.shape;
  const keyWidth = call.keys.shape[1];
  const keys = memory.values(call.keys); // (rows, keyWidth)
  const query = memory.values(call.query); // (keyWidth)
  const values = memory.values(call.values); // (rows, width)
  const mask = call.mask && memory.values(call.mask); // (rows)
  const weights = memory.values(call.weights); // (rows)
  const out = memory.values(call.out); // (batch, width)
  out.fill(0);
  weights.fill(0);
  for (let b = 0; b < batch; b++) {
    const counted = Array.from({ length: steps }, (_, t) => b * steps + t).filter(
      (n) => mask === null || mask[n] !== 0,
    );
    const scores = counted.map((n) => query.reduce((sum, q, a) => sum + q * tanh(keys[n * keyWidth + a]), 0));
    const top = Math.max(...scores);
    const total = scores.reduce((sum, score) => sum + exp(score - top), 0);
    counted.forEach((n, i) => {
      weights[n] = exp(scores[i] - top) / total;
      for (let j = 0; j < width; j++) out[b * width + j] += weights[n] * values[n * width + j];
    });
  }
}

/** With dw = dOut . values: ds = w (dw - sum over the sequence of w dw); dKeys = ds query (1 - tanh^2), dQuery += ds tanh, dValues = w dOut. */
export function attentionPoolBackward(call: AttentionPoolBackward, memory: Memory): void {
  const { steps } = call.forward;
  const [batch, width] = call.dOut.shape;
  const keyWidth = call.dKeys.shape[1];
  const keys = memory.values(call.forward.keys); // (rows, keyWidth)
  const query = memory.values(call.forward.query); // (keyWidth)
  const values = memory.values(call.forward.values); // (rows, width)
  const weights = memory.values(call.forward.weights); // (rows)
  const dOut = memory.values(call.dOut); // (batch, width)
  const dKeys = memory.values(call.dKeys); // (rows, keyWidth)
  const dQuery = memory.values(call.dQuery); // (keyWidth)
  const dValues = memory.values(call.dValues); // (rows, width)
  for (let b = 0; b < batch; b++) {
    const given = dOut.subarray(b * width, (b + 1) * width);
    const rows = Array.from({ length: steps }, (_, t) => b * steps + t);
    const dWeights = rows.map((n) => given.reduce((sum, d, j) => sum + d * values[n * width + j], 0));
    const mean = rows.reduce((sum, n, t) => sum + weights[n] * dWeights[t], 0);
    rows.forEach((n, t) => {
      const dScore = weights[n] * (dWeights[t] - mean);
      for (let a = 0; a < keyWidth; a++) {
        const bent = tanh(keys[n * keyWidth + a]);
        dKeys[n * keyWidth + a] = dScore * query[a] * (1 - bent * bent);
        dQuery[a] += dScore * bent;
      }
      for (let j = 0; j < width; j++) dValues[n * width + j] = weights[n] * given[j];
    });
  }
}
