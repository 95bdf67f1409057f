// A narrow shape of the family net with drawn weights and inputs: what gradients and backends are proved on, on every host.
import type { CompiledPlan } from '../engine/backend.ts';
import { CounterRandom } from '../engine/random.ts';
import type { FamilyNet, FamilyNetShape, FamilyPlan } from './family-net.ts';

/** Three families, one of a single column, and two heads. */
export const NARROW_FAMILIES: FamilyNetShape = { families: [4, 1, 6], heads: { mouse: 3, human: 2 } };

/** Values away from special points: zero biases hide wrong gradients. */
export function drawnFamilyValues(net: FamilyNet, seed: number): Map<string, Float32Array> {
  const values = net.initialise(seed);
  [...values.values()].forEach((held, i) => {
    const random = new CounterRandom(seed, 7100 + i);
    held.forEach((value, j) => (held[j] = value + 0.2 * random.normal(0, j)));
  });
  return values;
}

/** Drawn values, families missing (all of the first sequence), labels of every class and none. */
export function drawnFamilyInputs(
  net: FamilyNet,
  { inputs, mask, heads }: FamilyPlan,
  compiled: CompiledPlan,
  seed: number,
): void {
  const steps = net.shape.families.length;
  inputs.forEach((input, t) => {
    const random = new CounterRandom(seed, 7200 + t);
    const view = compiled.input(input);
    for (let i = 0; i < view.length; i++) view[i] = random.normal(0, i);
  });
  if (mask) {
    const view = compiled.input(mask);
    for (let n = 0; n < view.length; n++) view[n] = n < steps || n % 5 === 3 ? 0 : 1;
  }
  for (const { labels, logits } of Object.values(heads)) {
    if (labels === null) continue;
    const view = compiled.input(labels);
    for (let n = 0; n < view.length; n++) view[n] = n % 4 === 2 ? 0xffffffff : n % logits.shape[1];
  }
}
