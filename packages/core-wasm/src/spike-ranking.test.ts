// Ranking metrics against scikit-learn's golden values and a quadratic oracle; histograms against the exact metrics.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockHistograms, SCORE_BUCKETS } from './spike-histogram.ts';
import { Ranker, rankScores, type RankingMetrics } from './spike-ranking.ts';

interface GoldenCase extends Omit<RankingMetrics, 'negatives'> {
  readonly name: string;
  readonly scoreBits: readonly number[];
  readonly labels: readonly number[];
}
const golden = JSON.parse(readFileSync(new URL('../test/golden/ranking.json', import.meta.url), 'utf8')) as {
  made: string;
  cases: GoldenCase[];
};

/** From the definitions, comparing every pair and every threshold. */
function oracle(scores: ArrayLike<number>, labels: ArrayLike<number>): RankingMetrics {
  const at = Array.from(scores, (score, i) => ({ score, label: labels[i] }));
  const positives = at.filter((x) => x.label === 1);
  const negatives = at.filter((x) => x.label === 0);
  let wins = 0;
  for (const p of positives) {
    for (const n of negatives) wins += p.score > n.score ? 1 : p.score === n.score ? 0.5 : 0;
  }
  let averagePrecision = 0;
  let maxF1 = -1;
  let maxF1Threshold = NaN;
  let before = 0;
  for (const threshold of [...new Set(at.map((x) => x.score))].sort((a, b) => b - a)) {
    const called = at.filter((x) => x.score >= threshold);
    const hits = called.filter((x) => x.label === 1).length;
    averagePrecision += ((hits - before) / positives.length) * (hits / called.length);
    before = hits;
    const f1 = (2 * hits) / (called.length + positives.length);
    if (f1 > maxF1 + 1e-12) {
      maxF1 = f1;
      maxF1Threshold = threshold;
    }
  }
  const none = positives.length === 0;
  return {
    rocAuc: none || negatives.length === 0 ? NaN : wins / (positives.length * negatives.length),
    averagePrecision: none ? NaN : averagePrecision,
    maxF1: none ? NaN : maxF1,
    maxF1Threshold: none ? NaN : maxF1Threshold,
    positives: positives.length,
    negatives: negatives.length,
  };
}

/** Equal but for rounding: sums of at most a few hundred terms of size 1 in doubles, 1e-13. */
function expectClose(got: RankingMetrics | null, want: RankingMetrics): void {
  expect(got).not.toBeNull();
  if (got === null) return;
  for (const key of Object.keys(want) as (keyof RankingMetrics)[]) {
    if (Number.isNaN(want[key])) expect([key, got[key]]).toEqual([key, NaN]);
    else expect(Math.abs(got[key] - want[key]), key).toBeLessThan(1e-13);
  }
}

function packRows(labels: Uint8Array, units: number): Uint32Array {
  const row = Math.ceil(units / 32);
  const words = new Uint32Array((labels.length / units) * row);
  labels.forEach((label, i) => {
    const u = i % units;
    if (label === 1) words[Math.floor(i / units) * row + (u >> 5)] |= 1 << (u & 31);
  });
  return words;
}

/** Scores on few levels, so that ties are everywhere, and some exact ends. */
const levels = fc.constantFrom(1, 2, 3, 7, 255, 2 ** 24);
const block = fc
  .record({
    bins: fc.integer({ min: 1, max: 40 }),
    units: fc.constantFrom(1, 2, 5, 31, 32, 33, 70),
    levels,
    density: fc.constantFrom(0, 0.03, 0.5, 1),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  })
  .map(({ bins, units, levels: steps, density, seed }) => {
    let state = seed;
    const draw = (): number => {
      state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff;
      return state / 0x7fffffff;
    };
    const n = bins * units;
    return {
      bins,
      units,
      scores: Float32Array.from({ length: n }, () => Math.round(draw() * steps) / steps),
      labels: Uint8Array.from({ length: n }, () => (draw() < density ? 1 : 0)),
    };
  });
const column = (values: Float32Array | Uint8Array, units: number, unit: number): number[] =>
  Array.from(values).filter((_, i) => i % units === unit);

