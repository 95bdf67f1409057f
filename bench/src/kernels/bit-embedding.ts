// The embedding of packed bits, forward and backward: ours sums the rows of the units that fire, tfjs multiplies by 0 and 1.
import * as tf from '@tensorflow/tfjs';
import { bits, waves } from './contender.ts';
import type { KernelCase } from './contender.ts';
import { planContender } from './plan-contender.ts';
import { dense, tfjsContender } from './tfjs-contender.ts';

const UNITS = 128;
const WIDTH = 128;
const WORDS = UNITS / 32;
const SPECS = [
  { name: 'weight', shape: [UNITS, WIDTH], decay: false, learningRateScale: 1 },
  { name: 'bias', shape: [WIDTH], decay: false, learningRateScale: 1 },
] as const;

export function bitEmbeddingCase(rows: number): KernelCase {
  const words = bits(rows * WORDS, 20);
  const weights = waves(UNITS * WIDTH, 0.57);
  const biases = waves(WIDTH, 0.31);
  const slopes = waves(rows * WIDTH, 0.73);
  return {
    what: 'bit embedding, forward and backward',
    shape: `${rows} bins x ${UNITS} units to ${WIDTH}`,
    tolerance: 1e-3,
    ours: (backend) =>
      planContender(
        backend,
        (builder) => {
          const packed = builder.constant('words', [rows, WORDS], words);
          const out = builder.activation('out', [rows, WIDTH]);
          builder.append({
            ...{ op: 'bitEmbed', words: packed, out },
            weight: builder.constant('weight values', [UNITS, WIDTH], weights),
            bias: builder.constant('bias values', [WIDTH], biases),
          });
          builder.append({
            ...{ op: 'bitEmbedBackward', words: packed },
            dOut: builder.constant('dOut', [rows, WIDTH], slopes),
            dWeight: builder.parameterGradient('weight'),
            dBias: builder.parameterGradient('bias'),
          });
          return [out, 'weight', 'bias'];
        },
        SPECS,
      ),
    theirs: () => {
      const x = dense(words, rows, UNITS);
      const weight = tf.tensor2d(weights, [UNITS, WIDTH]);
      const bias = tf.tensor1d(biases);
      const dOut = tf.tensor2d(slopes, [rows, WIDTH]);
      return tfjsContender([x, weight, bias, dOut], () => {
        let out: tf.Tensor | undefined;
        const [dWeight, dBias] = tf.grads((w, b) => {
          const embedded = tf.matMul(x, w as tf.Tensor2D).add(b);
          out = tf.keep(embedded.clone());
          return tf.sum(embedded.mul(dOut));
        })([weight, bias]);
        const kept = out === undefined ? [] : [out.clone()];
        out?.dispose();
        return [...kept, dWeight, dBias];
      });
    },
  };
}
