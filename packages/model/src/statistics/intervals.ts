// Inter-spike intervals: their distribution, and how irregular they are, over all of a train (CV) and from one to the next
// (CV2, LV). ISI shuffle keeps the distribution and CV by construction; order is what CV2 and LV see.
import { quantile } from '../evaluation/metrics/summaries.ts';
import { weightedSum } from '../evaluation/metrics/block-scores.ts';
import { medianDifference } from './distances.ts';
import { once, type Distance, type Family, type StatisticRow } from './family.ts';
import {
  blockSample,
  distributionOf,
  logHistogram,
  logWasserstein,
  weightedQuantile,
  type BlockSample,
  type Distribution,
} from './samples.ts';
import type { View } from './view.ts';
import { forEachSpike } from './walk.ts';

/** A unit with fewer intervals has no figure: the CV of a handful of intervals is mostly chance. */
export const FEWEST_INTERVALS = 30;

/** Columns of `moments`, for each unit. */
const MOMENTS = ['count', 'sum', 'squares', 'pairs', 'cv2', 'lv'] as const;
const WIDTH = MOMENTS.length;

interface IntervalTables {
  readonly units: number;
  readonly blocks: number;
  readonly binMilliseconds: number;
  /** (blocks, units, moments) */
  readonly moments: Float64Array;
  /** (units) intervals in bins. */
  readonly perUnit: readonly BlockSample[];
  /** Of all units together. */
  readonly pooled: BlockSample;
}

export interface IntervalSummary {
  readonly binMilliseconds: number;
  /** (units) number of intervals. */
  readonly counts: Float64Array;
  /** (units) SD over mean of the intervals; NaN below FEWEST_INTERVALS, as are the two below. */
  readonly cv: Float64Array;
  /** (units) mean of 2 |I2 - I1| / (I1 + I2) over neighbouring intervals (Holt et al. 1996). */
  readonly cv2: Float64Array;
  /** (units) mean of 3 (I2 - I1)^2 / (I1 + I2)^2 over neighbouring intervals (Shinomoto et al. 2003). */
  readonly lv: Float64Array;
  /** (units) intervals in bins. */
  readonly perUnit: readonly Distribution[];
  readonly pooled: Distribution;
}

function measure(view: View): IntervalTables {
  const { units, binMilliseconds } = view.raster;
  const { blocks } = view.blocks;
  const moments = new Float64Array(blocks * units * WIDTH);
  const lastRow = new Float64Array(units);
  const lastSpan = new Int32Array(units).fill(-1);
  const before = new Float64Array(units);
  const values = Array.from({ length: units }, (): number[] => []);
  const places = Array.from({ length: units }, (): number[] => []);
  const pooled: number[] = [];
  const pooledPlaces: number[] = [];
  forEachSpike(view, (unit, row, block, span) => {
    if (lastSpan[unit] === span) {
      const interval = row - lastRow[unit];
      const at = (block * units + unit) * WIDTH;
      moments[at]++;
      moments[at + 1] += interval;
      moments[at + 2] += interval * interval;
      if (before[unit] > 0) {
        const change = Math.abs(interval - before[unit]) / (interval + before[unit]);
        moments[at + 3]++;
        moments[at + 4] += 2 * change;
        moments[at + 5] += 3 * change * change;
      }
      values[unit].push(interval);
      places[unit].push(block);
      pooled.push(interval);
      pooledPlaces.push(block);
      before[unit] = interval;
    } else before[unit] = 0;
    lastRow[unit] = row;
    lastSpan[unit] = span;
  });
  return {
    units,
    blocks,
    binMilliseconds,
    moments,
    perUnit: values.map((intervals, unit) => blockSample(intervals, places[unit], blocks)),
    pooled: blockSample(pooled, pooledPlaces, blocks),
  };
}

