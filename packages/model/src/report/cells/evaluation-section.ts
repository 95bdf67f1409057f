// An evaluation of classifiers of cells as a part of the report: models with intervals and floors, what lies between them, classes,
// calibration, and every figure that is drawn as a table too.
import type { Chart } from '../drawing.ts';
import { drawSvg } from '../drawing.ts';
import { chart, escapeHtml, facts, figure, table, withInterval } from '../markup.ts';
import type { CellEvaluationDocument, CellFigures } from './documents.ts';
import {
  apartChart,
  attentionCharts,
  bestModel,
  classChart,
  confusionChart,
  coverageChart,
  modelsChart,
  reliabilityChart,
} from './evaluation-charts.ts';

export interface NamedEvaluation {
  readonly name: string;
  readonly document: CellEvaluationDocument;
}

export async function drawAll(charts: readonly Chart[]): Promise<string> {
  const drawn: string[] = [];
  for (const { title, words, spec } of charts) drawn.push(chart(await drawSvg(spec), title, words));
  return drawn.length < 2 ? drawn.join('') : `<div class="charts">${drawn.join('')}</div>`;
}

/** `index` tells the section of one document from that of another. */
export async function evaluationSection({ name, document }: NamedEvaluation, index: number): Promise<string> {
  const { table: cells, split, folds, repeats, draws, seeds, configHash, species } = document;
  const best = bestModel(document);
  const others = Object.keys(document.models).filter((other) => other !== best);
  const id = `evaluation-${String(index + 1)}`;
  const title = `${name}: ${species}, held-out ${split === 'donor' ? 'donors' : 'cells'}`;
  const rest: string[] = [];
  for (const other of others) rest.push(await modelCharts(document, other));
  return [
    `<section aria-labelledby="${id}"><h2 id="${id}">${escapeHtml(title)}</h2>`,
    facts([
      [
        'cells',
        `${String(cells.cells)} of ${String(cells.donors)} donors, ${String(cells.features)} features`,
      ],
      [
        'classes',
        Object.entries(cells.classes)
          .map(([one, count]) => `${one} ${String(count)}`)
          .join(', '),
      ],
      [
        'folds',
        `${String(folds)} ${split === 'donor' ? 'of whole donors' : 'of cells: donors may stand on both sides'}, ${String(repeats)} repeats`,
      ],
      ['intervals', `${String(draws)} resamples of donors`],
      ['seed', String(seeds.base)],
      ['table', cells.hash.slice(0, 16)],
      ['configuration', configHash],
    ]),
    await drawAll([modelsChart(document)]),
    modelsTable(document, best),
    differencesTable(document),
    await drawAll([classChart(document)]),
    classTable(document, best),
    await drawAll([coverageChart(document)]),
    coverageTable(document, best),
    `<h3>${escapeHtml(best)}</h3>`,
    await modelCharts(document, best),
    others.length === 0
      ? ''
      : `<details><summary>Confusion and reliability of the other models</summary>${others
          .map((other, i) => `<h3>${escapeHtml(other)}</h3>${rest[i]}`)
          .join('')}</details>`,
    await apartPart(document),
    cells.notes.length === 0
      ? ''
      : `<h3>What was found in the table</h3><ul>${cells.notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>`,
    '</section>',
  ].join('\n');
}

const everyone = ({ models, floors }: CellEvaluationDocument): [name: string, figures: CellFigures][] => [
  ...Object.entries(models),
  ...Object.entries(floors).map(([name, one]): [string, CellFigures] => [`floor: ${name}`, one]),
];

function modelsTable(document: CellEvaluationDocument, best: string): string {
  const rows = everyone(document);
  return table({
    caption:
      'Models and floors, the best marked; the ECE of a perfectly calibrated classifier lies below that beside it nine times in ten; SD of macro-F1',
    head: ['model', 'macro-F1', 'accuracy', 'ECE', 'ECE if calibrated, 90 %', 'SD over repeats'],
    rows: rows.map(([name, { macroF1, accuracy, ece, spreadOverRepeats }]) => [
      escapeHtml(name),
      withInterval(macroF1, 3),
      withInterval(accuracy, 3),
      withInterval(ece, 3),
      figure(ece.calibrated90, 3),
      figure(spreadOverRepeats, 4),
    ]),
    marked: rows.findIndex(([name]) => name === best),
  });
}

