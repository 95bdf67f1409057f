// Plan: the exact p against scipy where ranks are distinct, against all sign choices one by one where they tie, and the edges.
import { describe, expect, it } from 'vitest';
import { signedRank } from './signed-rank.ts';

/** p by trying every choice of signs on the mean ranks, as the definition says. */
function byEnumeration(differences: readonly number[]): number {
  const kept = differences.filter((value) => value !== 0);
  const ranks = kept.map((value) => {
    const below = kept.filter((other) => Math.abs(other) < Math.abs(value)).length;
    const equal = kept.filter((other) => Math.abs(other) === Math.abs(value)).length;
    return below + (equal + 1) / 2;
  });
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const sumOf = (signs: number) => ranks.reduce((sum, rank, i) => sum + ((signs >> i) & 1 ? rank : 0), 0);
  const seen = sumOf(kept.reduce((signs, value, i) => signs | (value > 0 ? 1 << i : 0), 0));
  const tail = Math.min(seen, total - seen);
  let within = 0;
  for (let signs = 0; signs < 1 << kept.length; signs += 1) if (sumOf(signs) <= tail) within += 1;
  return Math.min(1, (2 * within) / 2 ** kept.length);
}

describe('signedRank', () => {
  // scipy.stats.wilcoxon([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75], method='exact') (Darwin's plants, scipy 1.17.1)
  it('agrees with scipy on differences of distinct sizes', () => {
    const darwin = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75];
    const { n, positive, p } = signedRank(darwin);
    expect(n).toBe(15);
    expect(positive).toBe(96);
    expect(p).toBeCloseTo(0.041259765625, 14);
  });

  it.each([
    [[0.5, -0.5, 1, 1, 1, -2, 3, 0]],
    [[1, 1, 1, 1]],
    [[-0.1, -0.2, -0.2, 0.2, -0.7, 4, -4, -4]],
    [[0.3]],
  ])('gives ties their mean rank and leaves zeros out: %j', (differences) => {
    const { n, p } = signedRank(differences);
    expect(n).toBe(differences.filter((value) => value !== 0).length);
    expect(p).toBeCloseTo(byEnumeration(differences), 14);
  });

  it('says the same whichever side is subtracted, and that one large cell does not decide', () => {
    const differences = [-12.5, 0.01, 0.02, 0.03, 0.04, 0.05];
    expect(signedRank(differences).p).toBe(signedRank(differences.map((value) => -value)).p);
    // Its rank is 6 of 21, whatever its size: 2 * 14 of 64 choices reach that far.
    expect(signedRank(differences).p).toBeCloseTo((2 * 14) / 64, 14);
  });

  it('has no p without a difference', () => {
    expect(signedRank([])).toEqual({ n: 0, positive: 0, p: null });
    expect(signedRank([0, 0, Number.NaN])).toEqual({ n: 0, positive: 0, p: null });
  });

  it('stays exact for hundreds of cells', () => {
    // All of one sign: the two most extreme of 2^144 choices.
    expect(signedRank(Array.from({ length: 144 }, (_, i) => i + 1)).p).toBe(2 * 2 ** -144);
  });
});
