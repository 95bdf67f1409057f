// What a peer of the training-step suite is: something that is given the problem, proves what it computes with a loss and
// a gradient norm, and can then repeat the step for the clock.
import type { Eventually } from '@spikebridge/model';
import type { Problem } from './problem.ts';

/** Answers of the untimed first step, compared between peers before any time counts. */
export interface FirstStep {
  /** Mean binary cross-entropy over rows and units at the given weights, in nats. */
  readonly loss: number;
  /** Euclidean norm over all gradients of that loss, before the optimiser. */
  readonly gradientNorm: number;
}

export interface StepRunner {
  /** Step one, optimiser included, from the given weights. Called once, before any `step`. */
  first(): Eventually<FirstStep>;
  /** One more step: forward, backward, optimiser. Gives the loss before the update, so that nothing stays lazy. */
  step(): Eventually<number>;
  /** Optional: milliseconds of each op of a step, the longest first. */
  profile?(): Readonly<Record<string, number>>;
  dispose(): void;
}

export interface StepPeer {
  readonly name: string;
  /** Version and build, for the table. */
  readonly version: string;
  readonly threads: number;
  prepare(problem: Problem): Promise<StepRunner>;
}