const differencesTable = ({ differences }: CellEvaluationDocument): string =>
  differences.length === 0
    ? ''
    : table({
        caption: 'Differences on the same resamples of donors',
        head: ['model', 'macro-F1', 'accuracy'],
        rows: differences.map(({ model, against, macroF1, accuracy }) => [
          escapeHtml(`${model} - ${against}`),
          withInterval(macroF1, 4),
          withInterval(accuracy, 4),
        ]),
      });

function classTable(document: CellEvaluationDocument, best: string): string {
  const rows = everyone(document);
  const classes = Object.keys(document.table.classes);
  const values = table({
    caption: 'F1 of each class',
    head: ['model', ...classes],
    rows: rows.map(([name, { perClass }]) => [
      escapeHtml(name),
      ...classes.map((one) => (one in perClass ? withInterval(perClass[one], 3) : '-')),
    ]),
    marked: rows.findIndex(([name]) => name === best),
  });
  return `<details><summary>F1 of each class, every model</summary>${values}</details>`;
}

function coverageTable({ models }: CellEvaluationDocument, best: string): string {
  const rows = Object.entries(models);
  const values = table({
    caption: 'Accuracy of the surest cells',
    head: [
      'model',
      ...models[best].coverage.map(({ coverage }) => `${(100 * coverage).toFixed(0)} % called`),
    ],
    rows: rows.map(([name, { coverage }]) => [
      escapeHtml(name),
      ...coverage.map(({ accuracy }) => withInterval(accuracy, 3)),
    ]),
    marked: rows.findIndex(([name]) => name === best),
  });
  return `<details><summary>The same as a table, every model</summary>${values}</details>`;
}

async function modelCharts(document: CellEvaluationDocument, name: string): Promise<string> {
  const model = document.models[name];
  const classes = Object.keys(model.perClass);
  const counts = table({
    caption: `${name}: cells of each class by what they are called, means over repeats`,
    head: ['class', ...classes],
    rows: model.confusion.map((row, c) => [escapeHtml(classes[c]), ...row.map((cells) => figure(cells, 1))]),
  });
  const bins = table({
    caption: `${name}: reliability; cells of all repeats`,
    head: ['stated probability', 'cells', 'mean stated', 'share right'],
    rows: model.reliability
      .filter(({ cells }) => cells > 0)
      .map(({ low, high, cells, confidence, accuracy }) => [
        `${low.toFixed(2)} - ${high.toFixed(2)}`,
        String(cells),
        figure(confidence, 3),
        figure(accuracy, 3),
      ]),
  });
  const charts = [confusionChart(name, model), reliabilityChart(name, model, document.repeats)];
  return [
    await drawAll(charts),
    `<details><summary>The same as tables</summary>${counts}${bins}</details>`,
    await drawAll(attentionCharts(name, model)),
  ].join('');
}

async function apartPart(document: CellEvaluationDocument): Promise<string> {
  const charts = apartChart(document);
  if (charts.length === 0) return '';
  const rows = Object.entries(document.models).flatMap(([name, { apart = {} }]) =>
    Object.entries(apart).map(([value, { macroF1, accuracy, ece }]) => [
      escapeHtml(`${name}, ${value}`),
      String(macroF1.n),
      withInterval(macroF1, 3),
      withInterval(accuracy, 3),
      withInterval(ece, 3),
    ]),
  );
  return [
    '<h3>Cells apart</h3>',
    '<p>The same out-of-fold calls, counted on these cells alone: nothing was fitted anew.</p>',
    await drawAll(charts),
    table({ caption: 'Cells apart', head: ['model, cells', 'n', 'macro-F1', 'accuracy', 'ECE'], rows }),
  ].join('');
}
