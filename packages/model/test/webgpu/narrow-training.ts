// A narrow twin of a preset in training on a GPU backend, step by step: for the tests of what a step costs and of what nets share.
import type { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import type { LossConfig } from '../../src/losses/types.ts';
import { drawnValues, fillInputs, narrowNet, type PresetName } from '../../src/nets/narrow-nets.ts';

const SETTINGS = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.01, clip: 1 };
/** That of the nets that every host proves: the same variants of the shaders, which a software adapter compiles for minutes. */
const SHAPE = { batch: 2, bins: 11 };

export interface NarrowTraining {
  /** Dispatches of one step, the optimiser's among them. */
  readonly dispatches: number;
  /** Step `number`, from 1: zero the gradients, run, optimiser; loss and norm are read. */
  step(number: number): Promise<{ readonly loss: number; readonly norm: number }>;
  /** Every weight and its running mean. */
  weights(): Promise<ReadonlyMap<string, readonly [Float32Array, Float32Array]>>;
  dispose(): void;
}

export function narrowTraining(
  backend: WebGpuBackend,
  preset: PresetName,
  loss: LossConfig,
  seed: number,
): NarrowTraining {
  const net = narrowNet(preset, loss);
  const netPlan = net.plan('train', SHAPE);
  const lossTensor = netPlan.loss;
  if (lossTensor === null) throw new Error('a training plan has a loss');
  const parameters = backend.parameters(net.specs);
  for (const [name, values] of drawnValues(net, seed)) parameters.write(name, values);
  parameters.keepMean();
  const compiled = backend.compile(netPlan.plan, parameters);
  fillInputs(net, netPlan, compiled, seed);
  return {
    dispatches: compiled.dispatches.length + 2,
    step: async (number) => {
      parameters.zeroGradients();
      compiled.run('train', { seed, step: number });
      const [value, norm] = await Promise.all([
        compiled.output(lossTensor),
        parameters.optimiserStep({ ...SETTINGS, step: number, meanDecay: 0.9 }),
      ]);
      return { loss: value[0], norm };
    },
    weights: async () => {
      const entries = net.specs.map(async ({ name }) => {
        const both = [await parameters.read(name), await parameters.readMean(name)] as const;
        return [name, both] as const;
      });
      return new Map(await Promise.all(entries));
    },
    dispose: () => {
      compiled.dispose();
      parameters.dispose();
    },
  };
}
