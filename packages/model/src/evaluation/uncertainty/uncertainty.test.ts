// Plan: blocks as the protocol says; intervals of a known Bernoulli law cover at their nominal rate; paired differences are
// tighter than the two intervals; Holm and spread against values worked out by hand.
import { describe, expect, it } from 'vitest';
import { logit } from '../floors/unit-glm.ts';
import { BlockScores } from '../metrics/block-scores.ts';
import { IDENTITY } from '../metrics/calibration.ts';
import { RandomStream } from '../../engine/random.ts';
import { planBlocks, resampleBlocks } from './blocks.ts';
import { difference, interval, METRIC_KEYS, replicate } from './bootstrap.ts';
import { benjaminiHochberg, holm, normalTail, spread } from './summary.ts';

describe('planBlocks', () => {
  it('takes 10 s, or a twentieth where that is shorter, and says so', () => {
    const whole = (stop: number): { start: number; stop: number }[] => [{ start: 0, stop }];
    expect(planBlocks(whole(400_000), 1)).toEqual({
      blockBins: 10_000,
      blocks: 40,
      firstRows: Array.from({ length: 40 }, (_, i) => 10_000 * i),
      shortened: false,
      intervals: true,
    });
    const shorter = planBlocks(whole(60_000), 1);
    expect(shorter).toMatchObject({ blockBins: 3000, blocks: 20, shortened: true, intervals: true });
    // 7 bins are left over: no block of their own, which would dress 20 up as 21.
    expect(planBlocks(whole(60_007), 1)).toEqual(shorter);
    expect(planBlocks(whole(12), 1)).toMatchObject({ intervals: false, blocks: 12 });
    expect(planBlocks(whole(400_000), 10).blockBins).toBe(1000);
  });

  it('begins anew with each span and gives a remainder of at least half a block its own', () => {
    const plan = planBlocks(
      [
        { start: 1000, stop: 125_000 },
        { start: 130_000, stop: 257_000 },
      ],
      1,
    );
    // 12 blocks and 4 s, then 12 blocks and 7 s.
    expect(plan.blocks).toBe(25);
    expect(plan.firstRows.slice(10, 14)).toEqual([100_000, 110_000, 124_000, 134_000]);
    expect(plan.firstRows[24]).toBe(244_000);
  });

  it('joins spans shorter than half a block to a neighbour', () => {
    const short = { start: 0, stop: 1000 };
    const long = { start: 2000, stop: 252_000 };
    const end = { start: 300_000, stop: 301_000 };
    const plan = planBlocks([short, long, end], 1);
    expect(plan.firstRows.slice(0, 3)).toEqual([0, 11_000, 21_000]);
    expect(plan.blocks).toBe(25);
    // A thousand spans of 1 s are not one block.
    const many = Array.from({ length: 1000 }, (_, i) => ({ start: 5000 * i, stop: 5000 * i + 1000 }));
    expect(planBlocks(many, 1)).toMatchObject({ blocks: 100, intervals: true });
  });

  it('shortens blocks a little where the ends of spans would leave fewer than 20', () => {
    const spans = [0, 1, 2].map((i) => ({ start: 100_000 * i, stop: 100_000 * i + 20_400 }));
    const plan = planBlocks(spans, 1);
    expect(plan.blocks).toBeGreaterThanOrEqual(20);
    expect(plan).toMatchObject({ shortened: true, intervals: true });
    expect(plan.blockBins).toBeGreaterThan(2500);
  });
});

describe('resampleBlocks', () => {
  it('draws as many blocks as there are, by the seed alone', () => {
    const a = resampleBlocks(30, 50, 4);
    expect(a.every((times) => times.reduce((x, y) => x + y, 0) === 30)).toBe(true);
    expect(resampleBlocks(30, 50, 4)).toEqual(a);
    expect(resampleBlocks(30, 50, 5)).not.toEqual(a);
  });
});

/** One unit whose spikes follow `p`; the predictor says `q`; the null says 0.1. */
function scored(
  seed: number,
  bins: number,
  p: (bin: number) => number,
  q: (bin: number) => number,
): BlockScores {
  const random = new RandomStream(seed, 6);
  const firstRows = Array.from({ length: 40 }, (_, block) => Math.ceil(bins / 40) * block);
  const every = Uint8Array.of(1);
  const blocks = new BlockScores(firstRows, every, every, Float64Array.of(0.1), {
    ...IDENTITY,
    threshold: 0.15,
  });
  const scores = Float32Array.from({ length: bins }, (_, bin) => q(bin));
  const spikes = Float32Array.from({ length: bins }, (_, bin) => (random.uniform() < p(bin) ? 1 : 0));
  blocks.add(scores, spikes, bins);
  return blocks;
}

const wave = (bin: number): number => (bin % 2 === 0 ? 0.05 : 0.15);

