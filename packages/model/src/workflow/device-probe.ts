// The step that `--device auto` times: the run's own net, batch, context, loss and recording, on weights that are thrown
// away. A step too long to be timed in a fraction of a second is shortened, and that is said.
import type { RunConfig } from '../config/schema.ts';
import type { Backend } from '../engine/backend.ts';
import { estimateSeconds } from '../engine/costs.ts';
import type { SpikeNet } from '../nets/types.ts';
import type { BinSpan } from '../recording/types.ts';
import { bankFor, BoundPlan } from '../training/bound-plan.ts';
import { netOfConfig } from '../training/learner.ts';
import type { Measured, MeasuredShape } from './device-choice.ts';
import type { Prepared } from './prepared.ts';

/** What one core does, roughly: the estimate only decides whether the step is shortened. */
const ONE_CORE = { flopsPerSecond: 40e9, bytesPerSecond: 20e9 };
const LONGEST_STEP_SECONDS = 0.2;

export interface Probe {
  readonly shape: MeasuredShape;
  /** Times steps on a backend for about `seconds`. */
  readonly time: (backend: Backend, seconds: number) => Promise<Pick<Measured, 'milliseconds' | 'steps'>>;
}

export function trainingProbe(
  { raster, split, selection }: Pick<Prepared, 'raster' | 'split' | 'selection'>,
  config: RunConfig,
): Probe {
  const { training, seed, data } = config;
  const net = netOfConfig(config);
  const { batch, bins } = shortened(net, training.batch, training.context);
  const shape = { batch, bins, whole: batch === training.batch && bins === training.context };
  const bank = bankFor(net, raster);
  const rates = selection.rates.map((hertz) => Math.min(0.5, (hertz * data.binMs) / 1000 + 1e-6));
  const weights = net.initialise(seed, rates);
  const windows = firstWindows(split.train.spans[0], batch, bins);
  const { betas, epsilon, clip } = training;
  return {
    shape,
    async time(backend, seconds) {
      const parameters = backend.parameters(net.specs);
      for (const [name, values] of weights) parameters.write(name, values);
      const plan = new BoundPlan({
        ...{ backend, parameters, net, raster, bank },
        mode: 'train',
        shape: { batch, bins },
        unitMask: selection.mask,
      });
      const step = async (index: number): Promise<number> => {
        const started = performance.now();
        plan.load(windows);
        parameters.zeroGradients();
        plan.run('train', { seed, step: index });
        // A learning rate of 0: the work of an update, and the same numbers in every step. Its answer ends the step.
        await parameters.optimiserStep({
          ...{ step: index + 1, learningRate: 0, beta1: betas[0], beta2: betas[1] },
          ...{ epsilon, clip, weightDecay: 0 },
        });
        return performance.now() - started;
      };
      // The first step also compiles and touches memory for the first time: it counts where there is no time for more.
      let fastest = await step(0);
      let steps = 1;
      for (let spent = fastest; spent < seconds * 1000; steps += 1) {
        const took = await step(steps);
        fastest = Math.min(fastest, took);
        spent += took;
      }
      plan.dispose();
      parameters.dispose();
      return { milliseconds: fastest, steps };
    },
  };
}

/** Windows side by side from the start of training, over again where it is short: near the start, own history is at hand. */
function firstWindows(span: BinSpan, batch: number, bins: number): { inputStart: number; rows: number }[] {
  const rows = Math.max(1, Math.min(bins, span.stop - span.start - 1));
  const places = Math.max(1, Math.floor((span.stop - span.start - 1) / rows));
  return Array.from({ length: batch }, (_, b) => ({ inputStart: span.start + (b % places) * rows, rows }));
}

/** Seconds that a step of this shape takes by its operations and traffic: good for ratios between shapes. */
export const roughSeconds = (net: SpikeNet, shape: { batch: number; bins: number }): number =>
  estimateSeconds(net.plan('train', shape).plan, ONE_CORE);

/** Fewer windows, then shorter ones, until a step is short enough to be timed. */
export function shortened(net: SpikeNet, batch: number, context: number): { batch: number; bins: number } {
  let size = { batch, bins: context };
  while ((size.batch > 1 || size.bins > 64) && roughSeconds(net, size) > LONGEST_STEP_SECONDS)
    size =
      size.batch > 1
        ? { ...size, batch: Math.ceil(size.batch / 2) }
        : { ...size, bins: Math.ceil(size.bins / 2) };
  return size;
}
