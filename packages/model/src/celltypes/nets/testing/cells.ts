// Cells whose class is a product of signs of two families, which no layer on one family alone can tell; for tests of classifiers.
import { RandomStream } from '../../../engine/random.ts';
import { matrixOf } from '../../tables/matrix.ts';
import type { Matrix } from '../../tables/types.ts';
import type { FeatureFamily } from '../families.ts';

export interface DrawnCells {
  readonly x: Matrix;
  readonly labels: Int32Array;
  readonly groups: readonly string[];
}

export const DRAWN_FAMILIES: readonly FeatureFamily[] = [
  { name: 'first', columns: [0, 1] },
  { name: 'second', columns: [2, 3, 4] },
  { name: 'noise', columns: [5] },
];

/** Two classes; `gaps` is the chance that a whole `noise` family is missing. */
export function drawnCells(cells: number, seed: number, gaps = 0, noise = 0.3): DrawnCells {
  const random = new RandomStream(seed, 1);
  const labels = new Int32Array(cells);
  const rows = Array.from({ length: cells }, (_, r) => {
    const [a, b] = [random.uniform() < 0.5 ? -1 : 1, random.uniform() < 0.5 ? -1 : 1];
    labels[r] = a * b > 0 ? 1 : 0;
    const of = (centre: number): number => centre + noise * random.normal();
    const last = random.normal();
    return [of(a), of(-a), of(b), of(b), of(0), random.uniform() < gaps ? NaN : last];
  });
  return { x: matrixOf(rows), labels, groups: Array.from({ length: cells }, (_, r) => `donor ${r % 40}`) };
}

/** Share of rows whose likeliest class is the label. */
export function accuracyOf({ rows, columns, values }: Matrix, labels: Int32Array): number {
  let right = 0;
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * columns, (r + 1) * columns);
    if (row.indexOf(Math.max(...row)) === labels[r]) right++;
  }
  return right / rows;
}
