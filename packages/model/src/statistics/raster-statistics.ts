// All statistics of one raster: what a comparison is made of, for looking at a recording by itself.
import type { BinSpan, Raster, UnitInfo } from '../recording/index.ts';
import { avalancheFamily, type AvalancheSummary } from './avalanches.ts';
import { burstFamily, type BurstSummary } from './bursts.ts';
import { classFamily } from './class-populations.ts';
import { coherenceFamily, type CoherenceSummary } from './coherence.ts';
import { correlationFamily, type PairSummary } from './correlations.ts';
import type { Family } from './family.ts';
import { fanoFamily, type FanoSummary } from './fano.ts';
import { intervalFamily, type IntervalSummary } from './intervals.ts';
import { rateFamily, type RateSummary } from './rates.ts';
import { spectrumFamily, type SpectrumSummary } from './spectrum.ts';
import { viewOf, type View } from './view.ts';

/** Statistics over the observed part of the given spans. A figure that too few spikes allow is NaN. */
export interface RasterStatistics {
  readonly bins: number;
  readonly binMilliseconds: number;
  readonly seconds: number;
  readonly rates: RateSummary;
  readonly intervals: IntervalSummary;
  /** One entry a window width. */
  readonly fano: readonly FanoSummary[];
  /** One entry a window width. */
  readonly correlations: readonly PairSummary[];
  readonly spectrum: SpectrumSummary;
  /** One entry a grouping of the units. */
  readonly coherence: readonly CoherenceSummary[];
  readonly bursts: BurstSummary;
  readonly avalanches: AvalancheSummary;
  /** Correlation of summed excitatory and inhibitory counts; NaN without labels. */
  readonly classCorrelation: number;
}

export interface RasterStatisticsOptions {
  /** All observed bins by default. */
  readonly spans?: readonly BinSpan[];
  /** (units) labels, for what is told apart by cell class and layer. */
  readonly units?: readonly UnitInfo[];
  /** The recording that burst levels, avalanche windows and groups are taken from; the raster itself by default. */
  readonly reference?: { readonly raster: Raster; readonly spans?: readonly BinSpan[] };
}

/**
 * The statistics of docs/statistics.md for one raster (bins, units). Pairs of 128 units over 1e6 bins take seconds.
 * Nothing is counted over a gap between spans.
 */
export function rasterStatistics(raster: Raster, options: RasterStatisticsOptions = {}): RasterStatistics {
  const view = viewOf(raster, options.spans);
  const reference =
    options.reference === undefined ? view : viewOf(options.reference.raster, options.reference.spans);
  const units = options.units ?? [];
  const of = <P, M, S>(family: Family<P, M, S>): S => summaryOf(family, view, reference, units);
  return {
    bins: view.rows,
    binMilliseconds: raster.binMilliseconds,
    seconds: view.seconds,
    rates: of(rateFamily),
    intervals: of(intervalFamily),
    fano: of(fanoFamily),
    correlations: of(correlationFamily),
    spectrum: of(spectrumFamily),
    coherence: of(coherenceFamily),
    bursts: of(burstFamily),
    avalanches: of(avalancheFamily),
    classCorrelation: of(classFamily),
  };
}

function summaryOf<P, M, S>(
  family: Family<P, M, S>,
  view: View,
  reference: View,
  units: readonly UnitInfo[],
): S {
  return family.summarise(family.measure(view, family.parameters(reference, units)));
}