describe('ranking metrics', () => {
  it.each(golden.cases.map((one) => [one.name, one] as const))(
    `agree with scikit-learn: %s`,
    (_, { scoreBits, labels, ...want }) => {
      const scores = new Float32Array(Uint32Array.from(scoreBits).buffer);
      const got = rankScores(scores, Uint8Array.from(labels));
      // scikit-learn integrates the ROC curve by trapezoids: its own rounding is below 1e-12 here.
      expect(Math.abs(got.rocAuc - want.rocAuc)).toBeLessThan(1e-12);
      expect(Math.abs(got.averagePrecision - want.averagePrecision)).toBeLessThan(1e-12);
      expect(Math.abs(got.maxF1 - want.maxF1)).toBeLessThan(1e-12);
      expect(got.maxF1Threshold).toBe(want.maxF1Threshold);
      expect(got.positives).toBe(want.positives);
      expect(got.negatives).toBe(labels.length - want.positives);
    },
  );

  it('agree with the quadratic oracle, pooled and per unit, packed and in bytes', () => {
    fc.assert(
      fc.property(block, fc.boolean(), ({ bins, units, scores, labels }, packed) => {
        const ranker = new Ranker({ units, bins });
        ranker.add(scores, packed ? packRows(labels, units) : labels);
        ranker.perUnit().forEach((got, u) => {
          expectClose(got, oracle(column(scores, units, u), column(labels, units, u)));
        });
        expectClose(ranker.pooled(), oracle(scores, labels));
      }),
      { numRuns: 60 },
    );
  });

  it('count masked units for nothing', () => {
    fc.assert(
      fc.property(block, fc.integer(), ({ bins, units, scores, labels }, pattern) => {
        const kept = (i: number): boolean => ((pattern >>> ((i % units) % 32)) & 1) === 1;
        const unitMask = new Uint32Array(Math.ceil(units / 32)).fill(pattern);
        const ranker = new Ranker({ units, bins, unitMask });
        ranker.add(scores, packRows(labels, units));
        ranker.perUnit().forEach((got, u) => {
          if (!kept(u)) expect(got).toBeNull();
          else expectClose(got, oracle(column(scores, units, u), column(labels, units, u)));
        });
        expectClose(
          ranker.pooled(),
          oracle(
            scores.filter((_, i) => kept(i)),
            labels.filter((_, i) => kept(i)),
          ),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('do not depend on how rows are cut into blocks, nor on rows announced and never sent', () => {
    fc.assert(
      fc.property(block, fc.integer({ min: 0, max: 40 }), ({ bins, units, scores, labels }, cut) => {
        const at = Math.min(cut, bins) * units;
        const ranker = new Ranker({ units, bins: bins + 7 });
        ranker.add(scores.subarray(0, at), labels.subarray(0, at));
        ranker.add(scores.subarray(at), labels.subarray(at));
        expectClose(ranker.perUnit()[0], oracle(column(scores, units, 0), column(labels, units, 0)));
        expectClose(ranker.pooled(), oracle(scores, labels));
      }),
      { numRuns: 40 },
    );
  });

  it('take more rows than are staged at a time', () => {
    // 128 units: 512 rows a stage. Scores rise with the row, labels are the last rows: everything is ranked right.
    const bins = 1500;
    const scores = Float32Array.from({ length: bins * 128 }, (_, i) => Math.floor(i / 128) / bins);
    const labels = Uint8Array.from(scores, (_, i) => (i >= 1000 * 128 ? 1 : 0));
    const ranker = new Ranker({ units: 128, bins });
    ranker.add(scores, packRows(labels, 128));
    const got = ranker.pooled();
    expect([got.rocAuc, got.averagePrecision, got.maxF1, got.positives]).toEqual([1, 1, 1, 500 * 128]);
    expect(got.maxF1Threshold).toBe(Math.fround(1000 / bins));
  });

  it('take -0 for 0', () => {
    expect(rankScores(Float32Array.of(-0, 0), Uint8Array.of(0, 1)).rocAuc).toBe(0.5);
  });

  const rank = (scores: number[], labels: number[]) => () =>
    rankScores(Float32Array.from(scores), Uint8Array.from(labels));
  const spent = (): Ranker => {
    const ranker = new Ranker({ units: 1, bins: 4 });
    ranker.add(Float32Array.of(0.5), Uint8Array.of(1));
    ranker.pooled();
    return ranker;
  };
  it.each([
    ['NaN', rank([NaN], [1]), 'E_RANK_SCORE'],
    ['-NaN', rank([-NaN], [1]), 'E_RANK_SCORE'],
    ['a negative score', rank([-0.1], [1]), 'E_RANK_SCORE'],
    ['a score above 1', rank([1.0000001], [1]), 'E_RANK_SCORE'],
    ['infinity', rank([Infinity], [1]), 'E_RANK_SCORE'],
    ['fewer labels than scores', rank([0.1, 0.2], [1]), 'E_RANK_SHAPE'],
    [
      'more rows than announced',
      () => new Ranker({ units: 1, bins: 1 }).add(new Float32Array(2), new Uint8Array(2)),
      'E_RANK_SHAPE',
    ],
    ['2^31 scores', () => new Ranker({ units: 2 ** 16, bins: 2 ** 15 }), 'E_RANK_SHAPE'],
    ['rows after pooled()', () => spent().add(new Float32Array(1), new Uint8Array(1)), 'E_RANK_ORDER'],
    ['perUnit() after pooled()', () => spent().perUnit(), 'E_RANK_ORDER'],
  ])('refuse %s', (_, act, code) => {
    expect(act).toThrow(expect.objectContaining({ code }) as Error);
  });
});

describe('block histograms', () => {
  it('count every pair once, in its block', () => {
    fc.assert(
      fc.property(block, fc.integer({ min: 1, max: 15 }), ({ bins, units, scores, labels }, blockBins) => {
        const blocks = Math.ceil(bins / blockBins);
        const histograms = new BlockHistograms({ units, blockBins, blocks });
        const half = (bins >> 1) * units;
        histograms.add(scores.subarray(0, half), labels.subarray(0, half));
        histograms.add(scores.subarray(half), labels.subarray(half));
        for (let b = 0; b < blocks; b++) {
          const counts = histograms.counts(b);
          const [from, to] = [b * blockBins * units, Math.min(bins, (b + 1) * blockBins) * units];
          const ones = labels.subarray(from, to).reduce((a, x) => a + x, 0);
          const odd = counts.filter((_, i) => i % 2 === 1).reduce((a, x) => a + x, 0);
          expect([counts.reduce((a, x) => a + x, 0), odd]).toEqual([to - from, ones]);
          expect(counts).toHaveLength(2 * SCORE_BUCKETS);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('equal the exact metrics where no two different scores share a bucket', () => {
    // 255 levels in [1/2, 1]: buckets there are 1/512 wide.
    fc.assert(
      fc.property(block, ({ bins, units, scores, labels }) => {
        const coarse = scores.map((score) => 0.5 + Math.floor(score * 254) / 512);
        const histograms = new BlockHistograms({ units, blockBins: 3, blocks: Math.ceil(bins / 3) });
        histograms.add(coarse, packRows(labels, units));
        const got = histograms.metrics();
        const want = oracle(coarse, labels);
        expect([got.positives, got.negatives]).toEqual([want.positives, want.negatives]);
        if (Number.isNaN(want.rocAuc)) expect(got.rocAuc).toBeNaN();
        else expect(Math.abs(got.rocAuc - want.rocAuc)).toBeLessThan(1e-12);
        if (Number.isNaN(want.averagePrecision)) expect(got.averagePrecision).toBeNaN();
        else expect(Math.abs(got.averagePrecision - want.averagePrecision)).toBeLessThan(1e-12);
      }),
      { numRuns: 30 },
    );
  });

  it('place the ends of the range in the first and the last bucket', () => {
    const low = 2 ** -20;
    const scores = Float32Array.of(0, low / 2, low, low * (1 + 1 / 256), 0.5, 1 - 2 ** -24, 1);
    const histograms = new BlockHistograms({ units: 1, blockBins: 7, blocks: 1 });
    histograms.add(scores, new Uint8Array(7));
    const counts = [...histograms.counts(0)].flatMap((count, i) => (count > 0 ? [[i / 2, count]] : []));
    const last = SCORE_BUCKETS - 1;
    // 0.5 is one octave of 256 buckets below 1.
    expect(counts).toEqual([
      [0, 3],
      [1, 1],
      [last - 256, 1],
      [last - 1, 1],
      [last, 1],
    ]);
  });

  it('weigh blocks as a bootstrap draws them, and leave masked units out', () => {
    const scores = Float32Array.of(0.1, 0.9, 0.2, 0.9, 0.8, 0.9, 0.3, 0.9);
    const labels = Uint8Array.of(0, 1, 1, 1, 1, 1, 0, 1);
    // Unit 0 alone, four rows, two blocks; the second block twice, the first never.
    const histograms = new BlockHistograms({
      units: 2,
      unitMask: Uint32Array.of(1),
      blockBins: 2,
      blocks: 2,
    });
    histograms.add(scores, labels);
    expect(histograms.metrics([0, 2])).toMatchObject({ positives: 2, negatives: 2, rocAuc: 1 });
    expect(histograms.metrics([1, 1])).toMatchObject({ positives: 2, negatives: 2, rocAuc: 0.75 });
  });

  it('stay within 0.2 % of the exact metrics on continuous small probabilities', () => {
    const n = 20_000;
    let state = 1;
    const draw = (): number => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff) / 0x7fffffff;
    const labels = Uint8Array.from({ length: n }, () => (draw() < 0.02 ? 1 : 0));
    const scores = Float32Array.from(labels, (label) => (0.001 + 0.05 * draw() ** 3) * (1 + label * draw()));
    const histograms = new BlockHistograms({ units: 1, blockBins: 1000, blocks: 20 });
    histograms.add(scores, labels);
    const exact = rankScores(scores, labels);
    // A bucket spans 1 / 256 of its score: a shift of that size in the scores moves neither metric by more.
    expect(Math.abs(histograms.metrics().rocAuc - exact.rocAuc)).toBeLessThan(0.002);
    expect(Math.abs(histograms.metrics().averagePrecision - exact.averagePrecision)).toBeLessThan(0.002);
  });

  it.each([
    ['NaN', Float32Array.of(NaN), 'E_RANK_SCORE'],
    ['too many rows', new Float32Array(9), 'E_RANK_SHAPE'],
  ])('refuse %s', (_, scores, code) => {
    const histograms = new BlockHistograms({ units: 1, blockBins: 4, blocks: 2 });
    expect(() => histograms.add(scores, new Uint8Array(scores.length))).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });
});
