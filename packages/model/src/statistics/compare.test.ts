// A comparison must keep what was kept and lose what was destroyed: the same law drawn again, each surrogate, other rates, other
// rhythms. Lengths are alike, and figures that are undefined stay so.
import { describe, expect, it } from 'vitest';
import { drawRaster } from '../evaluation/testing/synthetic.ts';
import { isiShuffle, poissonSurrogate, type Raster, type UnitInfo } from '../recording/index.ts';
import { SpikebridgeError } from '../errors.ts';
import { compareStatistics } from './compare.ts';
import type { ComparedStatistic, StatisticsComparison } from './comparison.ts';
import { rasterOf } from './testing/rasters.ts';
import { judge, shareKept, type Judged } from './verdict.ts';

const UNITS = 8;
const labels: UnitInfo[] = Array.from({ length: UNITS }, (_, u) => ({
  id: `u${u}`,
  cellClass: u < 5 ? 'exc' : 'inh',
  layer: u % 2 === 0 ? '2' : '5',
}));

/** Units with bursts of their own and events shared by all: 15 bins at five times the rate, every 125 bins (8 Hz). */
const draw = (bins: number, seed: number, gain = 1): Raster =>
  drawRaster(bins, UNITS, seed, (bin, unit, past) => {
    const base = gain * 0.006 * (1 + (unit % 4));
    const own = past(2, unit) + past(3, unit) + past(4, unit) > 0 ? 0.15 : 0;
    return past(1, unit) === 1 ? 0 : Math.min(0.9, (bin % 125 < 15 ? 5 : 1) * base + own);
  });

const real = draw(120_000, 1);
const options = { units: labels, replicates: 60, seed: 3 };
const statistic = (found: StatisticsComparison, key: string): ComparedStatistic => {
  const row = found.statistics.find((each) => each.key === key);
  if (row === undefined) throw new Error(`no statistic ${key}`);
  return row;
};
const verdicts = (found: StatisticsComparison): Record<string, string | null | undefined> =>
  Object.fromEntries(found.statistics.map(({ key, generated }) => [key, generated?.verdict]));

describe('the same law, drawn again', () => {
  const found = compareStatistics({ raster: real }, { raster: draw(70_000, 2) }, options);

  it('keeps what the floors lose and loses nothing', () => {
    const seen = verdicts(found);
    for (const key of ['interval', 'cv', 'correlation20', 'populationEI', 'powerAlpha', 'coherenceClass'])
      expect(['kept', 'partly'], `${key}: ${seen[key]}`).toContain(seen[key]);
    // The order of intervals follows from nothing but their distribution in this law, so that CV2 tells no floor apart.
    expect(seen['cv2']).toBe('undecided');
    const count = (verdict: string): number => Object.values(seen).filter((each) => each === verdict).length;
    expect(count('kept')).toBeGreaterThan(found.statistics.length / 2);
    expect(count('lost')).toBeLessThan(4);
  });

  it('has every statistic complete: distance in its interval, ceiling, floors', () => {
    expect(found.statistics.length).toBe(35);
    expect(new Set(found.statistics.map(({ key }) => key)).size).toBe(35);
    for (const { key, generated, ceiling, floors } of found.statistics) {
      if (generated === null) throw new Error('nothing generated');
      const { distance } = generated;
      expect(distance.value, key).toBeGreaterThanOrEqual(0);
      expect(distance.low, key).toBeLessThanOrEqual(distance.value);
      expect(distance.high, key).toBeGreaterThanOrEqual(distance.value);
      expect(ceiling.low, key).toBeLessThanOrEqual(ceiling.value);
      expect(ceiling.high, key).toBeGreaterThanOrEqual(ceiling.value);
      // Surrogates may have no bursts, and then no duration.
      if (key !== 'burstDuration') expect(floors.poisson.distance.value, key).toBeGreaterThanOrEqual(0);
    }
    expect(statistic(found, 'rate').generated?.distance.agreement).toBeGreaterThan(0.99);
  });

  it('repeats with its seed', () => {
    const short = { raster: draw(20_000, 2) };
    const [a, b, c] = [3, 3, 4].map((seed) =>
      compareStatistics({ raster: real }, short, { ...options, replicates: 5, seed }),
    );
    expect(a).toEqual(b);
    expect(statistic(a, 'cv2').floors.poisson).not.toEqual(statistic(c, 'cv2').floors.poisson);
  });
});

