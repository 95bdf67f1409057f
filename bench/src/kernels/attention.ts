// Causal attention alone, at lengths where a stored score matrix no longer fits: ours streams, tfjs stores.
import * as tf from '@tensorflow/tfjs';
import type { KernelCase } from './contender.ts';
import { waves } from './contender.ts';
import { planContender } from './plan-contender.ts';
import { tfjsContender } from './tfjs-contender.ts';

export const HEADS = 16;
export const HEAD_WIDTH = 8;
const WIDTH = HEADS * HEAD_WIDTH;
const SCALE = 1 / Math.sqrt(HEAD_WIDTH);

/** Forward, or forward and backward, of one sequence. */
export function attentionCase(bins: number, part: 'forward' | 'forward and backward'): KernelCase {
  // Sharp enough for the mask and the scale to show.
  const values = waves(bins * 3 * WIDTH, 0.37, 2);
  const slopes = waves(bins * WIDTH, 0.73);
  const both = part === 'forward and backward';
  return {
    what: `causal attention, ${part}`,
    shape: `T ${bins}, ${HEADS} heads of ${HEAD_WIDTH}`,
    tolerance: 1e-3,
    ours: (backend) =>
      planContender(backend, (builder) => {
        const forward = {
          op: 'attention',
          qkv: builder.constant('qkv', [bins, 3 * WIDTH], values),
          out: builder.activation('out', [bins, WIDTH]),
          logSumExp: builder.activation('logSumExp', [1, HEADS, bins]),
          ...{ batch: 1, bins, heads: HEADS, window: 0, scale: SCALE, causal: true, dropout: 0, stream: 0 },
        } as const;
        builder.append(forward);
        if (!both) return [forward.out];
        const dOut = builder.constant('dOut', [bins, WIDTH], slopes);
        const delta = builder.activation('delta', [1, HEADS, bins]);
        const dQkv = builder.activation('dQkv', [bins, 3 * WIDTH]);
        builder.append({ op: 'attentionBackward', forward, dOut, delta, dQkv });
        return [forward.out, dQkv];
      }),
    theirs: () => {
      const qkv = tf.tensor2d(values, [bins, 3 * WIDTH]);
      const dOut = tf.tensor2d(slopes, [bins, WIDTH]);
      const mask = causalMask(bins);
      const [query, key, value] = tf.tidy(() => tf.split(qkv, 3, 1).map(toHeads));
      const attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor => {
        // The scale goes on the small query, not on the large score matrix.
        const scores = tf.matMul(q.mul(SCALE), k, false, true).add(mask);
        return fromHeads(tf.matMul(tf.softmax(scores), v), bins);
      };
      const held = [qkv, dOut, mask, query, key, value];
      if (!both) return tfjsContender(held, () => [attend(query, key, value)]);
      return tfjsContender(held, () => {
        let out: tf.Tensor | undefined;
        const gradients = tf.grads((q, k, v) => {
          const attended = attend(q, k, v);
          out = tf.keep(attended.clone());
          return tf.sum(attended.mul(dOut));
        })([query, key, value]);
        const kept = out === undefined ? [] : [out.clone()];
        out?.dispose();
        return [
          ...kept,
          tf.concat(
            gradients.map((one) => fromHeads(one, bins)),
            1,
          ),
        ];
      });
    },
  };
}

/** (bins, WIDTH) -> (HEADS, bins, HEAD_WIDTH) */
const toHeads = (x: tf.Tensor): tf.Tensor =>
  tf.transpose(x.reshape([x.shape[0], HEADS, HEAD_WIDTH]), [1, 0, 2]);

/** (HEADS, bins, HEAD_WIDTH) -> (bins, WIDTH) */
const fromHeads = (x: tf.Tensor, bins: number): tf.Tensor =>
  tf.transpose(x, [1, 0, 2]).reshape([bins, WIDTH]);

/** (1, bins, bins): 0 where the key is at or before the query, far below any score after it. */
function causalMask(bins: number): tf.Tensor {
  const mask = new Float32Array(bins * bins);
  for (let t = 0; t < bins; t++) mask.fill(-1e9, t * bins + t + 1, (t + 1) * bins);
  return tf.tensor(mask, [1, bins, bins]);
}
