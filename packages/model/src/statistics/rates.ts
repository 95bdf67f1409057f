// Rates: of every unit, of layers, and of excitatory over inhibitory cells. Both surrogates keep them by construction.
import { log } from '../engine/elementary.ts';
import { quantile } from '../evaluation/metrics/summaries.ts';
import { weightedSum } from '../evaluation/metrics/block-scores.ts';
import type { UnitInfo } from '../recording/index.ts';
import { difference, logRatio, logs, meanDifference, medianDifference } from './distances.ts';
import { once, SURROGATES, type Family, type StatisticRow } from './family.ts';
import { classesOf, layersOf, type Classes, type Group } from './groups.ts';
import { blockRows, type View } from './view.ts';
import { forEachSpike } from './walk.ts';

/** (blocks, units) spikes of each unit in each block. */
export function countsPerBlock(view: View): Float64Array {
  const { units } = view.raster;
  const counts = new Float64Array(view.blocks.blocks * units);
  forEachSpike(view, (unit, _, block) => counts[block * units + unit]++);
  return counts;
}

interface RateParameters {
  readonly classes: Classes | null;
  readonly layers: readonly Group[];
}

interface RateTables extends RateParameters {
  readonly units: number;
  readonly binSeconds: number;
  readonly rows: Float64Array;
  readonly counts: Float64Array;
}

export interface RateSummary {
  readonly seconds: number;
  /** (units) spikes; a bin holds at most one of a unit. */
  readonly spikes: Float64Array;
  /** (units) Hz. */
  readonly rates: Float64Array;
  /** (units) ln of (spikes + 1/2) / seconds, so that a silent unit has a place. */
  readonly logRates: Float64Array;
  /** (layers) mean rate of each layer's units, Hz. */
  readonly layerRates: Float64Array;
  /** Mean rate of excitatory over mean rate of inhibitory units; NaN without labels. */
  readonly ratio: number;
}

const mean = (values: ArrayLike<number>, members: readonly number[]): number =>
  members.reduce((sum, unit) => sum + values[unit], 0) / members.length;

const rateRow: StatisticRow<RateSummary> = {
  key: 'rate',
  title: 'rate, median unit',
  unit: 'Hz',
  distanceIs: 'median over units of |ln ratio|',
  keptBy: SURROGATES,
  value: ({ rates }) => quantile(rates, 0.5),
  distance: (a, b) => medianDifference(a.logRates, b.logRates),
};

const populationRow: StatisticRow<RateSummary> = {
  key: 'populationRate',
  title: 'rate, mean unit',
  unit: 'Hz',
  distanceIs: '|ln ratio|',
  keptBy: SURROGATES,
  value: ({ rates }) => rates.reduce((sum, rate) => sum + rate, 0) / rates.length,
  distance: (a, b) => difference(log(total(a) / a.seconds), log(total(b) / b.seconds)),
};

const total = ({ spikes }: RateSummary): number => spikes.reduce((sum, count) => sum + count, 0.5);

const ratioRow: StatisticRow<RateSummary> = {
  key: 'eiRatio',
  title: 'E/I rate ratio',
  unit: '',
  distanceIs: '|ln ratio|',
  keptBy: SURROGATES,
  value: ({ ratio }) => ratio,
  distance: (a, b) => logRatio(a.ratio, b.ratio),
};

const layerRow: StatisticRow<RateSummary> = {
  key: 'layerRate',
  title: 'rate, mean of layers',
  unit: 'Hz',
  distanceIs: 'mean over layers of |ln ratio|',
  keptBy: SURROGATES,
  value: ({ layerRates }) => layerRates.reduce((sum, rate) => sum + rate, 0) / layerRates.length,
  distance: (a, b) => meanDifference(logs(a.layerRates), logs(b.layerRates)),
};

export const rateFamily: Family<RateParameters, RateTables, RateSummary> = {
  parameters: (_: View, units: readonly UnitInfo[]) => ({
    classes: classesOf(units),
    layers: layersOf(units),
  }),
  measure: (view, parameters) => ({
    ...parameters,
    units: view.raster.units,
    binSeconds: view.raster.binMilliseconds / 1000,
    rows: blockRows(view),
    counts: countsPerBlock(view),
  }),
  summarise: (tables, times = once(tables.rows.length)) => {
    const { classes, layers } = tables;
    const seconds = weightedSum(tables.rows, 1, times)[0] * tables.binSeconds;
    const spikes = weightedSum(tables.counts, tables.units, times);
    const rates = spikes.map((count) => count / seconds);
    return {
      seconds,
      spikes,
      rates,
      logRates: spikes.map((count) => log((count + 0.5) / seconds)),
      layerRates: Float64Array.from(layers, (layer) => mean(rates, layer.units)),
      ratio: classes === null ? NaN : mean(rates, classes.excitatory) / mean(rates, classes.inhibitory),
    };
  },
  rows: ({ classes, layers }) => [
    rateRow,
    populationRow,
    ...(classes === null ? [] : [ratioRow]),
    ...(layers.length === 0 ? [] : [layerRow]),
  ],
  perUnit: ({ rates }) => ({ rate: rates }),
};
