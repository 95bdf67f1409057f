// Rows of one fold and the others, and the likeliest class of a row.

/** Index of the largest value, the first of equals. */
export function largest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** Rows of the other folds, and those of `fold`. */
export function partRows(folds: Int32Array, fold: number): readonly [others: number[], held: number[]] {
  const others: number[] = [];
  const held: number[] = [];
  folds.forEach((of, row) => (of === fold ? held : others).push(row));
  return [others, held];
}
