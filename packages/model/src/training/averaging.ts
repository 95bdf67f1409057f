// A running (exponential) mean of the weights: steadier than the last step's, at the cost of one copy. Float32 arithmetic
// without transcendentals, so that it repeats bit for bit.
import type { ParameterSet } from '../engine/backend.ts';

export class WeightAverage {
  private readonly decay: number;
  private readonly values: Map<string, Float32Array>;

  /** Starts at `start`: the initial weights, or those of a checkpoint. */
  constructor(decay: number, start: ReadonlyMap<string, Float32Array>) {
    this.decay = decay;
    this.values = new Map([...start].map(([name, values]) => [name, values.slice()]));
  }

  /**
   * Takes in the weights after `step` steps (1 for the first). The decay rises from 2/11 to its full value as
   * (1 + step) / (10 + step), so that the random start is soon forgotten.
   */
  update(parameters: ParameterSet, step: number): void {
    const decay = Math.fround(Math.min(this.decay, (1 + step) / (10 + step)));
    const share = Math.fround(1 - decay);
    for (const [name, mean] of this.values) {
      const now = parameters.read(name);
      for (let i = 0; i < mean.length; i++)
        mean[i] = Math.fround(decay * mean[i]) + Math.fround(share * now[i]);
    }
  }

  get(name: string): Float32Array {
    return this.values.get(name) ?? new Float32Array(0);
  }

  /** Runs `work` with the mean in place of the weights, then puts the weights back. */
  async during<T>(parameters: ParameterSet, work: () => Promise<T>): Promise<T> {
    const kept = new Map([...this.values.keys()].map((name) => [name, parameters.read(name).slice()]));
    for (const [name, mean] of this.values) parameters.write(name, mean);
    try {
      return await work();
    } finally {
      for (const [name, values] of kept) parameters.write(name, values);
    }
  }
}
