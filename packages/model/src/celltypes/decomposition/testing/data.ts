// Rows with some smooth directions and noise, for tests of components.
import { CounterRandom } from '../../../engine/random.ts';
import type { Matrix } from '../../tables/types.ts';

/** (rows, columns): `directions` cosines of falling weight with random amplitudes, and noise of this deviation. */
export function smoothRows(
  rows: number,
  columns: number,
  { seed = 1, directions = 4, noise = 0.3 } = {},
): Matrix {
  const random = new CounterRandom(seed, 77);
  const values = Float64Array.from({ length: rows * columns }, (_, at) => {
    const [r, c] = [Math.floor(at / columns), at % columns];
    let value = 5 + noise * random.normal(0, at);
    for (let k = 0; k < directions; k++)
      value += (random.normal(k + 1, r) * 3 * Math.cos((Math.PI * (k + 1) * (c + 0.5)) / columns)) / (k + 1);
    return value;
  });
  return { rows, columns, values };
}
