// Public names of core-wasm: the kernel core (CPU kernels, threads) and the spike core (binner, ranking).
export { decodeBase64 } from './base64.ts';
export { SpikeCore, SpikeCoreError } from './spike-core.ts';
export { binFraction, binOfTick, clockOf, exactDecimal, firstTickOfBin } from './spike-fraction.ts';
export type { BinFraction, Rational } from './spike-fraction.ts';
export { Binner } from './spike-binner.ts';
export type { BinLayout, Binned, BinnerCounts, BinnerOptions, TickArray, UnitArray } from './spike-binner.ts';
export { Ranker, rankScores } from './spike-ranking.ts';
export type { LabelRows, RankerOptions, RankingMetrics } from './spike-ranking.ts';
export { BlockHistograms, SCORE_BUCKETS } from './spike-histogram.ts';
export type { BlockHistogramOptions, HistogramMetrics } from './spike-histogram.ts';
