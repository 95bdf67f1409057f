// The report of cell types as one HTML document: how classifiers were judged, cells on a plane, and a sheet a cell. Data in, document
// out; it loads nothing, runs nothing, and the same data give the same bytes.
import type { CellEmbedding } from '../../celltypes/embedding/index.ts';
import type { Json } from '../../config/canonical.ts';
import { refusePrivateText } from '../../training/privacy.ts';
import { escapeHtml } from '../markup.ts';
import { htmlPage } from '../page.ts';
import type { CellPredictionDocument } from './documents.ts';
import { embeddingCharts } from './embedding-chart.ts';
import { drawAll, evaluationSection } from './evaluation-section.ts';
import type { NamedEvaluation } from './evaluation-section.ts';
import { sheetSection, sheetsOf, sheetsTable } from './sheet-section.ts';
import type { ExtractedSheet } from './sheet-section.ts';
import { transferSection } from './transfer-section.ts';
import type { NamedTransfer } from './transfer-section.ts';

export interface CellReportInput {
  readonly title: string;
  readonly evaluations: readonly NamedEvaluation[];
  readonly transfers: readonly NamedTransfer[];
  readonly predictions: readonly CellPredictionDocument[];
  readonly extracted: readonly ExtractedSheet[];
  readonly embedding: CellEmbedding | null;
}

/** Cells that get a sheet: a report of thousands could not be opened. */
export const MOST_SHEETS = 100;

/** @throws SpikebridgeError E_RUN_PRIVATE where a text holds an absolute path */
export async function cellReport(input: CellReportInput): Promise<string> {
  refusePrivateText(textsOf(input), 'report.html');
  const parts: string[] = [];
  for (const [index, one] of input.evaluations.entries()) parts.push(await evaluationSection(one, index));
  for (const [index, one] of input.transfers.entries()) parts.push(await transferSection(one, index));
  if (input.embedding !== null) parts.push(await embeddingSection(input.embedding));
  parts.push(await sheetsPart(input));
  return htmlPage(input.title, [
    '<p>Square brackets are 95 % intervals over donors. Each figure keeps its unrounded value in the document. Every chart has its ' +
      'figures in words or as a table beside it.</p>',
    ...parts,
  ]);
}

/** All but the numbers: arrays of them would take long to look through, and say nothing. */
const textsOf = (input: CellReportInput): Json =>
  JSON.parse(
    JSON.stringify(input, (_, value: unknown) =>
      typeof value === 'number' || ArrayBuffer.isView(value) ? null : value,
    ),
  ) as Json;

async function embeddingSection(embedding: CellEmbedding): Promise<string> {
  const { groups, features, neighbours, seed } = embedding;
  const each = groups.length > 1 ? ', each species by itself' : '';
  return [
    '<section aria-labelledby="plane"><h2 id="plane">Cells on a plane</h2>',
    `<p>UMAP of ${String(features)} features, gaps filled with medians and standardised${each}; ${String(neighbours)} neighbours, seed ` +
      `${String(seed)}. Classes were not seen. Neighbours on the plane are alike; distances between far groups, and their sizes, mean little.</p>`,
    await drawAll(embeddingCharts(embedding)),
    '</section>',
  ].join('\n');
}

async function sheetsPart({ predictions, extracted }: CellReportInput): Promise<string> {
  const sheets = sheetsOf(predictions, extracted);
  if (sheets.length === 0) return '';
  const drawn: string[] = [];
  for (const [index, sheet] of sheets.slice(0, MOST_SHEETS).entries())
    drawn.push(await sheetSection(sheet, index));
  const limits = [...new Set(predictions.flatMap(({ model }) => model.limits))];
  return [
    '<h2>Cells</h2>',
    limits.length === 0
      ? ''
      : `<p>Limits of the model:</p><ul>${limits.map((one) => `<li>${escapeHtml(one)}</li>`).join('')}</ul>`,
    sheetsTable(sheets, MOST_SHEETS),
    sheets.length > MOST_SHEETS
      ? `<p>The first ${String(MOST_SHEETS)} of ${String(sheets.length)} cells have a sheet; name fewer for those of others.</p>`
      : '',
    ...drawn,
  ].join('\n');
}
