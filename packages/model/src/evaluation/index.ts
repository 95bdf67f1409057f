// Public names of evaluation: predictors beside the model, the evaluation and its document, the guards.
export type {
  EvaluationSplit,
  FloorFactory,
  FloorPredictor,
  KnowledgeLevel,
  KnownPart,
  Predictor,
  PredictorFactory,
  PredictorKey,
  TargetView,
} from './types.ts';
export { KNOWLEDGE_LEVELS, PREDICTOR_KEYS } from './types.ts';
export { plainHost } from './dense-host.ts';
export type { DenseBlock, DenseHost, LogisticColumnSums, LogisticSums, MatMulForm } from './dense-host.ts';
export { kernelHost } from './kernel-host.ts';
export { availableFloors, fitFloors, FLOOR_KEYS, floorFactory } from './floors/fit.ts';
export type { FitFloorsOptions, FittedFloorKey, FloorKey, FloorProgress, KnownFits } from './floors/fit.ts';
export { floorsFromBytes, floorsToBytes } from './floors/fitted.ts';
export type { FittedFloors, SharedKernelFit, UnitGlm } from './floors/fitted.ts';
export { fitMixture, mixtureFactory } from './mixture.ts';
export type { Mixture, MixtureOptions } from './mixture.ts';
export { latestBins } from './plug-in/known-part.ts';
export { trainingProbabilities } from './floors/rates.ts';
export { excerptOf } from './excerpt.ts';
export { calibrateSource, evaluateRecordings, scoreRecording } from './evaluate.ts';
export type {
  EvaluationOptions,
  EvaluationProgress,
  EvaluationSource,
  EvaluationTarget,
  ScoreSink,
} from './evaluate.ts';
export type { Calibration } from './metrics/calibration.ts';
export type { ScoredEntry } from './pair.ts';
export { scoredEntriesFromText, scoredEntriesToText } from './scored-entries.ts';
export {
  differenceSchema,
  estimateSchema,
  EVALUATION_SCHEMA,
  evaluationDocumentSchema,
  evaluationPairSchema,
  predictorScoresSchema,
} from './document.ts';
export type { EvaluationDocument, EvaluationPair, FreeRunning, PredictorScores } from './document.ts';
export { FEWEST_UNIT_SPIKES } from './metrics/block-scores.ts';
export { METRIC_KEYS } from './uncertainty/bootstrap.ts';
export type { Estimate, MetricKey } from './uncertainty/bootstrap.ts';
export { signedRank } from './uncertainty/signed-rank.ts';
export type { SignedRank } from './uncertainty/signed-rank.ts';
export { holm, spread } from './uncertainty/summary.ts';
export type { Spread } from './uncertainty/summary.ts';
export { EchoPredictor, futurePerturbation, poissonGuard, runGuards, UnshiftedPredictor } from './guards.ts';
export type { FuturePerturbationResult, GuardOptions, GuardReport, PoissonResult } from './guards.ts';
