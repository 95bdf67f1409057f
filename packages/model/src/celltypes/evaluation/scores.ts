// Scores of predicted classes: confusion matrix, accuracy, F1. Everything else is made of the confusion matrix.
import type { Matrix } from '../tables/types.ts';
import { rowOf } from '../tables/matrix.ts';
import { largest } from '../classifiers/rows.ts';

/** The class with the largest probability, row by row. */
export function predictedClasses(p: Matrix): Int32Array {
  return Int32Array.from({ length: p.rows }, (_, row) => largest(rowOf(p, row)));
}

/** (classes, classes): true class by predicted class, weighted rows (1 each without weights). */
export function confusion(
  labels: Int32Array,
  predicted: Int32Array,
  classes: number,
  weights: Float64Array | null = null,
): Float64Array {
  const table = new Float64Array(classes * classes);
  for (let i = 0; i < labels.length; i++) {
    table[labels[i] * classes + predicted[i]] += weights === null ? 1 : weights[i];
  }
  return table;
}

export function accuracyOf(table: Float64Array, classes: number): number {
  let right = 0;
  let all = 0;
  for (let i = 0; i < table.length; i++) {
    all += table[i];
    if (i % (classes + 1) === 0) right += table[i];
  }
  return right / all;
}

/** 2 TP / (2 TP + FP + FN) of each class; 0 for a class that is there or is predicted, and never both; NaN for one that is neither. */
export function classF1(table: Float64Array, classes: number): Float64Array {
  return Float64Array.from({ length: classes }, (_, c) => {
    let sum = 0;
    for (let other = 0; other < classes; other++)
      sum += table[c * classes + other] + table[other * classes + c];
    return (2 * table[c * classes + c]) / sum;
  });
}

/** Mean F1 of the classes that are there or are predicted. */
export function macroF1(table: Float64Array, classes: number): number {
  const scores = classF1(table, classes).filter((value) => !Number.isNaN(value));
  return scores.reduce((sum, value) => sum + value, 0) / scores.length;
}
