// Which fold each cell is tested in. Donor-grouped folds keep every donor's cells together and the classes in proportion;
// plain stratified folds, for comparison with published numbers, only keep the proportion.
import { RandomStream } from '../../engine/random.ts';
import { SpikebridgeError } from '../../errors.ts';

export type CellSplit = 'donor' | 'stratified';

const SHUFFLE = 0x666f;

/**
 * Fold of each row. `groups` is the donor by row, or null for plain stratified folds. Groups are dealt out from the least evenly
 * to the most evenly made up, each to the fold that leaves the classes most evenly spread, then to the smaller fold: the
 * rule of scikit-learn's StratifiedGroupKFold.
 * @throws E_CELLTYPE_FOLDS when there are fewer groups than folds, or a class has fewer rows than folds.
 */
export function assignFolds(
  labels: Int32Array,
  classes: number,
  groups: readonly string[] | null,
  folds: number,
  seed: number,
): Int32Array {
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label]++;
  const scarce = counts.findIndex((count) => count > 0 && count < folds);
  if (folds < 2 || scarce >= 0) {
    throw new SpikebridgeError(
      'E_CELLTYPE_FOLDS',
      folds < 2
        ? `${folds} folds; expected 2 or more`
        : `class ${scarce} has ${counts[scarce]} cells; ${folds} folds need ${folds} of each class`,
      { fix: 'ask for fewer folds, or leave that class out', exitCode: 2 },
    );
  }
  return groups === null
    ? stratified(labels, classes, folds, seed)
    : grouped(labels, classes, counts, groups, folds, seed);
}

function stratified(labels: Int32Array, classes: number, folds: number, seed: number): Int32Array {
  const random = new RandomStream(seed, SHUFFLE);
  const fold = new Int32Array(labels.length);
  let next = 0;
  for (let c = 0; c < classes; c++) {
    const rows = random.shuffle([...labels.keys()].filter((row) => labels[row] === c));
    // Going on where the last class ended keeps the folds of one size.
    for (const row of rows) fold[row] = next++ % folds;
  }
  return fold;
}

function grouped(
  labels: Int32Array,
  classes: number,
  counts: Float64Array,
  groups: readonly string[],
  folds: number,
  seed: number,
): Int32Array {
  const members = new Map<string, number[]>();
  groups.forEach((group, row) => {
    const rows = members.get(group);
    if (rows === undefined) members.set(group, [row]);
    else rows.push(row);
  });
  if (members.size < folds) {
    throw new SpikebridgeError('E_CELLTYPE_FOLDS', `${members.size} donors; ${folds} folds need one each`, {
      fix: 'ask for fewer folds, or split by cells (stratified)',
      exitCode: 2,
    });
  }
  // Map keeps the order of the table, so the shuffle alone decides between equals.
  const all = [...members.values()];
  const order = new RandomStream(seed, SHUFFLE).shuffle([...all.keys()]);
  const made = order.map((at) => {
    const rows = all[at];
    const by = new Float64Array(classes);
    for (const row of rows) by[labels[row]]++;
    return { rows, by, uneven: deviation(by) };
  });
  made.sort((a, b) => b.uneven - a.uneven);
  const held = Array.from({ length: folds }, () => new Float64Array(classes));
  const sizes = new Int32Array(folds);
  const fold = new Int32Array(labels.length);
  const shares = new Float64Array(folds);
  for (const group of made) {
    let best = 0;
    let bestSpread = Infinity;
    for (let f = 0; f < folds; f++) {
      let spread = 0;
      for (let c = 0; c < classes; c++) {
        if (counts[c] === 0) continue;
        for (let g = 0; g < folds; g++) shares[g] = (held[g][c] + (g === f ? group.by[c] : 0)) / counts[c];
        spread += deviation(shares);
      }
      const close = Math.abs(spread - bestSpread) <= 1e-12 * Math.max(1, bestSpread);
      if (close ? sizes[f] < sizes[best] : spread < bestSpread) {
        best = f;
        bestSpread = spread;
      }
    }
    for (let c = 0; c < classes; c++) held[best][c] += group.by[c];
    sizes[best] += group.rows.length;
    for (const row of group.rows) fold[row] = best;
  }
  return fold;
}

/** Population standard deviation. */
function deviation(values: Float64Array): number {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let sum = 0;
  for (const value of values) sum += (value - mean) ** 2;
  return Math.sqrt(sum / values.length);
}
