// From one species to another: ways of transfer, and what they gain over the target alone.
export { familyMethods } from './family-methods.ts';
export { FAMILY_TRANSFER, TABLE_TRANSFER, tableMethods, transferContenders } from './methods.ts';
export { LEARNING_CURVE, learningCurve } from './learning-curve.ts';
export type {
  CurvePoint,
  LearningCurve,
  LearningCurveOptions,
  TransferContender,
  TransferFigures,
  TransferJob,
} from './learning-curve.ts';
