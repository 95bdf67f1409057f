// Features of a cell from its sweeps.
export { extractCell } from './extract-cell.ts';
export { extractSweeps, type ExtractedSweeps } from './extract-sweeps.ts';
export { FEATURES, featureIndex, type FeatureDefinition, type ScalarTable } from './feature-list.ts';
export {
  FAMILIES,
  FAMILY_LENGTH,
  familyMask,
  type CellFeatures,
  type FamilyDefinition,
  type FamilyName,
  type FamilyRejection,
  type Spike,
  type SweepSpikes,
} from './types.ts';
export { extractedNpz, extractedParquet, scalarColumn, type ExtractedCell } from './extracted-files.ts';
