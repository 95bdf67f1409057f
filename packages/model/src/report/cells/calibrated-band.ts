// Where a perfectly calibrated classifier's accuracy in a bin of so many cells would lie: its calls are right with the probability they
// state, so the number of right ones is binomial.

/**
 * Ends of the central `share` of right calls among `cells` that are right with probability `p`, as shares of the cells.
 * Exact: the probabilities are built outwards from the commonest count, so that none of them vanishes first.
 */
export function calibratedBand(p: number, cells: number, share: number): { low: number; high: number } {
  const n = Math.max(1, Math.round(cells));
  if (p <= 0 || p >= 1) return { low: p, high: p };
  const relative = new Float64Array(n + 1);
  const mode = Math.min(n, Math.floor((n + 1) * p));
  relative[mode] = 1;
  for (let k = mode + 1; k <= n; k++) relative[k] = (relative[k - 1] * (n - k + 1) * p) / (k * (1 - p));
  for (let k = mode - 1; k >= 0; k--) relative[k] = (relative[k + 1] * (k + 1) * (1 - p)) / ((n - k) * p);
  const all = relative.reduce((sum, value) => sum + value, 0);
  const tail = ((1 - share) / 2) * all;
  const first = (counts: Iterable<number>): number => {
    let sum = 0;
    for (const k of counts) {
      sum += relative[k];
      // A count belongs to the band where what lies beyond it is less than the tail.
      if (sum > tail) return k / n;
    }
    return p;
  };
  const rising = [...relative.keys()];
  return { low: first(rising), high: first(rising.toReversed()) };
}
