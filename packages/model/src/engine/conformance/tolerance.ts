// The tolerance of a case, and the error that is held against it.
import type { ConformanceCase } from './types.ts';

/** Rounding unit of float32. */
export const UNIT = 2 ** -24;

/**
 * A float32 sum of n products of order 1 in any order carries n roundings of partial sums that grow like sqrt(n), so its
 * error relative to the sum's own size sqrt(n) has a standard deviation near UNIT * sqrt(n / 6): 4 sqrt(n) UNIT is about ten
 * of them, more than the largest of 10^5 elements. 32 UNIT more pay for what is not a sum: inputs rounded once, a
 * polynomial exp, log or tanh of a few units, a reciprocal root. A wrong element, a dropped tail, a bf16 product or a
 * 1e-4 exp are 10 to 10^5 times larger.
 */
export function toleranceOf({
  terms,
  amplification,
}: Pick<ConformanceCase, 'terms' | 'amplification'>): number {
  return (32 + 4 * Math.sqrt(terms)) * UNIT * (amplification ?? 1);
}

export interface WorstElement {
  readonly error: number;
  readonly index: number;
}

/**
 * Largest |got - wanted| / max(|wanted|, rms(wanted)): errors are relative, but an element that cancelled to nearly nothing
 * is judged by the size of its neighbours. Against all zeros the error is absolute. NaN where none is wanted is infinite.
 */
export function worstElement(got: ArrayLike<number>, wanted: Float64Array): WorstElement {
  let squares = 0;
  for (const w of wanted) squares += w * w;
  const size = Math.sqrt(squares / wanted.length);
  let worst: WorstElement = { error: got.length === wanted.length ? 0 : Infinity, index: 0 };
  for (let i = 0; i < wanted.length; i++) {
    const scale = Math.max(Math.abs(wanted[i]), size) || 1;
    const error = Math.abs(got[i] - wanted[i]) / scale;
    if (error > worst.error) worst = { error, index: i };
    else if (!Number.isFinite(got[i]) && Number.isFinite(wanted[i])) worst = { error: Infinity, index: i };
  }
  return worst;
}
