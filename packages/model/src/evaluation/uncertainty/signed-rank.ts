// Wilcoxon's signed-rank test with its exact distribution, ties included: what compares two losses over the cells of a matrix,
// where one cell may differ by ten bits and the others by hundredths.

export interface SignedRank {
  /** Differences that are not zero: those that the test ranks. */
  readonly n: number;
  /** Sum of the ranks of the positive differences. */
  readonly positive: number;
  /** Two-sided exact p; null without a difference that is not zero. */
  readonly p: number | null;
}

/**
 * Wilcoxon's signed-rank test of paired differences (Wilcoxon 1945): zeros are left out, equal sizes share their mean rank, and the
 * two-sided p is exact, over all 2^n signs of the very ranks at hand.
 */
export function signedRank(differences: readonly number[]): SignedRank {
  const kept = differences.filter((value) => Number.isFinite(value) && value !== 0);
  const doubled = doubledRanks(kept.map(Math.abs));
  const total = doubled.reduce((sum, rank) => sum + rank, 0);
  const positive = doubled.reduce((sum, rank, i) => sum + (kept[i] > 0 ? rank : 0), 0);
  const tail = Math.min(positive, total - positive);
  const p = kept.length === 0 ? null : Math.min(1, 2 * shareUpTo(doubled, total, tail));
  return { n: kept.length, positive: positive / 2, p };
}

/** Twice the mean rank of each value: whole numbers, also where several are equal. */
function doubledRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to]] === values[order[from]]) to += 1;
    // Places from + 1 to `to` have the mean (from + 1 + to) / 2.
    for (let at = from; at < to; at += 1) ranks[order[at]] = from + 1 + to;
    from = to;
  }
  return ranks;
}

/** The share of all choices of signs whose positive ranks sum to `tail` or less: the distribution is built rank by rank. */
function shareUpTo(doubled: readonly number[], total: number, tail: number): number {
  let shares = new Float64Array(total + 1);
  shares[0] = 1;
  let reach = 0;
  for (const rank of doubled) {
    const next = new Float64Array(total + 1);
    for (let sum = 0; sum <= reach; sum += 1) {
      next[sum] += shares[sum] / 2;
      next[sum + rank] += shares[sum] / 2;
    }
    reach += rank;
    shares = next;
  }
  let share = 0;
  for (let sum = 0; sum <= tail; sum += 1) share += shares[sum];
  return share;
}
