// Starting values from the counter generator: the same on every host and in any order of parameters.
import { log } from '../engine/elementary.ts';
import { elementCount } from '../engine/plan-builder.ts';
import { CounterRandom } from '../engine/random.ts';

/** The stream of starting values; dropout sites count up from 1 and never reach it. */
const INITIAL_STREAM = 0xffff0001;

/** FNV-1a of a name: gives each parameter its own draws, whatever stands beside it. */
function nameHash(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** Uniform in [-bound, bound). */
export function uniformValues(
  seed: number,
  name: string,
  shape: readonly number[],
  bound: number,
): Float32Array {
  const random = new CounterRandom(seed, INITIAL_STREAM);
  const step = nameHash(name);
  return Float32Array.from(
    { length: elementCount(shape) },
    (_, i) => (2 * random.uniform(step, i) - 1) * bound,
  );
}

/** Normal with mean 0. */
export function normalValues(
  seed: number,
  name: string,
  shape: readonly number[],
  deviation: number,
): Float32Array {
  const random = new CounterRandom(seed, INITIAL_STREAM);
  const step = nameHash(name);
  return Float32Array.from({ length: elementCount(shape) }, (_, i) => random.normal(step, i) * deviation);
}

/** ln(p / (1 - p)) of each unit's probability of a spike a bin, which is clipped to [1e-6, 1 - 1e-6]. */
export function logOdds(rates: Float64Array): Float32Array {
  return Float32Array.from(rates, (rate) => {
    const p = Math.min(Math.max(rate, 1e-6), 1 - 1e-6);
    return log(p / (1 - p));
  });
}
