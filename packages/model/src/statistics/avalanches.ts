// Neuronal avalanches (Beggs and Plenz 2003): runs of windows with a spike of any unit, between two empty windows. A window is
// as long as the mean interval between two successive spikes of the population, of the reference, and at least one bin.
import { weightedSum } from '../evaluation/metrics/block-scores.ts';
import { once, type Family, type StatisticRow } from './family.ts';
import {
  blockSample,
  distributionOf,
  kolmogorovSmirnov,
  survival,
  weightedMean,
  type BlockSample,
  type Distribution,
} from './samples.ts';
import { blockRows, type View } from './view.ts';
import { forEachSpike, forEachWindow } from './walk.ts';

const CURVE_POINTS = 100;

export interface AvalancheWindow {
  readonly bins: number;
}

interface AvalancheTables {
  readonly windowMilliseconds: number;
  readonly seconds: Float64Array;
  /** Spikes of each avalanche. */
  readonly sizes: BlockSample;
  /** Windows of each avalanche. */
  readonly lengths: BlockSample;
}

export interface AvalancheSummary {
  readonly windowMilliseconds: number;
  readonly perSecond: number;
  /** Spikes of an avalanche, those of one unit counted each time. */
  readonly sizes: Distribution;
  /** Windows of an avalanche. */
  readonly lengths: Distribution;
}

function measure(view: View, { bins }: AvalancheWindow): AvalancheTables {
  const sizes: number[] = [];
  const lengths: number[] = [];
  const places: number[] = [];
  // An avalanche that runs into the start or the end of a span is cut, so its size is not known: it is left out.
  let inside = { size: 0, length: 0, block: 0, whole: false };
  let inSpan = -1;
  forEachWindow(view, bins, ({ total, block, span }) => {
    if (span !== inSpan) inside = { size: 0, length: 0, block, whole: false };
    inSpan = span;
    if (total > 0) {
      if (inside.length === 0) inside.block = block;
      inside.length++;
      inside.size += total;
      return;
    }
    if (inside.length > 0 && inside.whole) {
      sizes.push(inside.size);
      lengths.push(inside.length);
      places.push(inside.block);
    }
    inside = { size: 0, length: 0, block, whole: true };
  });
  const { binMilliseconds } = view.raster;
  const { blocks } = view.blocks;
  return {
    windowMilliseconds: bins * binMilliseconds,
    seconds: blockRows(view).map((rows) => (rows * binMilliseconds) / 1000),
    sizes: blockSample(sizes, places, blocks),
    lengths: blockSample(lengths, places, blocks),
  };
}

/** A mean over avalanches, and the distance of their distributions. */
const row = (
  key: string,
  title: string,
  unit: string,
  value: (summary: AvalancheSummary) => number,
  of: (summary: AvalancheSummary) => Distribution,
): StatisticRow<AvalancheSummary> => ({
  key,
  title,
  unit,
  distanceIs: 'Kolmogorov-Smirnov',
  keptBy: [],
  value,
  distance: (a, b) => ({
    value: kolmogorovSmirnov(of(a), of(b)),
    agreement: NaN,
    n: Math.min(of(a).total, of(b).total),
  }),
});

const ROWS: readonly StatisticRow<AvalancheSummary>[] = [
  row(
    'avalancheSize',
    'avalanche size, mean',
    'spikes',
    ({ sizes }) => weightedMean(sizes),
    ({ sizes }) => sizes,
  ),
  row(
    'avalancheDuration',
    'avalanche duration, mean',
    'ms',
    ({ lengths, windowMilliseconds }) => weightedMean(lengths) * windowMilliseconds,
    ({ lengths }) => lengths,
  ),
];

export const avalancheFamily: Family<AvalancheWindow, AvalancheTables, AvalancheSummary> = {
  parameters: (reference) => {
    let spikes = 0;
    forEachSpike(reference, () => spikes++);
    return { bins: Math.max(1, spikes > 0 ? Math.round(reference.rows / spikes) : 1) };
  },
  measure,
  summarise: (tables, times) => {
    const weights = times ?? once(tables.seconds.length);
    const sizes = distributionOf(tables.sizes, weights);
    return {
      windowMilliseconds: tables.windowMilliseconds,
      perSecond: sizes.total / weightedSum(tables.seconds, 1, weights)[0],
      sizes,
      lengths: distributionOf(tables.lengths, weights),
    };
  },
  rows: () => ROWS,
  curves: ({ sizes }) => [
    {
      key: 'avalancheSize',
      title: 'Avalanches of at least a size',
      x: { title: 'spikes', logarithmic: true },
      y: { title: 'share of avalanches', logarithmic: true },
      points: survival(sizes, CURVE_POINTS),
    },
  ],
};
