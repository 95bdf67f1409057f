// Models that call the subclass of a cell.
export { callCell, confidenceFor, judgeCell } from './cell-model.ts';
export type {
  CallOptions,
  CellCall,
  CellJudgement,
  CellModel,
  CoverageStep,
  Evidence,
  ModelCard,
} from './cell-model.ts';
export { decodeCellModel, encodeCellModel } from './cell-model-file.ts';
export { trainCellModel } from './train-cell-model.ts';
export type { CellModelOptions } from './train-cell-model.ts';
export { weighFamilies } from './family-weights.ts';
export type { FamilyWeight } from './family-weights.ts';
export { callsCsv, predictionDocument } from './prediction.ts';
export type { CalledCell } from './prediction.ts';
export { valuesOfCell, valuesOfTable } from './model-values.ts';
