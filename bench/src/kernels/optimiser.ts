// One step of AdamW over many parameters; without decay, since tfjs has Adam.
import * as tf from '@tensorflow/tfjs';
import { PlanBuilder } from '@spikebridge/model';
import { OPTIMISER } from '../training-step/problem.ts';
import { waves } from './contender.ts';
import type { KernelCase } from './contender.ts';

const TENSORS = 8;
/** Steps before the weights are compared: bias correction and both moments take part. */
const COMPARED_STEPS = 3;

export function optimiserCase(perTensor: number): KernelCase {
  const names = Array.from({ length: TENSORS }, (_, i) => `w${i}`);
  const weights = names.map((_, i) => waves(perTensor, 0.11 + 0.01 * i));
  const gradients = names.map((_, i) => waves(perTensor, 0.23 + 0.01 * i, 0.01));
  return {
    what: 'AdamW without decay',
    shape: `${TENSORS} x ${perTensor.toLocaleString('en')} parameters`,
    tolerance: 1e-3,
    ours: (backend) => {
      const specs = names.map((name) => ({
        ...{ name, shape: [perTensor], decay: false, learningRateScale: 1 },
      }));
      const parameters = backend.parameters(specs);
      // The gradients' way in: a column sum of one row.
      const builder = new PlanBuilder(specs, { training: true });
      for (const [i, name] of names.entries()) {
        const x = builder.constant(`${name} slopes`, [1, perTensor], gradients[i]);
        builder.append({ op: 'columnSum', x, out: builder.parameterGradient(name) });
      }
      const compiled = backend.compile(builder.build(), parameters);
      parameters.zeroGradients();
      compiled.run('forward', { seed: 1, step: 1 });
      let step = 0;
      let last: unknown;
      const submit = (): void => {
        step += 1;
        last = parameters.optimiserStep({ ...OPTIMISER, step, weightDecay: 0, clip: 0 });
      };
      return {
        submit,
        settle: async () => {
          await last;
        },
        results: async () => {
          names.forEach((name, i) => {
            parameters.write(name, weights[i]);
            parameters.writeMoments(name, new Float32Array(perTensor), new Float32Array(perTensor));
          });
          step = 0;
          for (let i = 0; i < COMPARED_STEPS; i++) submit();
          await last;
          const found: Float32Array[] = [];
          for (const name of names) found.push((await parameters.read(name)).slice());
          return found;
        },
        dispose: () => {
          compiled.dispose();
          parameters.dispose();
        },
      };
    },
    theirs: () => {
      const { learningRate, beta1, beta2, epsilon } = OPTIMISER;
      const fresh = () => tf.train.adam(learningRate, beta1, beta2, epsilon);
      let optimiser = fresh();
      const variables = weights.map((values) => tf.tidy(() => tf.variable(tf.tensor1d(values))));
      const slopes = gradients.map((values) => tf.tensor1d(values));
      const named = slopes.map((tensor, i) => ({ name: variables[i].name, tensor }));
      const submit = (): void => tf.tidy(() => optimiser.applyGradients(named));
      return {
        submit,
        settle: async () => {
          const one = variables[TENSORS - 1].slice([0], [1]);
          await one.data();
          one.dispose();
        },
        results: async () => {
          optimiser.dispose();
          optimiser = fresh();
          variables.forEach((variable, i) => {
            const start = tf.tensor1d(weights[i]);
            variable.assign(start);
            start.dispose();
          });
          for (let i = 0; i < COMPARED_STEPS; i++) submit();
          return Promise.all(variables.map(async (one) => (await one.data()) as Float32Array));
        },
        dispose: () => {
          optimiser.dispose();
          tf.dispose([...variables, ...slopes]);
        },
      };
    },
  };
}
