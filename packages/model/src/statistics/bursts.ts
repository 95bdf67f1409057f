// Population bursts: stretches in which all units together fire more than on average and, somewhere, far more. The two
// levels are those of the reference, so that a surrogate or a generated recording is held against the same bar.
import { log } from '../engine/elementary.ts';
import { weightedSum } from '../evaluation/metrics/block-scores.ts';
import { difference, logRatio } from './distances.ts';
import { once, type Family, type StatisticRow } from './family.ts';
import { windowBins, type View } from './view.ts';
import { forEachWindow } from './walk.ts';

export const BURST_MILLISECONDS = 10;
/** SDs above the mean that a burst's peak reaches (Davidson, Kloosterman and Wilson 2009). */
export const BURST_DEVIATIONS = 3;

export interface BurstLevels {
  /** Bins of a window; 0 where a bin is too long, and then there are no bursts. */
  readonly bins: number;
  /** Spikes of all units in a window: a burst holds more in each of its windows ... */
  readonly mean: number;
  /** ... and at least this many in one. */
  readonly peak: number;
}

/** (blocks) each: what is counted. */
interface BurstTables {
  readonly windowSeconds: number;
  readonly windows: Float64Array;
  readonly spikes: Float64Array;
  readonly bursts: Float64Array;
  readonly burstWindows: Float64Array;
  readonly burstSpikes: Float64Array;
}

export interface BurstSummary {
  readonly bursts: number;
  readonly perMinute: number;
  /** ln of (bursts + 1/2) a minute, so that a recording without bursts has a place. */
  readonly logRate: number;
  /** Mean duration, milliseconds; NaN without bursts. */
  readonly milliseconds: number;
  /** Share of all spikes that fall into bursts. */
  readonly share: number;
}

function levels(view: View): BurstLevels {
  const bins = windowBins(BURST_MILLISECONDS, view.raster);
  let n = 0;
  let sum = 0;
  let squares = 0;
  if (bins > 0)
    forEachWindow(view, bins, ({ total }) => {
      n++;
      sum += total;
      squares += total * total;
    });
  if (n === 0) return { bins: 0, mean: 0, peak: Infinity };
  const mean = sum / n;
  const sd = Math.sqrt(Math.max(0, squares / n - mean * mean));
  // A constant rate has no bursts: its peak is never above its mean.
  return { bins, mean, peak: mean + BURST_DEVIATIONS * sd };
}

function measure(view: View, { bins, mean, peak }: BurstLevels): BurstTables {
  const { blocks } = view.blocks;
  const column = (): Float64Array => new Float64Array(blocks);
  const tables = {
    windowSeconds: (bins * view.raster.binMilliseconds) / 1000,
    windows: column(),
    spikes: column(),
    bursts: column(),
    burstWindows: column(),
    burstSpikes: column(),
  };
  const open = { windows: 0, spikes: 0, highest: 0, block: 0 };
  const close = (): void => {
    if (open.windows > 0 && open.highest >= peak) {
      tables.bursts[open.block]++;
      tables.burstWindows[open.block] += open.windows;
      tables.burstSpikes[open.block] += open.spikes;
    }
    open.windows = 0;
    open.spikes = 0;
    open.highest = 0;
  };
  let inSpan = 0;
  if (bins > 0)
    forEachWindow(view, bins, ({ total, block, span }) => {
      if (span !== inSpan) close();
      inSpan = span;
      tables.windows[block]++;
      tables.spikes[block] += total;
      if (!(total > mean)) {
        close();
        return;
      }
      if (open.windows === 0) open.block = block;
      open.windows++;
      open.spikes += total;
      open.highest = Math.max(open.highest, total);
    });
  close();
  return tables;
}

function summarise(tables: BurstTables, times?: ArrayLike<number>): BurstSummary {
  const sum = (column: Float64Array): number => weightedSum(column, 1, times ?? once(column.length))[0];
  const bursts = sum(tables.bursts);
  const minutes = (sum(tables.windows) * tables.windowSeconds) / 60;
  const spikes = sum(tables.spikes);
  return {
    bursts,
    perMinute: minutes > 0 ? bursts / minutes : NaN,
    logRate: minutes > 0 ? log((bursts + 0.5) / minutes) : NaN,
    milliseconds: bursts > 0 ? (1000 * tables.windowSeconds * sum(tables.burstWindows)) / bursts : NaN,
    share: spikes > 0 ? sum(tables.burstSpikes) / spikes : NaN,
  };
}

const ROWS: readonly StatisticRow<BurstSummary>[] = [
  {
    key: 'burstRate',
    title: 'population bursts',
    unit: '/min',
    distanceIs: '|ln ratio|',
    keptBy: [],
    value: ({ perMinute }) => perMinute,
    distance: (a, b) => difference(a.logRate, b.logRate),
  },
  {
    key: 'burstDuration',
    title: 'burst duration, mean',
    unit: 'ms',
    distanceIs: '|ln ratio|',
    keptBy: [],
    value: ({ milliseconds }) => milliseconds,
    distance: (a, b) => logRatio(a.milliseconds, b.milliseconds),
  },
  {
    key: 'burstShare',
    title: 'spikes in bursts',
    unit: '',
    distanceIs: '|difference|',
    keptBy: [],
    value: ({ share }) => share,
    distance: (a, b) => difference(a.share, b.share),
  },
];

export const burstFamily: Family<BurstLevels, BurstTables, BurstSummary> = {
  parameters: levels,
  measure,
  summarise,
  rows: () => ROWS,
};
