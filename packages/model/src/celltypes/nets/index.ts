// Nets over feature families as classifiers of cells, and from one species to another.
export { BILSTM, bilstm, PUBLISHED_VARIANTS } from './bilstm.ts';
export type {
  BilstmConfig,
  FamilyClassifier,
  FamilyLossConfig,
  FittedFamilyNet,
  FamilyMember,
  FamilyPrediction,
} from './bilstm.ts';
export { FAMILY_CLASSIFIERS, familyClassifier } from './family-classifiers.ts';
export type { ClassWeighting } from './class-weights.ts';
export { scalarFamilies } from './families.ts';
export type { FeatureFamily } from './families.ts';
export type { FamilyEncoding } from './family-rows.ts';
export { fineTuningPhases, jointPhases, trainPhases, transferBilstm, withEncoder } from './transfer.ts';
export type { SourceCells, SourceLearning, TransferWay, Warming } from './transfer.ts';
export type { FamilyOptimiser, FamilyPhase, FamilyPhaseResult } from './training.ts';
