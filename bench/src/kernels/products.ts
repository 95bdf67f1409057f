// The matrix products of a linear layer: forward, gradient of its input, gradient of its weight.
import * as tf from '@tensorflow/tfjs';
import type { KernelCase } from './contender.ts';
import { waves } from './contender.ts';
import { planContender } from './plan-contender.ts';
import { tfjsContender } from './tfjs-contender.ts';

export interface Product {
  /** nn: a (m, k), b (k, n). nt: b is (n, k). tn: a is (k, m). */
  readonly form: 'nn' | 'nt' | 'tn';
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

export function productCase({ form, m, n, k }: Product): KernelCase {
  const a = { shape: form === 'tn' ? [k, m] : [m, k], values: waves(m * k, 1.7, 1) } as const;
  const b = { shape: form === 'nt' ? [n, k] : [k, n], values: waves(k * n, 1.3, 1) } as const;
  return {
    what: `matMul ${form}`,
    shape: `${m} x ${n} x ${k}`,
    tolerance: 1e-3,
    ours: (backend) =>
      planContender(backend, (builder) => {
        const c = builder.activation('c', [m, n]);
        builder.append({
          ...{ op: 'matMul', form, m, n, k, c },
          a: builder.constant('a', a.shape, a.values),
          b: builder.constant('b', b.shape, b.values),
          ...{ bias: null, residual: null, activation: 'none', preActivation: null, accumulate: false },
        });
        return [c];
      }),
    theirs: () => {
      const [left, right] = [a, b].map(({ shape, values }) => tf.tensor2d(values, [shape[0], shape[1]]));
      return tfjsContender([left, right], () => [tf.matMul(left, right, form === 'tn', form === 'nt')]);
    },
  };
}
