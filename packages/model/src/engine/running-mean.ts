// A running (exponential) mean of the weights on the host: steadier than the last step's, at the cost of one copy. Float32
// arithmetic without transcendentals, so that it repeats bit for bit; the GPU backend keeps its own on the device.
import { SpikebridgeError } from '../errors.ts';

/** Weights by name, live: reading sees the last step, writing changes them. */
export type LiveWeights = ReadonlyMap<string, Float32Array | Float64Array>;

export class RunningMean {
  readonly #weights: LiveWeights;
  readonly #values: ReadonlyMap<string, Float32Array>;

  /** Starts at the weights as they are. */
  constructor(weights: LiveWeights) {
    this.#weights = weights;
    this.#values = new Map([...weights].map(([name, values]) => [name, Float32Array.from(values)]));
  }

  /** mean = decay * mean + (1 - decay) * weight. */
  update(meanDecay: number): void {
    const decay = Math.fround(meanDecay);
    const share = Math.fround(1 - decay);
    for (const [name, mean] of this.#values) {
      const now = this.#weights.get(name) ?? mean;
      for (let i = 0; i < mean.length; i++)
        mean[i] = Math.fround(decay * mean[i]) + Math.fround(share * now[i]);
    }
  }

  /** The mean of one parameter, live. @throws SpikebridgeError E_PLAN_PARAMETER */
  values(name: string): Float32Array {
    const found = this.#values.get(name);
    if (!found) throw new SpikebridgeError('E_PLAN_PARAMETER', `no mean of ${name} is kept`);
    return found;
  }

  /** Exchanges weights and mean. */
  swap(): void {
    for (const [name, mean] of this.#values) {
      const now = this.#weights.get(name) ?? mean;
      for (let i = 0; i < mean.length; i++) {
        const kept = mean[i];
        mean[i] = now[i];
        now[i] = kept;
      }
    }
  }
}

/** The mean that a set keeps, or the error of a set that keeps none. @throws SpikebridgeError E_PLAN_PARAMETER */
export function keptMean(mean: RunningMean | null): RunningMean {
  if (mean === null)
    throw new SpikebridgeError('E_PLAN_PARAMETER', 'no mean of the weights is kept', {
      fix: 'call keepMean first',
    });
  return mean;
}
