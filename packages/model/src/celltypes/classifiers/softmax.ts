// Scores into probabilities.
import { exp } from '../../engine/elementary.ts';

/** Softmax of `scores` times `sharpness`, in place, row by row of `columns`. */
export function softmaxRows(scores: Float64Array, columns: number, sharpness = 1): void {
  for (let from = 0; from < scores.length; from += columns) {
    let high = -Infinity;
    for (let c = from; c < from + columns; c++) high = Math.max(high, scores[c]);
    let sum = 0;
    for (let c = from; c < from + columns; c++) {
      scores[c] = exp(sharpness * (scores[c] - high));
      sum += scores[c];
    }
    for (let c = from; c < from + columns; c++) scores[c] /= sum;
  }
}
