// Public names of the matrix: its manifest, the table of cells, and what judged cells say together.
export { DOMAINS, parseManifest } from './manifest.ts';
export type { Domain, Manifest, ManifestEvaluation, ManifestRecording } from './manifest.ts';
export {
  CELL_KINDS,
  cellNeeds,
  configOfRun,
  floorsOfPair,
  levelOfManifest,
  planMatrix,
  settingsOf,
} from './plan.ts';
export type {
  Fingerprints,
  FloorsCell,
  JudgedCell,
  MatrixCell,
  MatrixJob,
  MatrixPlan,
  TrainedCell,
} from './plan.ts';
export { JUDGED_SCHEMA, judgedCellSchema, MATRIX_SCHEMA, matrixDocumentSchema } from './matrix-document.ts';
export type { MatrixCellScores, MatrixComparison, MatrixDocument, MatrixGroup } from './matrix-document.ts';
export { cellScores, matrixDocument } from './summary.ts';
export type { MatrixInput } from './summary.ts';
export { matrixCsv } from './matrix-csv.ts';
