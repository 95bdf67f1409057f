// The losses with their gradients: ours straight from packed targets, tfjs by differentiating the formula.
import * as tf from '@tensorflow/tfjs';
import { BCE, DICE, FOCAL, lossCall } from '@spikebridge/model';
import { bits, waves } from './contender.ts';
import type { KernelCase } from './contender.ts';
import { planContender } from './plan-contender.ts';
import { dense, softplus, tfjsContender } from './tfjs-contender.ts';

const UNITS = 128;
const WORDS = UNITS / 32;
const CONFIGS = { BCE, focal: FOCAL, Dice: DICE } as const;
export type LossName = keyof typeof CONFIGS;

/** Mean over entries; y is 0 or 1. */
const FORMULAS: Readonly<Record<LossName, (z: tf.Tensor, y: tf.Tensor) => tf.Scalar>> = {
  BCE: (z, y) => tf.mean(softplus(z).sub(y.mul(z))),
  // v = z or -z, so that sigmoid(v) is the probability given to what happened; gamma 2.
  focal: (z, y) => {
    const against = tf.neg(z.mul(y.mul(2).sub(1)));
    return tf.mean(tf.square(tf.sigmoid(against)).mul(softplus(against)));
  },
  // 0.9 ln(1 + D); the density penalty has no gradient and is left out, in tfjs's favour.
  Dice: (z, y) => {
    const p = tf.sigmoid(z);
    const ratio = tf
      .sum(p.mul(y))
      .mul(2)
      .add(1)
      .div(tf.sum(p).add(tf.sum(y)).add(1));
    return tf.log1p(tf.scalar(1).sub(ratio)).mul(0.9).asScalar();
  },
};

export function lossCase(name: LossName, rows: number): KernelCase {
  const logits = waves(rows * UNITS, 0.91, 3);
  const words = bits(rows * WORDS, 20);
  return {
    what: `${name} loss and gradient`,
    shape: `${rows} bins x ${UNITS} units`,
    tolerance: 1e-3,
    ours: (backend) =>
      planContender(backend, (builder) => {
        const value = builder.activation('value', [4]);
        const dLogits = builder.activation('dLogits', [rows, UNITS]);
        builder.append(
          lossCall(CONFIGS[name], {
            logits: builder.constant('logits', [rows, UNITS], logits),
            targets: builder.constant('targets', [rows, WORDS], words),
            unitMask: builder.constant('unit mask', [WORDS], new Uint32Array(WORDS).fill(0xffffffff)),
            rowMask: builder.constant('row mask', [rows], new Float32Array(rows).fill(1)),
            ...{ value, dLogits },
          }),
        );
        return [dLogits];
      }),
    theirs: () => {
      const z = tf.tensor2d(logits, [rows, UNITS]);
      const y = dense(words, rows, UNITS);
      const both = tf.valueAndGrad((x: tf.Tensor) => FORMULAS[name](x, y));
      return tfjsContender([z, y], () => {
        const { value, grad } = both(z);
        value.dispose();
        return [grad];
      });
    },
  };
}
