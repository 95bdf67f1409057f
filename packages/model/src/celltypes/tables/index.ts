// Tables of cells: the published ones, the features both species have, and one's own.
export type { Classifier, FeatureTable, FitOptions, FittedClassifier, Matrix } from './types.ts';
export { columnValues, matrixOf, rowOf, takeCells, takeColumns, takeRows } from './matrix.ts';
export {
  HUMAN_CLASSES,
  MOUSE_CLASSES,
  PUBLISHED_FILES,
  readHumanTable,
  readMouseTable,
} from './patch-seq.ts';
export type { TableText } from './patch-seq.ts';
export { SHARED_CLASSES, alignLabels, harmonise, readFeatureMap } from './harmonise.ts';
export type { SharedFeature, Species } from './harmonise.ts';
export { parseColumnMap, readOwnTable } from './own-table.ts';
export type { ColumnMap } from './own-table.ts';
export { namesFeatures, readFeatureCsv, readFeatureNpz, readFeatureParquet } from './feature-files.ts';
export { fitImputation, impute } from './imputation.ts';
export type { Imputation } from './imputation.ts';
export { fitStandardisation, fitStandardisationBy, standardise, standardiseBy } from './standardisation.ts';
export type { Standardisation } from './standardisation.ts';
export { smote } from './smote.ts';
export type { Oversampled } from './smote.ts';
export { fitRankScores, rankScores } from './rank-scores.ts';
export type { RankScores } from './rank-scores.ts';
