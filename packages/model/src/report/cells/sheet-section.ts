// One cell as a part of the report: the call and why, what it rests on, the spikes that were found, and the feature families.
import type { CellFeatures } from '../../celltypes/features/index.ts';
import type { Rejection } from '../../celltypes/sweeps/index.ts';
import { escapeHtml, facts, figure, rounded, table } from '../markup.ts';
import type { CellPredictionDocument, PredictedCell } from './documents.ts';
import { drawAll } from './evaluation-section.ts';
import { familyCharts, featureChart, probabilityChart, spikesChart } from './sheet-charts.ts';

/** A cell that features were taken of. */
export interface ExtractedSheet {
  readonly file: string;
  readonly cell: string;
  readonly donor?: string;
  readonly species?: string;
  readonly features: CellFeatures;
  /** Sweeps in the file. */
  readonly sweeps: number;
  readonly rejected: readonly Rejection[];
}

/** A cell that was called, features were taken of, or both. */
export interface CellSheet {
  readonly called: { readonly cell: PredictedCell; readonly by: CellPredictionDocument } | null;
  readonly extracted: ExtractedSheet | null;
}

/** Calls with the features of the same cell of the same file, then cells that were not called. */
export function sheetsOf(
  predictions: readonly CellPredictionDocument[],
  extracted: readonly ExtractedSheet[],
): CellSheet[] {
  const keyOf = ({ file, cell }: { readonly file: string; readonly cell: string }) =>
    JSON.stringify([file, cell]);
  const left = new Map(extracted.map((one) => [keyOf(one), one]));
  const called = predictions.flatMap((by) =>
    by.cells.map((cell): CellSheet => ({ called: { cell, by }, extracted: left.get(keyOf(cell)) ?? null })),
  );
  for (const sheet of called) if (sheet.called !== null) left.delete(keyOf(sheet.called.cell));
  return [...called, ...[...left.values()].map((one): CellSheet => ({ called: null, extracted: one }))];
}

const cellOf = ({ called, extracted }: CellSheet): string => called?.cell.cell ?? extracted?.cell ?? '';
const fileOf = ({ called, extracted }: CellSheet): string => called?.cell.file ?? extracted?.file ?? '';
const digits = (value: number | null): string =>
  value === null ? '-' : String(Number(value.toPrecision(3)));
const three = (value: number | null): string => rounded(value, digits(value));

/** Every cell in a row, with a link to its sheet where it has one. */
export function sheetsTable(sheets: readonly CellSheet[], shown: number): string {
  return table({
    caption: 'Cells',
    head: ['cell', 'file', 'call', 'likeliest', 'probability', 'why no call', 'sweeps used', 'spikes found'],
    rows: sheets.map((sheet, i) => {
      const { called, extracted } = sheet;
      const name = escapeHtml(cellOf(sheet));
      const spikes = extracted?.features.sweeps.reduce((sum, one) => sum + one.spikes.length, 0);
      return [
        i < shown ? `<a href="#cell-${String(i + 1)}">${name}</a>` : name,
        escapeHtml(fileOf(sheet)),
        called === null ? '-' : escapeHtml(called.cell.call ?? 'none'),
        called === null ? '-' : escapeHtml(called.cell.likeliest),
        called === null ? '-' : figure(called.cell.probability, 3),
        called === null ? '-' : escapeHtml(called.cell.abstained.map(({ code }) => code).join(', ')),
        extracted === null
          ? '-'
          : `${String(extracted.features.sweeps.length)} of ${String(extracted.sweeps)}`,
        spikes === undefined ? '-' : String(spikes),
      ];
    }),
  });
}

export async function sheetSection(sheet: CellSheet, index: number): Promise<string> {
  const { called, extracted } = sheet;
  const id = `cell-${String(index + 1)}`;
  const donor = called?.cell.donor ?? extracted?.donor;
  return [
    `<section aria-labelledby="${id}"><h3 id="${id}">Cell ${escapeHtml(cellOf(sheet))}</h3>`,
    facts([
      ['file', fileOf(sheet)],
      ...(donor === undefined ? [] : [['donor', donor] as const]),
      ...(called === null
        ? []
        : ([
            ['call', called.cell.call ?? 'none: it abstains'],
            ['likeliest', `${called.cell.likeliest}, ${called.cell.probability.toFixed(3)}`],
            ['features there', `${(100 * called.cell.present).toFixed(0)} %`],
            [
              'distance to the nearest class',
              `${digits(called.cell.distance.value)}, at most ${digits(called.cell.distance.limit)}`,
            ],
            ['model', called.by.model.name],
          ] as const)),
      ...(extracted === null
        ? []
        : [
            [
              'sweeps used',
              `${String(extracted.features.sweeps.length)} of ${String(extracted.sweeps)}`,
            ] as const,
          ]),
    ]),
    called === null ? '' : await callPart(called.cell),
    extracted === null ? '' : await extractedPart(extracted),
    '</section>',
  ].join('\n');
}

async function callPart(cell: PredictedCell): Promise<string> {
  const { abstained, outside, evidence, likeliest } = cell;
  const rests = table({
    caption: `What the call of ${cell.cell} rests on`,
    head: ['feature', 'unit', 'value', `10 % of ${likeliest}`, '50 %', '90 %', 'weight'],
    rows: evidence.map(({ feature, unit, value, ofClasses, weight }) => [
      escapeHtml(feature),
      escapeHtml(unit),
      ...[value, ...(ofClasses[likeliest] ?? [null, null, null])].map(three),
      figure(weight, 3),
    ]),
  });
  return [
    abstained.length === 0
      ? ''
      : `<p>No call, because</p><ul>${abstained.map(({ reason }) => `<li>${escapeHtml(reason)}</li>`).join('')}</ul>`,
    await drawAll([probabilityChart(cell), ...featureChart(cell)]),
    `<details><summary>Every feature, by its weight</summary><p>The weight is how much the log-odds of ${escapeHtml(likeliest)} fall where the feature is taken away.</p>${rests}</details>`,
    outside.length === 0
      ? ''
      : table({
          caption: `Features of ${cell.cell} beyond what any training cell had`,
          head: ['feature', 'value', 'least', 'greatest'],
          rows: outside.map(({ feature, value, low, high }) => [
            escapeHtml(feature),
            ...[value, low, high].map(three),
          ]),
        }),
  ].join('');
}

async function extractedPart({ cell, features, rejected }: ExtractedSheet): Promise<string> {
  const left = [...rejected, ...features.rejected, ...features.absent];
  const families = familyCharts(features);
  return [
    await drawAll(spikesChart(cell, features)),
    families.length === 0
      ? '<p>No feature family could be computed.</p>'
      : `<details><summary>${String(families.length)} feature families</summary>${await drawAll(families)}</details>`,
    left.length + features.notes.length === 0
      ? ''
      : `<details><summary>Left out, and why</summary><ul>${[
          ...left.map(
            ({ sweep, code, reason }) =>
              `${sweep === undefined ? '' : `sweep ${String(sweep)}: `}${code}: ${reason}`,
          ),
          ...features.notes,
        ]
          .map((line) => `<li>${escapeHtml(line)}</li>`)
          .join('')}</ul></details>`,
  ].join('');
}
