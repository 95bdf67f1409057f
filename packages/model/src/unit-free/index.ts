// Public names of the unit-free room: one net for every unit of every recording.
export { unitFeatureNames } from './unit-features.ts';
export { RowTask, unitFreeNetOf } from './row-task.ts';
export type { RowTaskOptions, UnitFreeSource } from './row-task.ts';
export { UnitFreePredictor, unitFreePredictorFactory } from './unit-free-predictor.ts';
export { UnitFreeRoller } from './unit-free-roller.ts';
export type { UnitFreeRollerOptions } from './unit-free-roller.ts';
export type { UnitFreePredictorOptions } from './unit-free-predictor.ts';