function summarise(tables: IntervalTables, times: ArrayLike<number> = once(tables.blocks)): IntervalSummary {
  const { units } = tables;
  const sums = weightedSum(tables.moments, units * WIDTH, times);
  const each = (figure: (at: number) => number): Float64Array =>
    Float64Array.from({ length: units }, (_, unit) =>
      sums[unit * WIDTH] >= FEWEST_INTERVALS ? figure(unit * WIDTH) : NaN,
    );
  return {
    binMilliseconds: tables.binMilliseconds,
    counts: Float64Array.from({ length: units }, (_, unit) => sums[unit * WIDTH]),
    cv: each((at) => {
      const mean = sums[at + 1] / sums[at];
      return Math.sqrt(Math.max(0, sums[at + 2] / sums[at] - mean * mean)) / mean;
    }),
    cv2: each((at) => sums[at + 4] / sums[at + 3]),
    lv: each((at) => sums[at + 5] / sums[at + 3]),
    perUnit: tables.perUnit.map((sample) => distributionOf(sample, times)),
    pooled: distributionOf(tables.pooled, times),
  };
}

function intervalDistance(a: IntervalSummary, b: IntervalSummary): Distance {
  const distances = a.perUnit.flatMap((own, unit) => {
    const other = b.perUnit[unit];
    return own.total >= FEWEST_INTERVALS && other.total >= FEWEST_INTERVALS
      ? [logWasserstein(own, other)]
      : [];
  });
  return { value: quantile(distances, 0.5), agreement: NaN, n: distances.length };
}

const ROWS: readonly StatisticRow<IntervalSummary>[] = [
  {
    key: 'interval',
    title: 'ISI, median unit',
    unit: 'ms',
    distanceIs: 'median over units of the 1-Wasserstein distance of log10 ISI (decades)',
    keptBy: ['isiShuffle'],
    value: ({ perUnit, binMilliseconds }) =>
      binMilliseconds *
      quantile(
        perUnit
          .filter(({ total }) => total >= FEWEST_INTERVALS)
          .map((distribution) => weightedQuantile(distribution, 0.5)),
        0.5,
      ),
    distance: intervalDistance,
  },
  {
    key: 'intervalPooled',
    title: 'ISI, all units',
    unit: 'ms',
    distanceIs: '1-Wasserstein distance of log10 ISI (decades)',
    keptBy: ['isiShuffle'],
    value: ({ pooled, binMilliseconds }) => binMilliseconds * weightedQuantile(pooled, 0.5),
    distance: (a, b) => ({
      value: logWasserstein(a.pooled, b.pooled),
      agreement: NaN,
      n: a.pooled.total,
    }),
  },
  {
    key: 'cv',
    title: 'CV, median unit',
    unit: '',
    distanceIs: 'median over units of |difference|',
    keptBy: ['isiShuffle'],
    value: ({ cv }) => quantile(cv, 0.5),
    distance: (a, b) => medianDifference(a.cv, b.cv),
  },
  {
    key: 'cv2',
    title: 'CV2, median unit',
    unit: '',
    distanceIs: 'median over units of |difference|',
    keptBy: [],
    value: ({ cv2 }) => quantile(cv2, 0.5),
    distance: (a, b) => medianDifference(a.cv2, b.cv2),
  },
  {
    key: 'lv',
    title: 'LV, median unit',
    unit: '',
    distanceIs: 'median over units of |difference|',
    keptBy: [],
    value: ({ lv }) => quantile(lv, 0.5),
    distance: (a, b) => medianDifference(a.lv, b.lv),
  },
];

export const intervalFamily: Family<null, IntervalTables, IntervalSummary> = {
  parameters: () => null,
  measure,
  summarise,
  rows: () => ROWS,
  curves: ({ pooled, binMilliseconds }) => [
    {
      key: 'interval',
      title: 'Inter-spike intervals of all units',
      x: { title: 'ms', logarithmic: true },
      y: { title: 'share per tenth of a decade', logarithmic: false },
      points: logHistogram(pooled).map(({ x, y }) => ({ x: x * binMilliseconds, y })),
    },
  ],
  perUnit: ({ cv, cv2, lv }) => ({ cv, cv2, lv }),
};
