// Public names of training: the loop, its checkpoints and run folder, and the trained net as a predictor.
export { BoundPlan, allUnits, bankFor } from './bound-plan.ts';
export type { BoundPlanOptions, PlanShape } from './bound-plan.ts';
export { checkpointFolder, readState, weightsOf } from './checkpoint.ts';
export type { Checkpoint, CheckpointParameter, TrainingState } from './checkpoint.ts';
export { systemClock } from './clock.ts';
export type { HostClock } from './clock.ts';
export { ownRates } from './rates.ts';
export {
  CONFIG_FILE,
  ENVIRONMENT_FILE,
  EVALUATION_FILE,
  EVENTS_FILE,
  METRICS_FILE,
  RunFolder,
} from './run-folder.ts';
export type { NewRun } from './run-folder.ts';
export { learningRateAt } from './schedule.ts';
export { netOfConfig } from './learner.ts';
export { ModelPredictor, modelPredictorFactory } from './model-predictor.ts';
export type { ModelPredictorOptions } from './model-predictor.ts';
export { readText, writeText } from './store.ts';
export type { RunStore } from './store.ts';
export { AGE_LIMIT, TRACE_FLOOR } from './history-state.ts';
export type { HistoryShape } from './history-state.ts';
export type { OpenTask, TrainingTask } from './task.ts';
export { TraceBank } from './trace-bank.ts';
export { Trainer } from './trainer.ts';
export type {
  TrainerOptions,
  TrainingData,
  TrainingProgress,
  TrainingResult,
  TrainingStatus,
} from './trainer-types.ts';
export { scoringWindows } from './validation.ts';
export type { ValidationScore } from './validation.ts';
export { WindowSampler } from './windows.ts';
