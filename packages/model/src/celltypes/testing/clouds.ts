// Cells drawn from one Gaussian cloud a class, for tests that know what can be told apart.
import { RandomStream } from '../../engine/random.ts';
import type { FeatureTable, Matrix } from '../tables/types.ts';

export interface Clouds {
  readonly x: Matrix;
  readonly labels: Int32Array;
  readonly donors: readonly string[];
}

/**
 * `sizes` rows a class; the first two features lie on a circle of `radius` deviations, a corner a class, the others are noise.
 * Donors have three cells each, drawn at random.
 */
export function clouds(
  sizes: readonly number[],
  options: { features?: number; radius?: number; seed?: number } = {},
): Clouds {
  const { features = 4, radius = 4, seed = 1 } = options;
  const random = new RandomStream(seed, 0x636c);
  const order = random.shuffle(Int32Array.from(sizes.flatMap((size, c) => new Array<number>(size).fill(c))));
  const values = new Float64Array(order.length * features);
  order.forEach((label, row) => {
    const angle = (2 * Math.PI * label) / sizes.length;
    for (let f = 0; f < features; f++) {
      const centre = f === 0 ? radius * Math.cos(angle) : f === 1 ? radius * Math.sin(angle) : 0;
      values[row * features + f] = centre + random.normal();
    }
  });
  return {
    x: { rows: order.length, columns: features, values },
    labels: order,
    donors: Array.from(order, (_, row) => `donor ${Math.floor(row / 3)}`),
  };
}

export function tableOf({ x, labels, donors }: Clouds, more: Partial<FeatureTable> = {}): FeatureTable {
  const classes = Array.from({ length: Math.max(...labels) + 1 }, (_, c) => `class ${c}`);
  return {
    cells: Array.from(labels, (_, row) => `cell ${row}`),
    features: Array.from({ length: x.columns }, (_, column) => `feature ${column}`),
    units: new Array<string>(x.columns).fill(''),
    values: x,
    classes,
    labels,
    donors,
    attributes: {},
    notes: [],
    ...more,
  };
}

/** Share of rows whose likeliest class is theirs. */
export function shareRight(p: Matrix, labels: Int32Array): number {
  let right = 0;
  labels.forEach((label, row) => {
    const own = p.values.subarray(row * p.columns, (row + 1) * p.columns);
    if (own.every((value, c) => c === label || value < own[label])) right++;
  });
  return right / labels.length;
}
