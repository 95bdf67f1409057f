// The path of penalties of a fit: a grid from its middle to both ends, as far as validation improves.

/** What a penalty is judged by, and where the next one starts from. */
export interface RidgeStep {
  readonly loss: number;
  readonly weights: Float64Array;
}

/** Penalties (on standardised features, against the summed log-likelihood): the first tried, and the factor between neighbours. */
export interface RidgePath {
  readonly start: number;
  readonly factor: number;
  /** Penalties are kept within [smallest, largest]. */
  readonly smallest: number;
  readonly largest: number;
}

/** For fits that hardly depend on it: a few dozen weights, millions of rows. */
export const SHARED_RIDGES: RidgePath = { start: 1e4, factor: 100, smallest: 1e-4, largest: 1e10 } as const;

/**
 * Walks from `start` to weaker penalties, then (where none was better) to stronger ones, each fitted from the one before,
 * until validation worsens: the grid ends beyond the best unless the bounds stop it. `none` is what an infinite penalty gives.
 */
export function walkRidge(
  fit: (ridge: number, warm: Float64Array) => RidgeStep,
  none: RidgeStep,
  { start, factor, smallest, largest }: RidgePath = SHARED_RIDGES,
): RidgeStep & { readonly ridge: number } {
  const first = fit(start, none.weights);
  let best = { ridge: start, ...first };
  for (let ridge = start / factor, warm = first; ridge >= smallest / 1.01; ridge /= factor) {
    const next = fit(ridge, warm.weights);
    if (next.loss < best.loss) best = { ridge, ...next };
    if (next.loss >= warm.loss) break;
    warm = next;
  }
  // Stronger penalties where weaker ones were worse, and where nothing beat an infinite one yet.
  if (best.ridge === start || none.loss <= best.loss)
    for (let ridge = start * factor, warm = first; ridge <= largest * 1.01; ridge *= factor) {
      const next = fit(ridge, warm.weights);
      if (next.loss < best.loss) best = { ridge, ...next };
      if (next.loss >= warm.loss) break;
      warm = next;
    }
  return none.loss <= best.loss ? { ridge: Infinity, ...none } : best;
}