describe('surrogates handed in as if generated', () => {
  it('Poisson keeps rates and nothing that time or company makes', () => {
    const seen = verdicts(
      compareStatistics({ raster: real }, { raster: poissonSurrogate(real, 9) }, options),
    );
    expect(seen['rate']).toBe('kept');
    expect(seen['eiRatio']).toBe('kept');
    for (const key of [
      'interval',
      'cv',
      'lv',
      'fano100',
      'correlation5',
      'correlation20',
      'powerAlpha',
      'burstRate',
    ])
      expect(seen[key], key).toBe('lost');
  });

  it('ISI shuffle keeps intervals and CV, which are judged against Poisson alone, and loses company', () => {
    const found = compareStatistics({ raster: real }, { raster: isiShuffle(real, 9) }, options);
    const seen = verdicts(found);
    for (const key of ['rate', 'interval', 'intervalPooled', 'cv']) expect(seen[key], key).toBe('kept');
    for (const key of ['correlation20', 'correlationEI', 'populationEI', 'spectrum', 'coherenceLayer'])
      expect(seen[key], key).toBe('lost');
    // Its own floor is the half's very intervals.
    expect(statistic(found, 'interval').floors.isiShuffle.distance.value).toBe(0);
    expect(statistic(found, 'cv').floors.isiShuffle.distance.value).toBeCloseTo(0, 12);
    expect(statistic(found, 'interval').keptBy).toEqual(['isiShuffle']);
  });
});

describe('what is wrong on purpose', () => {
  it('other rates are lost, by the logarithm of their ratio', () => {
    const faster = drawRaster(60_000, UNITS, 5, (_, unit) => 0.012 * (1 + (unit % 4)));
    const slower = drawRaster(120_000, UNITS, 6, (_, unit) => 0.006 * (1 + (unit % 4)));
    const { generated } = statistic(
      compareStatistics({ raster: slower }, { raster: faster }, options),
      'rate',
    );
    expect(generated?.verdict).toBe('lost');
    // 720 spikes and more in each of two: a standard error of (2 / 720)^1/2 at most for a unit.
    expect(Math.abs((generated?.distance.value ?? 0) - Math.LN2)).toBeLessThan(0.1);
  });
});

describe('lengths', () => {
  it('are alike: the shortest of half a recording and what was generated', () => {
    const long = compareStatistics(
      { raster: real },
      { raster: draw(70_000, 2) },
      { ...options, replicates: 0 },
    );
    expect([long.bins, long.halves]).toEqual([
      60_000,
      [[{ start: 0, stop: 60_000 }], [{ start: 60_000, stop: 120_000 }]],
    ]);
    const short = compareStatistics(
      { raster: real },
      { raster: draw(25_000, 2) },
      { ...options, replicates: 0 },
    );
    expect([short.bins, short.halves[1], short.generated]).toEqual([
      25_000,
      [{ start: 60_000, stop: 85_000 }],
      [{ start: 0, stop: 25_000 }],
    ]);
    expect(statistic(short, 'rate').ceiling.low).toBeNaN();
    const part = compareStatistics({ raster: real, spans: [{ start: 10, stop: 40_010 }] }, null, {
      ...options,
      replicates: 0,
    });
    expect([part.bins, part.halves[0][0].start, part.generated]).toEqual([20_000, 10, null]);
    expect(part.statistics.every(({ generated }) => generated === null)).toBe(true);
  });

  it('of next to nothing leave figures undefined and give no interval', () => {
    const nothing = rasterOf([[], [4], [1, 2, 3]], 30);
    const found = compareStatistics({ raster: nothing }, { raster: nothing }, { replicates: 20 });
    expect(found.blocks.intervals).toBe(false);
    expect(statistic(found, 'cv').generated).toMatchObject({ value: NaN, verdict: null });
  });

  it('refuses other units, other bins and no bins', () => {
    const code = (act: () => unknown): string => {
      try {
        act();
      } catch (error) {
        if (error instanceof SpikebridgeError) return error.code;
      }
      return 'none';
    };
    expect(code(() => compareStatistics({ raster: real }, { raster: rasterOf([[1]], 90) }))).toBe(
      'E_STATISTICS_UNITS',
    );
    expect(code(() => compareStatistics({ raster: real }, { raster: { ...real, binMilliseconds: 2 } }))).toBe(
      'E_STATISTICS_BINS',
    );
    expect(code(() => compareStatistics({ raster: real, spans: [{ start: 0, stop: 3 }] }, null))).toBe(
      'E_STATISTICS_SHORT',
    );
  });
});

