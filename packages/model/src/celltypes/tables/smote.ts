// Synthetic cells for rare classes, each between a training cell and one of its nearest neighbours of the same class (SMOTE: Chawla et
// al., J. Artificial Intelligence Research 2002). Only ever of training rows.
import { RandomStream } from '../../engine/random.ts';
import { SpikebridgeError } from '../../errors.ts';
import { matrixOf, rowOf } from './matrix.ts';
import type { Matrix } from './types.ts';

/** Of all that is drawn under one seed, this is SMOTE's. */
const STREAM = 0x534d4f54;

export interface Oversampled {
  /** The rows as they were, then the synthetic ones. */
  readonly x: Matrix;
  readonly labels: Int32Array;
  /** Row that each row is, or lies next to: its donor is the synthetic cell's. */
  readonly from: Int32Array;
}

/**
 * Fills every class up to the largest. Distances are of the values as they stand, so standardise first. A class of fewer than
 * `neighbours` + 1 cells uses those it has; of one cell, copies.
 * @throws E_CELLS_GAP where a value is missing
 */
export function smote(
  x: Matrix,
  labels: Int32Array,
  { neighbours = 5, seed }: { readonly neighbours?: number; readonly seed: number },
): Oversampled {
  if (x.values.some(Number.isNaN))
    throw new SpikebridgeError('E_CELLS_GAP', 'no cell lies between values that are missing', {
      fix: 'Fill the gaps on the training rows first.',
    });
  const random = new RandomStream(seed, STREAM);
  const members = new Map<number, number[]>();
  labels.forEach((label, r) => {
    const rows = members.get(label) ?? [];
    members.set(label, rows);
    rows.push(r);
  });
  const largest = Math.max(...[...members.values()].map((rows) => rows.length));
  const made: { readonly row: Float64Array; readonly label: number; readonly from: number }[] = [];
  for (const label of [...members.keys()].sort((a, b) => a - b)) {
    const rows = members.get(label) ?? [];
    if (rows.length === largest) continue;
    const near = nearest(x, rows, Math.min(neighbours, rows.length - 1));
    for (let n = rows.length; n < largest; n++) {
      const chosen = random.integer(rows.length);
      const base = rowOf(x, rows[chosen]);
      const choice = random.integer(Math.max(1, near[chosen].length));
      const share = random.uniform();
      const other = rowOf(x, near[chosen].at(choice) ?? rows[chosen]);
      made.push({
        row: base.map((value, c) => value + share * (other[c] - value)),
        label,
        from: rows[chosen],
      });
    }
  }
  const synthetic = matrixOf(
    made.map(({ row }) => row),
    x.columns,
  );
  const values = new Float64Array(x.values.length + synthetic.values.length);
  values.set(x.values);
  values.set(synthetic.values, x.values.length);
  return {
    x: { rows: x.rows + synthetic.rows, columns: x.columns, values },
    labels: Int32Array.from([...labels, ...made.map(({ label }) => label)]),
    from: Int32Array.from([...labels.keys(), ...made.map(({ from }) => from)]),
  };
}

/** The `count` nearest others of each of these rows, by Euclidean distance; the earlier row where two are equally near. */
function nearest(x: Matrix, rows: readonly number[], count: number): number[][] {
  return rows.map((row) => {
    const here = rowOf(x, row);
    return rows
      .filter((other) => other !== row)
      .map((other) => {
        const there = rowOf(x, other);
        let squares = 0;
        for (let c = 0; c < here.length; c++) squares += (here[c] - there[c]) ** 2;
        return { other, squares };
      })
      .sort((a, b) => a.squares - b.squares || a.other - b.other)
      .slice(0, count)
      .map(({ other }) => other);
  });
}
