// tfjs as a side of a row: tensors in core ops, whatever backend computes.
import * as tf from '@tensorflow/tfjs';
import type { Contender } from './contender.ts';

/** `work` computes what is shown, in order; `held` are the tensors it computes from. */
export function tfjsContender(held: readonly tf.Tensor[], work: () => tf.Tensor[]): Contender {
  let latest: tf.Tensor[] = [];
  const submit = (): void => {
    tf.dispose(latest);
    latest = tf.tidy(work);
  };
  return {
    submit,
    settle: async () => {
      // One number of the last result, so that what waits for the device does not read all of it.
      const one = tf.tidy(() => {
        const last = latest[latest.length - 1];
        return last.reshape([last.size]).slice([0], [1]);
      });
      await one.data();
      one.dispose();
    },
    results: async () => {
      submit();
      return Promise.all(latest.map(async (tensor) => (await tensor.data()) as Float32Array));
    },
    dispose: () => tf.dispose([...latest, ...held]),
  };
}

/** Bits as a (rows, units) matrix of 0 and 1. */
export function dense(words: Uint32Array, rows: number, units: number): tf.Tensor2D {
  const values = new Float32Array(rows * units);
  for (let i = 0; i < values.length; i++) values[i] = (words[i >> 5] >>> (i & 31)) & 1;
  return tf.tensor2d(values, [rows, units]);
}

/** log(1 + e^x), in the form that cannot overflow. */
export const softplus = (x: tf.Tensor): tf.Tensor => tf.relu(x).add(tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
