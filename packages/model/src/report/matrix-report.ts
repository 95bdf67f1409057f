// matrix.html: the whole table as one document, heat maps drawn, every figure with its unrounded value. Data in, document out.
import type { Json } from '../config/canonical.ts';
import type { MatrixDocument } from '../matrix/matrix-document.ts';
import { refusePrivateText } from '../training/privacy.ts';
import { drawSvg } from './drawing.ts';

import { chart, escapeHtml, facts, figure, table, withInterval } from './markup.ts';
import { groupName, MATRIX_FIGURES, matrixNotes, METRIC_NAMES, pText, squareOf } from './matrix-view.ts';
import type { MatrixFigure } from './matrix-view.ts';
import { squareSpec } from './matrix-square.ts';
import type { HeatField } from './matrix-square.ts';
import { htmlPage } from './page.ts';

/** @throws SpikebridgeError E_RUN_PRIVATE where a text holds an absolute path */
export async function matrixReport(document: MatrixDocument): Promise<string> {
  refusePrivateText(JSON.parse(JSON.stringify(document)) as Json, 'matrix.html');
  const squares: string[] = [];
  for (const loss of document.losses) squares.push(await lossSection(document, loss));
  const title = `Spikebridge matrix${document.name === null ? '' : ` ${document.name}`}`;
  return htmlPage(title, [
    ...matrixNotes(document).map((line) => `<p>${escapeHtml(line)}</p>`),
    facts([
      ['recordings', String(document.recordings.length)],
      ['losses', document.losses.join(', ')],
      ['seeds', document.seeds.join(', ')],
      ['preset', document.preset],
      ...Object.entries({ ...document.set, ...document.evaluation }).map(
        ([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)] as const,
      ),
      ['cells', `${String(document.cells.length)} judged, ${String(document.missing.length)} missing`],
    ]),
    table({
      caption: 'Recordings',
      head: ['name', 'domain', 'fingerprint of the trains', 'of those it is judged on'],
      rows: document.recordings.map(({ name, domain, fingerprint, testFingerprint }) => [
        escapeHtml(name),
        domain,
        fingerprint.slice(0, 16),
        testFingerprint?.slice(0, 16) ?? 'its last part',
      ]),
    }),
    '<h2>Within and across domains</h2>',
    groupTable(document),
    ...squares,
    document.comparisons.length === 0 ? '' : `<h2>Losses</h2>${comparisonTable(document)}`,
    `<h2>Cells</h2><details><summary>Every judged cell</summary>${cellTable(document)}</details>`,
    document.missing.length === 0
      ? ''
      : `<details><summary>Missing cells</summary><ul>${document.missing
          .map((id) => `<li>${escapeHtml(id)}</li>`)
          .join('')}</ul></details>`,
  ]);
}

type Spread = MatrixDocument['groups'][number]['rocAuc'];
const spreadHtml = ({ mean, sd }: Spread, digits: number): string =>
  sd === null ? figure(mean, digits) : `${figure(mean, digits)} ± ${figure(sd, digits)}`;

const groupTable = ({ groups }: MatrixDocument): string =>
  table({
    caption: 'Mean ± SD over pairs of source and target',
    head: [
      'source → target',
      'loss',
      'n',
      'bits/spike',
      'minus best floor',
      'minus plug-in',
      'ROC-AUC',
      'AP',
    ],
    rows: groups.map((group) => [
      escapeHtml(groupName(group)),
      escapeHtml(group.loss),
      String(group.bitsPerSpike.n),
      spreadHtml(group.bitsPerSpike, 3),
      spreadHtml(group.minusBestFloor, 3),
      spreadHtml(group.minusPlugIn, 3),
      spreadHtml(group.rocAuc, 3),
      spreadHtml(group.averagePrecision, 4),
    ]),
  });

async function lossSection(document: MatrixDocument, loss: string): Promise<string> {
  const parts: string[] = [];
  for (const shown of MATRIX_FIGURES) parts.push(await square(document, loss, shown));
  return `<section><h2>Loss ${escapeHtml(loss)}</h2>${parts.join('')}</section>`;
}

async function square(document: MatrixDocument, loss: string, shown: MatrixFigure): Promise<string> {
  const names = document.recordings.map(({ name }) => name);
  const values = squareOf(document, loss, shown);
  const fields: HeatField[] = values.flatMap((row, i) =>
    row.flatMap((value, j) => (value === null ? [] : [{ source: names[i], target: names[j], value }])),
  );
  if (fields.length === 0) return '';
  const caption = `${loss}: ${shown.title}, sources down, targets across`;
  const { middle, reach, digits } = shown;
  const svg = await drawSvg(squareSpec(fields, names, { middle, reach, digits }));
  const alternative = `Heat map of ${shown.title}; the table below it holds the same figures`;
  const rows = values.map((row, i) => [escapeHtml(names[i]), ...row.map((value) => figure(value, digits))]);
  return (
    chart(svg, caption, alternative) +
    `<details><summary>The same as a table</summary>${table({ caption, head: ['source', ...names], rows })}</details>`
  );
}

const comparisonTable = ({ comparisons }: MatrixDocument): string =>
  table({
    caption: "Losses over the pairs that both were judged on, Wilcoxon's signed-rank test",
    head: ['metric', 'difference', 'pairs', 'n', 'higher in', 'mean', 'median', 'p', 'p (Holm)'],
    rows: comparisons.map((row) => [
      METRIC_NAMES[row.metric],
      escapeHtml(`${row.loss} - ${row.against}`),
      escapeHtml(row.cells),
      String(row.n),
      String(row.higher),
      figure(row.meanDifference, 4),
      figure(row.medianDifference, 4),
      pText(row.p),
      pText(row.pHolm),
    ]),
  });

const cellTable = ({ cells }: MatrixDocument): string =>
  table({
    caption: 'Judged cells; square brackets are 95 % intervals over blocks of time',
    head: [
      'source → target',
      'loss',
      'seed',
      'bits/spike',
      'best floor',
      'minus best floor',
      'ROC-AUC',
      'AP',
      'density',
    ],
    rows: cells.map((cell) => [
      escapeHtml(`${cell.source} → ${cell.target}`),
      escapeHtml(cell.loss),
      String(cell.seed),
      withInterval(cell.model.bitsPerSpike, 3),
      `${cell.bestFloor} ${figure(cell.floors[cell.bestFloor] ?? null, 3)}`,
      cell.difference === null ? '-' : withInterval(cell.difference, 3),
      figure(cell.model.rocAuc.value, 3),
      figure(cell.model.averagePrecision.value, 4),
      figure(cell.scored.density, 5),
    ]),
  });
