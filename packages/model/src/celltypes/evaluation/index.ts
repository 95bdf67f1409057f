// How classifiers of cells are judged.
export { TABLE_EVALUATION, evaluateTable, runFoldJob } from './evaluate-table.ts';
export type { AttentionFigures } from './attention.ts';
export type {
  Contender,
  FoldJob,
  ModelReport,
  TableEvaluation,
  TableEvaluationOptions,
} from './evaluate-table.ts';
export type { ModelFigures } from './figures.ts';
export { assignFolds } from './folds.ts';
export type { CellSplit } from './folds.ts';
export { accuracyOf, classF1, confusion, macroF1, predictedClasses } from './scores.ts';
export { majorityClass, priorDraw } from './floors.ts';