describe('verdicts', () => {
  const base: Judged = {
    value: 1,
    low: 0.8,
    high: 1.2,
    ceiling: 1,
    ceilingHigh: 1.1,
    floors: { poisson: 3, isiShuffle: 2 },
    keptBy: [],
  };
  const alone = (change: Partial<Judged>) => judge([{ ...base, ...change }])[0];

  it.each([
    ['kept', {}],
    ['partly', { ceiling: 0.5, ceilingHigh: 0.6 }],
    ['lost', { ceiling: 0.5, ceilingHigh: 0.6, floors: { poisson: 3, isiShuffle: 1.1 } }],
    ['undecided', { floors: { poisson: 1.1, isiShuffle: 3 } }],
    // Halves that are alike by chance.
    ['kept', { ceiling: 0.1, ceilingHigh: 1.1 }],
    // A floor that keeps the statistic by construction does not count.
    ['kept', { floors: { poisson: 3, isiShuffle: 0 }, keptBy: ['isiShuffle'] }],
    ['kept', { floors: { poisson: 0, isiShuffle: 0 }, keptBy: ['poisson', 'isiShuffle'] }],
    ['lost', { ceiling: 0.5, ceilingHigh: 0.6, keptBy: ['poisson', 'isiShuffle'] }],
    // No surrogate has a burst, so none has a duration.
    ['kept', { floors: { poisson: NaN, isiShuffle: NaN } }],
    [null, { value: NaN }],
    // Without intervals, points: equal to the ceiling and below the floors, then above the ceiling.
    ['kept', { low: NaN, high: NaN, ceilingHigh: NaN }],
    ['partly', { low: NaN, high: NaN, ceiling: 0.99, ceilingHigh: NaN }],
  ] as [string | null, Partial<Judged>][])('%s: %o', (verdict, change) => {
    expect(alone(change).verdict).toBe(verdict);
  });

  it('alone, passes a floor exactly where its interval ends below it', () => {
    expect(alone({ floors: { poisson: 1.2, isiShuffle: 3 } }).pFloor).toBeCloseTo(0.025, 6);
    expect(alone({ floors: { poisson: 1.199, isiShuffle: 3 } }).verdict).toBe('undecided');
    expect(alone({ floors: { poisson: 1.201, isiShuffle: 3 } }).verdict).toBe('kept');
    // 0.2 and 0.15 below and above: a difference of 0.25 ends at 0.
    expect(alone({ ceiling: 0.75, ceilingHigh: 0.9 }).pCeiling).toBeCloseTo(0.025, 6);
  });

  it('among many that show nothing, needs more', () => {
    const close = { ...base, floors: { poisson: 1.25, isiShuffle: 3 } };
    const nothing = { ...base, floors: { poisson: 1, isiShuffle: 3 } };
    const table = judge([close, ...Array.from({ length: 9 }, () => nothing)]);
    expect(judge([close])[0].verdict).toBe('kept');
    expect(table[0].verdict).toBe('undecided');
    expect(table[0].pFloor).toBeCloseTo(10 * judge([close])[0].pFloor, 12);
    // Many that do show something carry one another.
    expect(judge(Array.from({ length: 10 }, () => close))[0].verdict).toBe('kept');
    // A statistic without a floor is no test of one.
    const without = { ...base, keptBy: ['poisson', 'isiShuffle'] as const };
    expect(judge([close, without])[0].pFloor).toBe(judge([close])[0].pFloor);
  });

  it('tells the way from floor to ceiling, where there is one', () => {
    expect(shareKept({ ...base, value: 2 })).toBe(0);
    expect(shareKept(base)).toBe(1);
    expect(shareKept({ ...base, value: 2.5 })).toBe(-0.5);
    expect(shareKept({ ...base, ceiling: 5 })).toBeNaN();
    expect(shareKept({ ...base, ceilingHigh: 2.1 })).toBeNaN();
    expect(shareKept({ ...base, ceilingHigh: NaN })).toBe(1);
  });
});
