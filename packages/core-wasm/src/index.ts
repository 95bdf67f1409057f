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
export { hasRelaxedSimd, hasSharedMemory } from './kernel-build.ts';
export type { KernelBuild } from './kernel-build.ts';
export { KernelCore } from './kernel-core.ts';
export type { KernelOptions, Program } from './kernel-core.ts';
export { logisticRootRows } from './kernel-logistic.ts';
export type {
  LogisticGridCall,
  LogisticGridSums,
  LogisticRowsCall,
  LogisticRowsSums,
} from './kernel-logistic.ts';
export { matMulPartials, matMulRecords } from './kernel-matmul.ts';
export type { MatMulCall, MatMulForm } from './kernel-matmul.ts';
export { KernelMemory, Region } from './kernel-memory.ts';
export { programBytes } from './kernel-program.ts';
export type { KernelRecord } from './kernel-program.ts';
export { packPanels, ringFloats, rowAttentionRecord, rowFloats, rowLinearRecord } from './kernel-row.ts';
export type { RingShape, RowAttentionCall, RowLinearCall } from './kernel-row.ts';
export { nodeThreads, webThreads } from './kernel-threads.ts';
export type { TraceRowsCall } from './kernel-traces.ts';
export { trainStateFloats } from './kernel-train-rows.ts';
export type { ColumnsCall, TrainRowsCall } from './kernel-train-rows.ts';
export type { SpawnThread, ThreadPort } from './kernel-threads.ts';
export * as opcodes from './generated/opcodes.ts';