describe('bootstrap', () => {
  it('covers the analytic bits/spike of an oracle about 95 times in 100', () => {
    let nats = 0;
    for (const p of [0.05, 0.15]) nats += p * Math.log(p / 0.1) + (1 - p) * Math.log((1 - p) / 0.9);
    const truth = nats / (0.2 * Math.LN2);
    let covered = 0;
    for (let seed = 0; seed < 40; seed++) {
      const replicates = replicate(scored(seed, 4000, wave, wave), resampleBlocks(40, 60, seed));
      const { bitsPerSpike: point } = replicates.whole;
      const span = interval(point, point, replicates.values.bitsPerSpike);
      if (span !== null && span.low <= truth && truth <= span.high) covered++;
    }
    // Binomial (40, about 0.92 for 40 blocks and 60 replicates): SD 1.7, four of them below.
    expect(covered).toBeGreaterThan(30);
  });

  it('has every metric in every replicate, with its own spread', () => {
    const replicates = replicate(scored(1, 20_000, wave, wave), resampleBlocks(40, 60, 2));
    for (const key of METRIC_KEYS) {
      const values = Array.from(replicates.values[key]);
      expect(
        values.every((x) => Number.isFinite(x)),
        key,
      ).toBe(true);
      expect(Math.max(...values) - Math.min(...values), key).toBeGreaterThan(0);
      expect(Math.min(...values), key).toBeLessThanOrEqual(replicates.whole[key] + 0.01);
    }
    expect(replicates.whole.rocAuc).toBeGreaterThan(0.6);
    expect(replicates.whole.rocAucPerUnit).toBeCloseTo(replicates.whole.rocAuc, 6);
  });

  it('pairs differences on the same blocks', () => {
    const resamples = resampleBlocks(40, 300, 3);
    const good = replicate(scored(7, 20_000, wave, wave), resamples);
    const flat = replicate(
      scored(7, 20_000, wave, (bin) => 0.1 + 0.8 * (wave(bin) - 0.1)),
      resamples,
    );
    const a = { point: good.whole.bitsPerSpike, replicates: good };
    const b = { point: flat.whole.bitsPerSpike, replicates: flat };
    const d = difference(a, b, 'bitsPerSpike', 40, true);
    const own = interval(a.point, a.point, good.values.bitsPerSpike);
    expect(d.value).toBeCloseTo(a.point - b.point, 12);
    expect((d.high ?? 0) - (d.low ?? 0)).toBeLessThan(0.6 * ((own?.high ?? 0) - (own?.low ?? 0)));
    expect(difference(a, a, 'bitsPerSpike', 40, true)).toMatchObject({ value: 0, low: 0, high: 0 });
    expect(difference(a, b, 'bitsPerSpike', 12, false)).toMatchObject({
      low: null,
      high: null,
      p: null,
      n: 12,
    });
    const worse = replicate(
      scored(7, 20_000, wave, () => 0.3),
      resamples,
    );
    const far = difference(
      a,
      { point: worse.whole.bitsPerSpike, replicates: worse },
      'bitsPerSpike',
      40,
      true,
    );
    expect(far.low).toBeGreaterThan(0);
    expect(far.p).toBeCloseTo(2 / 301, 10);
  });

  it('moves an interval of a histogram onto the exact point', () => {
    expect(interval(1, 0.9, Float64Array.of(0.8, 0.9, 1))).toEqual({
      low: expect.closeTo(0.905, 9) as number,
      high: expect.closeTo(1.095, 9) as number,
    });
    expect(interval(NaN, 1, Float64Array.of(1))).toBeNull();
    expect(logit(0.5)).toBe(0);
  });
});

describe('holm', () => {
  it('steps down and never falls (Holm 1979, worked by hand)', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

describe('benjaminiHochberg', () => {
  it('steps up and never rises (worked by hand)', () => {
    const found = benjaminiHochberg([0.01, 0.04, 0.03, 0.005]);
    [0.02, 0.04, 0.04, 0.02].forEach((want, i) => expect(found[i]).toBeCloseTo(want, 12));
    expect(benjaminiHochberg([0.9, 0.8])).toEqual([0.9, 0.9]);
    expect(benjaminiHochberg([])).toEqual([]);
  });
});

describe('normalTail', () => {
  // scipy.stats.norm.sf
  it.each([
    [0, 0.5],
    [1, 0.15865525393145707],
    [1.959964, 0.024999999099644],
    [-1, 0.8413447460685429],
    [4, 3.167124183311986e-5],
  ])('of %d', (z, want) => {
    expect(Math.abs(normalTail(z) - want)).toBeLessThan(7.5e-8);
  });
});

describe('spread', () => {
  it('is mean, sample SD and n of the finite values', () => {
    expect(spread([1, 2, 3, NaN])).toEqual({ mean: 2, sd: 1, n: 3 });
    expect(spread([4])).toEqual({ mean: 4, sd: null, n: 1 });
    expect(spread([]).n).toBe(0);
  });
});
