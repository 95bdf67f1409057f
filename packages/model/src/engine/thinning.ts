// Which of many entries are drawn, each with the same small chance, at the cost of those that are.
import { log, log1p } from './elementary.ts';
import { CounterRandom } from './random.ts';

/**
 * Places of drawn entries in rising order, one a call: gaps between them are geometric. With a chance of 1, every entry.
 * @returns the first place at the first call
 */
export function drawnPlaces(seed: number, stream: number, chance: number): () => number {
  const random = new CounterRandom(seed, stream);
  const scale = chance < 1 ? 1 / log1p(-chance) : 0;
  let place = -1;
  let draws = 0;
  return () => (place += 1 + (scale === 0 ? 0 : Math.floor(log(1 - random.uniform(0, draws++)) * scale)));
}
