// For tests: a backend whose results are right but for one element of one op's cases.
import type { Backend, Plan } from '@spikebridge/model';

/** `inner`, with the last element of what `op` leaves off by a hundredth of the largest, where a plan calls it. */
export function wrongIn(op: Plan['forward'][number]['op'], inner: Backend): Backend {
  return {
    ...{ name: inner.name, description: `${inner.description}, wrong in ${op}` },
    parameters: (specs) => inner.parameters(specs),
    compile: (plan, parameters) => {
      const compiled = inner.compile(plan, parameters);
      if (!plan.forward.some((call) => call.op === op)) return compiled;
      return {
        bytes: compiled.bytes,
        input: (tensor) => compiled.input(tensor),
        run: (mode, key) => compiled.run(mode, key),
        dispose: () => compiled.dispose(),
        output: async (tensor) => {
          const values = (await compiled.output(tensor)).slice();
          values[values.length - 1] += 0.01 * Math.max(...values.map(Math.abs), 1);
          return values;
        },
      };
    },
    dispose: () => inner.dispose(),
  };
}
