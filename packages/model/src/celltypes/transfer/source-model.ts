// A model of the source species alone, asked about target cells: as it is, or as further features of them.
import { log } from '../../engine/elementary.ts';
import { kernelRidge } from '../classifiers/kernel-ridge.ts';
import type { KernelRidgeOptions } from '../classifiers/kernel-ridge.ts';
import { perceptrons } from '../classifiers/perceptron.ts';
import { LEAST } from '../classifiers/temperature.ts';
import type { SourceCells } from '../nets/transfer.ts';
import type { Classifier, FittedClassifier, Matrix } from '../tables/types.ts';
import { evenRows, fitAlignment } from './alignment.ts';
import type { Alignment } from './alignment.ts';

/** The source's model is the same for every fold of the target. */
const SEED = 1;
const NETS = { nets: 6, hidden: 32, epochs: 20, batch: 32, learningRate: 5e-3, penalty: 10 };

/** Of the source's rows on its own scale. Probabilities under even classes: how common one is in the source says nothing of the target. */
export function fitSource(own: Matrix, { labels, groups, classes }: SourceCells): FittedClassifier {
  const fitted = perceptrons('source', NETS).fit(own, labels, { classes, groups, seed: SEED });
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label]++;
  return {
    probabilities: (x) => {
      const p = fitted.probabilities(x);
      const values = p.values.map((value, i) => (counts[i % classes] > 0 ? value / counts[i % classes] : 0));
      for (let from = 0; from < values.length; from += classes) {
        const row = values.subarray(from, from + classes);
        const sum = row.reduce((all, value) => all + value, 0);
        row.forEach((value, c) => (row[c] = value / sum));
      }
      return { ...p, values };
    },
  };
}

/** The source's model asked as it is: target cells say where they lie, their labels say nothing. */
export function zeroShot(own: Matrix, sourceModel: () => FittedClassifier): Classifier {
  return {
    name: 'zero-shot',
    fit: (x) => {
      const align = fitAlignment(x, own, 'standardised');
      return { probabilities: (test) => sourceModel().probabilities(align(test)) };
    },
  };
}

/** What the source's model says of a cell is a few more features of it. */
export function stacked(
  own: Matrix,
  sourceModel: () => FittedClassifier,
  alignment: Alignment,
  options: KernelRidgeOptions,
): Classifier {
  const name = `${alignment}, width ${options.width}, ridge ${options.ridge}`;
  return {
    name,
    fit: (x, labels, fit) => {
      const align = fitAlignment(evenRows(x, labels, fit.classes), own, alignment);
      const widened = (rows: Matrix): Matrix =>
        beside(rows, logOdds(sourceModel().probabilities(align(rows))));
      const fitted = kernelRidge(name, options).fit(widened(x), labels, fit);
      return { probabilities: (test) => fitted.probabilities(widened(test)) };
    },
  };
}

/** Logarithms less their mean over classes. */
function logOdds(p: Matrix): Matrix {
  const values = p.values.map((value) => log(Math.max(LEAST, value)));
  for (let from = 0; from < values.length; from += p.columns) {
    const row = values.subarray(from, from + p.columns);
    const mean = row.reduce((sum, value) => sum + value, 0) / p.columns;
    row.forEach((value, c) => (row[c] = value - mean));
  }
  return { ...p, values };
}

function beside(left: Matrix, right: Matrix): Matrix {
  const columns = left.columns + right.columns;
  const values = new Float64Array(left.rows * columns);
  for (let r = 0; r < left.rows; r++) {
    values.set(left.values.subarray(r * left.columns, (r + 1) * left.columns), r * columns);
    values.set(right.values.subarray(r * right.columns, (r + 1) * right.columns), r * columns + left.columns);
  }
  return { rows: left.rows, columns, values };
}
