// A running (exponential) mean of the weights on the host: steadier than the last step's, at the cost of one copy. Float32
// arithmetic without transcendentals, so that it repeats bit for bit; the GPU backend keeps its own on the device.
import { SpikebridgeError } from '../errors.ts';

/**
 * The weights of one parameter, live: reading sees the last step, writing changes them. Asked for at every use, since memory
 * that is not shared moves when it grows.
 */
export type LiveWeights = (name: string) => Float32Array | Float64Array;

export class RunningMean {
  readonly #weights: LiveWeights;
  readonly #values: ReadonlyMap<string, Float32Array>;

  /** Starts at the weights as they are. */
  constructor(names: readonly string[], weights: LiveWeights) {
    this.#weights = weights;
    this.#values = new Map(names.map((name) => [name, Float32Array.from(weights(name))]));
  }

  /** mean = decay * mean + (1 - decay) * weight, the weight as float32: so it is saved, and so a resumed run sees it. */
  update(meanDecay: number): void {
    const decay = Math.fround(meanDecay);
    const share = Math.fround(1 - decay);
    for (const [name, mean] of this.#values) {
      const now = this.#weights(name);
      for (let i = 0; i < mean.length; i++)
        mean[i] = Math.fround(decay * mean[i]) + Math.fround(share * Math.fround(now[i]));
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
      const now = this.#weights(name);
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
