// Public names of statistics: of one raster, and of a generated recording beside the real one.
export { rasterStatistics } from './raster-statistics.ts';
export type { RasterStatistics, RasterStatisticsOptions } from './raster-statistics.ts';
export { compareStatistics } from './compare.ts';
export type {
  ComparedCurve,
  ComparedStatistic,
  ComparedUnits,
  ComparisonOptions,
  DistanceEstimate,
  Excerpt,
  StatisticsComparison,
} from './comparison.ts';
export { BANDS } from './bands.ts';
export type { AvalancheSummary } from './avalanches.ts';
export type { BurstSummary } from './bursts.ts';
export type { CoherenceSummary } from './coherence.ts';
export { pairPlace } from './correlations.ts';
export type { PairSummary } from './correlations.ts';
export type { Distance, StatisticCurve, Surrogate } from './family.ts';
export type { FanoSummary } from './fano.ts';
export type { IntervalSummary } from './intervals.ts';
export type { RateSummary } from './rates.ts';
export type { Distribution } from './samples.ts';
export type { SpectrumSummary } from './spectrum.ts';
export type { Verdict } from './verdict.ts';
export { STATISTICS_SCHEMA, statisticsDocument, statisticsDocumentSchema } from './document.ts';
export type { StatisticFigures, StatisticsDocument, StatisticsSubject } from './document.ts';
