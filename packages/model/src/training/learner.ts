// What learns: parameters, their moments and their running mean; started fresh or from a checkpoint, stepped, and copied out
// for the next checkpoint.
import { isUnitFree, type RunConfig, type TrainingSettings } from '../config/schema.ts';
import type { Backend, ParameterSet, ParameterSpec } from '../engine/backend.ts';
import { SpikebridgeError } from '../errors.ts';
import { createSpikeNet } from '../nets/spike-transformer.ts';
import type { SpikeNet } from '../nets/types.ts';
import { checkpointFolder } from './checkpoint.ts';
import type { Checkpoint, CheckpointParameter } from './checkpoint.ts';

/** The transformer of a configuration. @throws E_NET_CONFIG, E_LOSS_CONFIG, E_NET_KIND where it asks for another net. */
export function netOfConfig(config: RunConfig): SpikeNet {
  if (isUnitFree(config))
    throw new SpikebridgeError('E_NET_KIND', 'this is for a transformer, and the run is unit-free', {
      where: 'preset',
      fix: 'take a run of another preset',
      exitCode: 2,
    });
  const { binMs, units } = config.data;
  return createSpikeNet(
    config.net,
    { units, context: config.training.context, binMilliseconds: binMs },
    config.loss,
  );
}

export interface LearnerOptions {
  readonly backend: Backend;
  readonly specs: readonly ParameterSpec[];
  /** Starting values by name. */
  readonly start: ReadonlyMap<string, Float32Array>;
  readonly training: TrainingSettings;
  /** Where to go on from; null = the start. */
  readonly from: Checkpoint | null;
}

export class Learner {
  readonly parameters: ParameterSet;
  private readonly specs: readonly ParameterSpec[];
  private readonly training: TrainingSettings;
  /** The reference keeps float64 between steps, a checkpoint float32: rounding at every step makes it resume exactly, too. */
  private readonly rounds: boolean;

  /** @throws E_CHECKPOINT_DAMAGED when the checkpoint does not fit the net. */
  constructor({ backend, specs, start, training, from }: LearnerOptions) {
    this.specs = specs;
    this.training = training;
    this.rounds = backend.name === 'reference';
    this.parameters = backend.parameters(specs);
    for (const [name, values] of start) this.parameters.write(name, values);
    if (from !== null) this.restore(from, start);
    if (training.averaging === 0) return;
    this.parameters.keepMean();
    for (const { name, weights } of from?.parameters ?? []) this.parameters.writeMean(name, weights);
  }

  private restore(from: Checkpoint, start: ReadonlyMap<string, Float32Array>): void {
    const saved = new Map(from.parameters.map((parameter) => [parameter.name, parameter]));
    for (const [name, { length }] of start) {
      const parameter = saved.get(name);
      if (parameter?.current.length !== length) {
        throw new SpikebridgeError(
          'E_CHECKPOINT_DAMAGED',
          `the checkpoint has no ${name} of the net's shape`,
          {
            where: checkpointFolder(from.state.step),
          },
        );
      }
      this.parameters.write(name, parameter.current);
      this.parameters.writeMoments(name, parameter.m, parameter.v);
    }
  }

  /** One optimiser step (1 for the first) on the gradients that are there. @returns their global norm before clipping. */
  async step(step: number, learningRate: number): Promise<number> {
    const { betas, epsilon, optimiser, weightDecay, clip, averaging } = this.training;
    const gradientNorm = await this.parameters.optimiserStep({
      ...{ step, learningRate, beta1: betas[0], beta2: betas[1], epsilon, clip },
      weightDecay: optimiser === 'adamw' ? weightDecay : 0,
      // The mean's decay rises from 2/11 to its full value, so that the random start is soon forgotten.
      meanDecay: Math.min(averaging, (1 + step) / (10 + step)),
    });
    if (this.rounds) {
      for (const { name } of this.specs) {
        this.parameters.write(name, await this.parameters.read(name));
        const { m, v } = await this.parameters.readMoments(name);
        this.parameters.writeMoments(name, m, v);
      }
    }
    return gradientNorm;
  }

  /** Runs `work` with the weights that predictions use: the running mean where there is one. */
  async predicting<T>(work: () => Promise<T>): Promise<T> {
    if (this.training.averaging === 0) return work();
    this.parameters.swapMean();
    try {
      return await work();
    } finally {
      this.parameters.swapMean();
    }
  }

  /** Copies for a checkpoint. */
  snapshot(): Promise<CheckpointParameter[]> {
    return Promise.all(
      this.specs.map(async ({ name, shape }) => {
        const [current, moments, mean] = await Promise.all([
          this.parameters.read(name),
          this.parameters.readMoments(name),
          this.training.averaging > 0 ? this.parameters.readMean(name) : null,
        ]);
        return { name, shape, current, weights: mean ?? current, ...moments };
      }),
    );
  }

  dispose(): void {
    this.parameters.dispose();
  }
}
