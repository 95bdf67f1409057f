// What a training run learns, apart from how it is run: the loop, the optimiser, checkpoints and logs are the trainer's.
import type { Backend, ParameterSet, ParameterSpec } from '../engine/backend.ts';
import type { CheckpointDescription } from '../interop/net-description.ts';
import type { ValidationScore } from './validation.ts';

export interface TrainingTask {
  readonly specs: readonly ParameterSpec[];
  /** Becomes config.json of every checkpoint. */
  readonly description: CheckpointDescription;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Bins (or rows) that a step shows: the unit of `binsPerSecond`. */
  readonly binsPerStep: number;
  /** Epochs begun before `step`, a real number. */
  epochsAt(step: number): number;
  /** Starting values by name. */
  initialise(seed: number): Map<string, Float32Array>;
  /** Compiles what training and validation need over a set of parameters. */
  open(backend: Backend, parameters: ParameterSet): OpenTask;
}

export interface OpenTask {
  /** Step `step` (counted from 0): data in, forward and backward, gradients added to what is there. */
  run(step: number): void;
  /** The configured loss of the last run. */
  loss(): Promise<number>;
  /** The score on source validation, or null where there is none; `pause` is awaited between batches. */
  readonly validate: ((pause: () => Promise<void>) => Promise<ValidationScore>) | null;
  dispose(): void;
}
