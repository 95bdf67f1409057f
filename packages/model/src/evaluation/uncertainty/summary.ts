// Figures over several recordings or seeds, and Holm's correction where a table is tested.

export interface Spread {
  readonly mean: number;
  /** Sample standard deviation (n - 1); null of fewer than two. */
  readonly sd: number | null;
  readonly n: number;
}

/** Mean and SD of the finite values. */
export function spread(values: readonly number[]): Spread {
  const finite = values.filter((value) => Number.isFinite(value));
  const n = finite.length;
  if (n === 0) return { mean: NaN, sd: null, n };
  const mean = finite.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, sd: null, n };
  const squares = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (n - 1)), n };
}

/** Holm's step-down adjusted p values, in the order given (Holm 1979). */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((a, b) => p[a] - p[b]);
  const adjusted = new Array<number>(p.length).fill(1);
  let highest = 0;
  order.forEach((index, rank) => {
    highest = Math.max(highest, Math.min(1, (p.length - rank) * p[index]));
    adjusted[index] = highest;
  });
  return adjusted;
}
