export { evaluationTable } from './evaluation-table.ts';
export { htmlReport } from './html-report.ts';
export type { ReportInput, ReportRun } from './html-report.ts';
export { statisticsTable } from './statistics-table.ts';
export { statisticsCharts } from './statistics-charts.ts';
export { interpretationText } from './interpretation-text.ts';
export { interpretationCharts } from './interpretation-charts.ts';
export type { Chart } from './drawing.ts';
