// What another species adds where cells of one's own are few, as a part of the report: macro-F1 by share of the training donors, and the
// gain over the target alone with its paired interval.
import type { Chart } from '../drawing.ts';
import { linePlot } from '../line-plot.ts';
import type { Line } from '../line-plot.ts';
import { escapeHtml, facts, figure, table, withInterval } from '../markup.ts';
import { PALETTE, QUIET } from '../palette.ts';
import type { CellTransferDocument } from './documents.ts';
import { STYLES } from './evaluation-charts.ts';
import { drawAll } from './evaluation-section.ts';

export interface NamedTransfer {
  readonly name: string;
  readonly document: CellTransferDocument;
}

const AXIS = { title: 'training donors of the target (%)', logarithmic: true };
const SIZE = { width: 420, height: 240 };
const percent = (fraction: number): number => Number((100 * fraction).toFixed(1));

const namesOf = ({ curve }: CellTransferDocument): string[] => [
  ...new Set(curve.flatMap(({ methods }) => Object.keys(methods))),
];

const styleOf = (i: number) =>
  i === 0 ? { colour: PALETTE.blue.light, dash: [1, 0] } : STYLES[(i - 1) % STYLES.length];

export function speciesTransferCharts(document: CellTransferDocument): Chart[] {
  const { curve } = document;
  const names = namesOf(document);
  const lineOf = (name: string, of: 'macroF1' | 'gain'): Line => ({
    ...{ name, ...styleOf(names.indexOf(name)), dots: true },
    points: curve.flatMap(({ fraction, methods }) => {
      if (!(name in methods)) return [];
      const found = methods[name][of];
      if (found === null || found.value === null) return [];
      return [
        {
          x: percent(fraction),
          y: found.value,
          ...(of === 'gain' ? { low: found.low, high: found.high } : {}),
        },
      ];
    }),
  });
  const scores = names.map((name) => lineOf(name, 'macroF1'));
  const gains = names.map((name) => lineOf(name, 'gain')).filter(({ points }) => points.length > 0);
  const ends = curve.map(({ fraction }) => percent(fraction));
  const said = (lines: readonly Line[], sign: boolean) =>
    lines
      .map(
        ({ name, points }) =>
          `${name} ${points.map(({ x, y }) => `${sign && y >= 0 ? '+' : ''}${y.toFixed(3)} at ${String(x)} %`).join(', ')}`,
      )
      .join('; ');
  const nothing = [Math.min(...ends), Math.max(...ends)].map((x) => ({ x, y: 0 }));
  return [
    {
      key: 'transfer',
      title: 'Macro-F1 of held-out donors against how many donors of the target were learned from',
      words: `Macro-F1: ${said(scores, false)}`,
      spec: linePlot({ lines: scores, x: AXIS, y: { title: 'macro-F1' }, ...SIZE }),
    },
    {
      key: 'transfer-gain',
      title: 'Gain in macro-F1 over the target alone; bars are paired 95 % intervals',
      words: `Gain: ${said(gains, true)}`,
      spec: linePlot({
        lines: [{ name: 'nothing gained', colour: QUIET, dash: [1, 3], points: nothing }, ...gains],
        ...{ x: AXIS, y: { title: 'gain in macro-F1' }, ...SIZE },
      }),
    },
  ];
}

function apartTable({ curve }: CellTransferDocument): string {
  const rows = curve.flatMap(({ fraction, methods }) =>
    Object.entries(methods).flatMap(([method, { apart = {} }]) =>
      Object.entries(apart).map(([value, { macroF1, accuracy, gain }]) => [
        escapeHtml(`${String(percent(fraction))} %, ${method}, ${value}`),
        String(macroF1.n),
        ...[withInterval(macroF1, 3), withInterval(accuracy, 3)],
        gain === null ? '-' : withInterval(gain, 3),
      ]),
    ),
  );
  if (rows.length === 0) return '';
  const head = ['share, method, cells', 'n', 'macro-F1', 'accuracy', 'gain'];
  const caption = 'The same calls counted on these cells alone; nothing was fitted anew';
  return `<details><summary>Cells apart</summary>${table({ caption, head, rows })}</details>`;
}

/** `index` tells the section of one document from that of another. */
export async function transferSection({ name, document }: NamedTransfer, index: number): Promise<string> {
  const { source, target, features, folds, repeats, draws, seeds, configHash, curve } = document;
  const id = `transfer-${String(index + 1)}`;
  return [
    `<section aria-labelledby="${id}"><h2 id="${id}">${escapeHtml(name)}: what another species adds</h2>`,
    facts([
      ['source', `${String(source.cells)} cells of ${String(source.donors)} donors`],
      ['target', `${String(target.cells)} cells of ${String(target.donors)} donors`],
      ['features', `${String(features.length)} that both have`],
      ['folds', `${String(folds)} of whole donors, ${String(repeats)} repeats`],
      ['intervals', `${String(draws)} resamples of donors and repeats`],
      ['seed', String(seeds.base)],
      ['configuration', configHash],
    ]),
    await drawAll(speciesTransferCharts(document)),
    table({
      caption: 'Methods by share of the training donors; the gain is over the method named beside it',
      head: ['share, method', 'donors', 'cells', 'macro-F1', 'accuracy', 'gain', 'over'],
      rows: curve.flatMap(({ fraction, donors, cells, methods }) =>
        Object.entries(methods).map(([method, { macroF1, accuracy, gain, against }]) => [
          escapeHtml(`${String(percent(fraction))} %, ${method}`),
          ...[figure(donors, 1), figure(cells, 1), withInterval(macroF1, 3), withInterval(accuracy, 3)],
          gain === null ? '-' : withInterval(gain, 3),
          escapeHtml(against ?? '-'),
        ]),
      ),
    }),
    apartTable(document),
    '</section>',
  ].join('\n');
}
