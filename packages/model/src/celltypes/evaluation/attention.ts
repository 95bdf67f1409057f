// Attention over families of features, by class: what a classifier that has it looked at in cells it had not seen.
import { rowOf } from '../tables/matrix.ts';
import type { Matrix } from '../tables/types.ts';

/** (classes, families). Rows of `mean` sum to one. */
export interface AttentionFigures {
  readonly families: readonly string[];
  readonly classes: readonly string[];
  /** Over cells of the class, in every repeat. */
  readonly mean: readonly (readonly number[])[];
  /** Standard deviation over folds of every repeat of the mean over a fold's cells of the class; NaN with one such fold. */
  readonly sd: readonly (readonly number[])[];
}

/** `attention` and `folds`: by repeat, of every cell; out of fold. */
export function attentionFigures(
  attention: readonly Matrix[],
  folds: readonly Int32Array[],
  labels: Int32Array,
  classes: readonly string[],
  families: readonly string[],
): AttentionFigures {
  const found = classes.map((_, c) => {
    const cells = [...labels.keys()].filter((cell) => labels[cell] === c);
    const means = (of: readonly number[], repeat: number): number[] =>
      families.map((__, f) => mean(of.map((cell) => rowOf(attention[repeat], cell)[f])));
    const repeats = attention.map((__, repeat) => means(cells, repeat));
    const byFold = folds.flatMap((fold, repeat) =>
      [...new Set(cells.map((cell) => fold[cell]))].map((one) =>
        means(
          cells.filter((cell) => fold[cell] === one),
          repeat,
        ),
      ),
    );
    return {
      mean: families.map((__, f) => mean(repeats.map((of) => of[f]))),
      sd: families.map((__, f) => deviation(byFold.map((of) => of[f]))),
    };
  });
  return { families, classes, mean: found.map((of) => of.mean), sd: found.map((of) => of.sd) };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function deviation(values: readonly number[]): number {
  if (values.length < 2) return NaN;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
