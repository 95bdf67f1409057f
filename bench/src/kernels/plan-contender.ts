// Ours as a side of a row: a plan of a few calls over any backend.
import type { Backend, ParameterSpec, Tensor } from '@spikebridge/model';
import { PlanBuilder } from '@spikebridge/model';
import type { Contender } from './contender.ts';

/** What is read: a tensor of the plan, or the gradient of the parameter of that name. */
export type Shown = Tensor | string;

/** `describe` appends the calls and names what they compute. Operands are constants: they are on the device before the first run. */
export function planContender(
  backend: Backend,
  describe: (builder: PlanBuilder) => readonly Shown[],
  specs: readonly ParameterSpec[] = [],
): Contender {
  const builder = new PlanBuilder(specs, { training: true });
  const shown = describe(builder);
  for (const one of shown) if (typeof one !== 'string') builder.output(one);
  // Four bytes to wait for.
  const probe = builder.output(builder.activation('probe', [1]));
  builder.append({ op: 'fill', out: probe, value: 1 });
  const parameters = backend.parameters(specs);
  const compiled = backend.compile(builder.build(), parameters);
  const submit = (): void => compiled.run('forward', { seed: 1, step: 1 });
  return {
    submit,
    settle: async () => {
      await compiled.output(probe);
    },
    results: async () => {
      // Gradients of parameters accumulate.
      parameters.zeroGradients();
      submit();
      const found: Float32Array[] = [];
      for (const one of shown) {
        const values = await (typeof one === 'string' ? parameters.readGradient(one) : compiled.output(one));
        found.push(values.slice());
      }
      return found;
    },
    dispose: () => {
      compiled.dispose();
      parameters.dispose();
    },
  };
}
