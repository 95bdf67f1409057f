// What needs no features: the commonest class, and a draw from the classes' shares.
import { CounterRandom } from '../../engine/random.ts';
import type { Classifier } from '../tables/types.ts';

function shares(labels: Int32Array, classes: number): Float64Array {
  const share = new Float64Array(classes);
  for (const label of labels) share[label] += 1 / labels.length;
  return share;
}

/** Every cell has the training shares as probabilities, so that the commonest class is called. */
export const majorityClass: Classifier = {
  name: 'majority-class',
  fit: (_, labels, { classes }) => {
    const share = shares(labels, classes);
    return {
      probabilities: (x) => {
        const values = new Float64Array(x.rows * classes);
        for (let row = 0; row < x.rows; row++) values.set(share, row * classes);
        return { rows: x.rows, columns: classes, values };
      },
    };
  },
};

/** Every cell is called a class drawn with its training share, as if that were certain. */
export const priorDraw: Classifier = {
  name: 'prior-draw',
  fit: (_, labels, { classes, seed }) => {
    const share = shares(labels, classes);
    const random = new CounterRandom(seed, 0x7064);
    return {
      probabilities: (x) => {
        const values = new Float64Array(x.rows * classes);
        for (let row = 0; row < x.rows; row++) {
          let left = random.uniform(0, row);
          let drawn = 0;
          while (drawn < classes - 1 && left >= share[drawn]) left -= share[drawn++];
          values[row * classes + drawn] = 1;
        }
        return { rows: x.rows, columns: classes, values };
      },
    };
  },
};
