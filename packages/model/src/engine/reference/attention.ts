// Reference: causal scaled dot-product attention (Vaswani et al., 2017), one row of scores at a time, and its gradient
// with the rows recomputed from the kept log-sum-exp (as in Dao et al., FlashAttention, 2022).
import { exp, log } from '../elementary.ts';
import type { Attention, AttentionBackward } from '../ops.ts';
import { CounterRandom, dropoutThreshold } from '../random.ts';
import type { Memory, RunKey } from './memory.ts';

/** Bins [first, stop) that row t may look at: itself and the past, no further back than the window. */
function visible(call: Attention, t: number): readonly [first: number, stop: number] {
  if (!call.causal) return [0, call.bins];
  return [call.window > 0 ? Math.max(0, t - call.window + 1) : 0, t + 1];
}

/** 0 for a dropped probability, 1 / (1 - p) for a kept one. */
function keepFactor(call: Attention, key: RunKey): (row: number, s: number) => number {
  if (call.dropout === 0) return () => 1;
  const random = new CounterRandom(key.seed, call.stream);
  const threshold = dropoutThreshold(call.dropout);
  const factor = 1 / (1 - call.dropout);
  return (row, s) => (random.word(key.step, row * call.bins + s) >= threshold ? factor : 0);
}

/** out[t] = sum over visible s of softmax_s(scale q[t] . k[s]) v[s], per sequence and head. */
export function attention(call: Attention, memory: Memory, key: RunKey): void {
  const { batch, bins, heads, scale } = call;
  const width = call.out.shape[1];
  const headWidth = width / heads;
  const qkv = memory.values(call.qkv); // (batch * bins, 3 * width): q | k | v
  const out = memory.values(call.out); // (batch * bins, width)
  const logSumExp = memory.values(call.logSumExp); // (batch, heads, bins)
  const keep = keepFactor(call, key);
  const scores = new Float64Array(bins); // (s)
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let t = 0; t < bins; t++) {
        const [first, stop] = visible(call, t);
        const row = (b * heads + h) * bins + t;
        const q = (b * bins + t) * 3 * width + h * headWidth;
        const at = (b * bins + t) * width + h * headWidth;
        let largest = -Infinity;
        for (let s = first; s < stop; s++) {
          const k = (b * bins + s) * 3 * width + width + h * headWidth;
          let dot = 0;
          for (let i = 0; i < headWidth; i++) dot += qkv[q + i] * qkv[k + i];
          scores[s] = dot * scale;
          largest = Math.max(largest, scores[s]);
        }
        let sum = 0;
        for (let s = first; s < stop; s++) sum += exp(scores[s] - largest);
        logSumExp[row] = largest + log(sum);
        out.fill(0, at, at + headWidth);
        for (let s = first; s < stop; s++) {
          const v = (b * bins + s) * 3 * width + 2 * width + h * headWidth;
          const probability = (exp(scores[s] - largest) / sum) * keep(row, s);
          for (let i = 0; i < headWidth; i++) out[at + i] += probability * qkv[v + i];
        }
      }
    }
  }
}

/**
 * With P the probabilities, K the keep factors and dP[s] = K[s] dOut[t] . v[s]:
 * dScore[s] = P[s] (dP[s] - delta), delta = sum P dP = dOut[t] . out[t];
 * dq[t] += scale dScore[s] k[s]; dk[s] += scale dScore[s] q[t]; dv[s] += P[s] K[s] dOut[t].
 */
export function attentionBackward(call: AttentionBackward, memory: Memory, key: RunKey): void {
  const forward = call.forward;
  const { batch, bins, heads, scale } = forward;
  const width = forward.out.shape[1];
  const headWidth = width / heads;
  const qkv = memory.values(forward.qkv); // (batch * bins, 3 * width)
  const out = memory.values(forward.out); // (batch * bins, width)
  const logSumExp = memory.values(forward.logSumExp); // (batch, heads, bins)
  const dOut = memory.values(call.dOut); // (batch * bins, width)
  const deltas = memory.values(call.delta); // (batch, heads, bins)
  const dQkv = memory.values(call.dQkv); // (batch * bins, 3 * width)
  const keep = keepFactor(forward, key);
  dQkv.fill(0);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let t = 0; t < bins; t++) {
        const [first, stop] = visible(forward, t);
        const row = (b * heads + h) * bins + t;
        const q = (b * bins + t) * 3 * width + h * headWidth;
        const at = (b * bins + t) * width + h * headWidth;
        let delta = 0;
        for (let i = 0; i < headWidth; i++) delta += dOut[at + i] * out[at + i];
        deltas[row] = delta;
        for (let s = first; s < stop; s++) {
          const k = (b * bins + s) * 3 * width + width + h * headWidth;
          const v = k + width;
          let dot = 0;
          let dP = 0;
          for (let i = 0; i < headWidth; i++) {
            dot += qkv[q + i] * qkv[k + i];
            dP += dOut[at + i] * qkv[v + i];
          }
          const probability = exp(dot * scale - logSumExp[row]);
          const kept = keep(row, s);
          const dScore = probability * (kept * dP - delta) * scale;
          for (let i = 0; i < headWidth; i++) {
            dQkv[q + i] += dScore * qkv[k + i];
            dQkv[k + i] += dScore * qkv[q + i];
            dQkv[v + i] += probability * kept * dOut[at + i];
          }
        }
      }
    }
  }
}
