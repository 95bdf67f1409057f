// Figures over several recordings or seeds, and corrections where a table is tested.
import { exp } from '../../engine/elementary.ts';

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

/** Adjusted p values that bound the false discovery rate, in the order given (Benjamini and Hochberg 1995). */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((a, b) => p[b] - p[a]);
  const adjusted = new Array<number>(p.length).fill(1);
  let lowest = 1;
  order.forEach((index, place) => {
    lowest = Math.min(lowest, (p.length / (p.length - place)) * p[index]);
    adjusted[index] = lowest;
  });
  return adjusted;
}

/** P(Z > z) of a standard normal, within 7.5e-8 (Abramowitz and Stegun 26.2.17). */
export function normalTail(z: number): number {
  const x = Math.abs(z);
  const t = 1 / (1 + 0.2316419 * x);
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return z >= 0 ? tail : 1 - tail;
}
