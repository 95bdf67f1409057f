export { evaluationTable } from './evaluation-table.ts';
