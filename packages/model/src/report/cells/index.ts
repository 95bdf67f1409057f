// Reports of cell types.
export { cellReport, MOST_SHEETS } from './cell-report.ts';
export type { CellReportInput } from './cell-report.ts';
export { cellEvaluationSchema, cellPredictionSchema, cellTransferSchema } from './documents.ts';
export type { CellEvaluationDocument, CellPredictionDocument, CellTransferDocument } from './documents.ts';
export { embeddingCharts } from './embedding-chart.ts';
export {
  apartChart,
  attentionCharts,
  classChart,
  confusionChart,
  coverageChart,
  modelsChart,
  reliabilityChart,
} from './evaluation-charts.ts';
export type { NamedEvaluation } from './evaluation-section.ts';
export { familyWeightChart } from './family-weight-chart.ts';
export { familyCharts, featureChart, probabilityChart, spikesChart } from './sheet-charts.ts';
export type { ExtractedSheet } from './sheet-section.ts';
export { sweepCharts } from './sweep-charts.ts';
export { speciesTransferCharts } from './transfer-section.ts';
export type { NamedTransfer } from './transfer-section.ts';
