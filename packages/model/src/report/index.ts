export { evaluationTable } from './evaluation-table.ts';
export { htmlReport } from './html-report.ts';
export type { ReportInput, ReportRun } from './html-report.ts';
