// Models that call the subclass of a cell.
export { callCell, confidenceFor } from './cell-model.ts';
export type { CallOptions, CellCall, CellModel, CoverageStep, Evidence, ModelCard } from './cell-model.ts';
export { decodeCellModel, encodeCellModel } from './cell-model-file.ts';
export { trainCellModel } from './train-cell-model.ts';
export type { CellModelOptions } from './train-cell-model.ts';
