// What each class weighs in the loss, and which donors are held out of the training rows to say when to stop.
import { RandomStream } from '../../engine/random.ts';

/** `none`: 1. `balanced`: rows / (classes x rows of the class). `effective`: inverse effective number of rows, beta 0.999 (Cui et al., 2019). */
export type ClassWeighting = 'none' | 'balanced' | 'effective';

const BETA = 0.999;
const HELD_OUT_STREAM = 0x68656c64;

/** (classes), mean 1 over the classes that are there; a class without a row weighs 1, to no effect. */
export function classWeights(labels: Int32Array, classes: number, weighting: ClassWeighting): Float32Array {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label] += 1;
  const raw = Array.from(counts, (count) => {
    if (count === 0) return 0;
    if (weighting === 'none') return 1;
    return weighting === 'balanced' ? 1 / count : (1 - BETA) / (1 - BETA ** count);
  });
  const there = raw.filter((weight) => weight > 0);
  const mean = there.reduce((sum, weight) => sum + weight, 0) / Math.max(1, there.length);
  return Float32Array.from(raw, (weight) => (weight === 0 ? 1 : weight / mean));
}

/**
 * Rows of donors that are held out, about `share` of every class: donors in drawn order, each taken while no class has more than its share.
 * A donor's rows are never apart, and a class of one donor is never held out.
 */
export function heldOutRows(
  labels: Int32Array,
  groups: readonly string[],
  share: number,
  seed: number,
): Int32Array {
  const rowsOf = new Map<string, number[]>();
  groups.forEach((group, r) => {
    const rows = rowsOf.get(group) ?? [];
    rowsOf.set(group, rows);
    rows.push(r);
  });
  const left = new Map<number, number>();
  for (const label of labels) left.set(label, (left.get(label) ?? 0) + 1);
  for (const [label, count] of left) left.set(label, Math.floor(share * count));
  const random = new RandomStream(seed, HELD_OUT_STREAM);
  const taken: number[] = [];
  const donors = [...rowsOf.values()];
  for (const donor of random.shuffle(Int32Array.from(donors.keys()))) {
    const rows = donors[donor];
    const own = new Map<number, number>();
    for (const r of rows) own.set(labels[r], (own.get(labels[r]) ?? 0) + 1);
    if (![...own].every(([label, count]) => count <= (left.get(label) ?? 0))) continue;
    for (const [label, count] of own) left.set(label, (left.get(label) ?? 0) - count);
    taken.push(...rows);
  }
  return Int32Array.from(taken.sort((a, b) => a - b));
}
