// Across evaluations: what the source adds to the target's own statistics, against how much of the target is known; every source on
// every target; and runs that were judged on the same bins.
import type { EvaluationPair } from '../evaluation/document.ts';
import type { PredictorKey } from '../evaluation/types.ts';
import type { Chart } from './drawing.ts';
import { drawSvg } from './drawing.ts';
import { styleOf } from './evaluation-charts.ts';
import { heatMap } from './heat-map.ts';
import { linePlot } from './line-plot.ts';
import { chart, escapeHtml, figure, table, withInterval } from './markup.ts';

/** An evaluation and the run that was judged. */
export interface JudgedPair {
  readonly run: string;
  readonly pair: EvaluationPair;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const found = new Map<string, T[]>();
  for (const item of items) found.set(keyOf(item), [...(found.get(keyOf(item)) ?? []), item]);
  return [...found.values()];
}

const bitsOf = ({ pair }: JudgedPair, key: PredictorKey) => pair.scores[key]?.bitsPerSpike;

/** One direction at one level, at two lengths of calibration or more, by rising length. */
export const calibrationSeries = (judged: readonly JudgedPair[]): JudgedPair[][] =>
  grouped(
    judged.filter(({ pair }) => pair.level !== 'none'),
    ({ run, pair }) =>
      JSON.stringify([run, pair.target, pair.pairing, pair.level, pair.splits.target.scored]),
  )
    .map((series) => series.toSorted((a, b) => a.pair.targetTrainingSeconds - b.pair.targetTrainingSeconds))
    .filter((series) => new Set(series.map(({ pair }) => pair.targetTrainingSeconds)).size > 1);

/** With a source and without: other floors may lie so far below that these two could not be told apart. */
const SHOWN: readonly PredictorKey[] = ['model', 'plug-in'];

export function calibrationChart(series: readonly JudgedPair[]): Chart {
  const [{ run, pair }] = series;
  const lines = SHOWN.flatMap((key) => {
    const points = series.flatMap((one) => {
      const { value = null, low = null, high = null } = bitsOf(one, key) ?? {};
      return value === null ? [] : [{ x: one.pair.targetTrainingSeconds, y: value, low, high }];
    });
    return points.length === 0 ? [] : [{ name: key, ...styleOf(key), points, dots: true }];
  });
  const seconds = series.map((one) => one.pair.targetTrainingSeconds.toFixed(0));
  return {
    key: 'calibration',
    title: `${run} on ${pair.target} (${pair.pairing}, level ${pair.level}): bits/spike against calibration length`,
    words: `bits/spike at ${seconds.join(', ')} s of known target time: ${lines
      .map(({ name, points }) => `${name} ${points.map(({ y }) => y.toFixed(3)).join(', ')}`)
      .join('; ')}`,
    spec: linePlot({
      lines,
      x: { title: 'target training time known (s)', logarithmic: true },
      y: { title: 'bits/spike over own rate' },
    }),
  };
}

/** Model minus plug-in, on the same blocks where the plug-in is the best floor. */
function sourceMinusPlugIn(one: JudgedPair): string {
  const difference = one.pair.differences.model?.bitsPerSpike;
  if (one.pair.bestFloor === 'plug-in' && difference !== undefined) return withInterval(difference, 4);
  const [model, plugIn] = [bitsOf(one, 'model')?.value, bitsOf(one, 'plug-in')?.value];
  return typeof model === 'number' && typeof plugIn === 'number'
    ? figure(model - plugIn, 4)
    : figure(null, 4);
}

async function calibrationSection(judged: readonly JudgedPair[]): Promise<string> {
  const parts: string[] = [];
  for (const series of calibrationSeries(judged)) {
    const { title, words, spec } = calibrationChart(series);
    parts.push(
      chart(await drawSvg(spec), title, words),
      table({
        caption: `What the source adds: ${title}`,
        head: ['target known (s)', 'model', 'plug-in, no source', 'source minus plug-in', 'best floor'],
        rows: series.map((one) => [
          one.pair.targetTrainingSeconds.toFixed(1),
          ...(['model', 'plug-in'] as const).map((key) => {
            const bits = bitsOf(one, key);
            return bits === undefined ? figure(null, 3) : withInterval(bits, 3);
          }),
          sourceMinusPlugIn(one),
          escapeHtml(one.pair.bestFloor),
        ]),
      }),
    );
  }
  return parts.length === 0
    ? ''
    : `<section aria-labelledby="calibration"><h2 id="calibration">Transfer against calibration length</h2>${parts.join('')}</section>`;
}

/** Every source on every target, one map a pairing and level; where there are two of each at least. */
export function transferCharts(judged: readonly JudgedPair[]): Chart[] {
  return grouped(judged, ({ pair }) => {
    const kind = pair.pairing === 'within' ? ['within', 'none'] : [pair.pairing, pair.level];
    return JSON.stringify(kind);
  })
    .map((some) => ({
      some,
      kind: some[0].pair.pairing,
      others: judged.filter(({ pair }) => pair.pairing === 'within'),
    }))
    .filter(({ kind }) => kind !== 'within')
    .flatMap(({ some, others }) => {
      // What a source reaches on its own recording stands on the diagonal.
      const cells = [...some, ...others].filter((one) => typeof bitsOf(one, 'model')?.value === 'number');
      const sources = [...new Set(cells.map(({ pair }) => pair.source))].sort();
      const targets = [...new Set(cells.map(({ pair }) => pair.target))].sort();
      if (sources.length < 2 || targets.length < 2) return [];
      const valueAt = (source: string, target: string): number => {
        const here = cells.filter(({ pair }) => pair.source === source && pair.target === target);
        const values = here.map((one) => bitsOf(one, 'model')?.value ?? 0);
        return values.length === 0 ? NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
      };
      const values = sources.map((source) => targets.map((target) => valueAt(source, target)));
      const [{ pair }] = some;
      const about = `pairing ${pair.pairing}, level ${pair.level}`;
      return [
        {
          key: 'transfer',
          title: `bits/spike of the model, source by target (${about}; same recording: its held-out part)`,
          words: sources
            .map(
              (source, r) =>
                `${source}: ${targets.map((target, c) => `${target} ${Number.isNaN(values[r][c]) ? '-' : values[r][c].toFixed(3)}`).join(', ')}`,
            )
            .join('; '),
          spec: heatMap({
            values: values.map((row) => row.map((value) => (Number.isNaN(value) ? null : value))),
            ...{ rows: sources, columns: targets, rowTitle: 'source', columnTitle: 'target' },
            ...{ valueTitle: 'bits/spike', figures: true },
            ...{ width: Math.max(180, 110 * targets.length), height: 44 * sources.length },
          }),
        },
      ];
    });
}

/** Directions that several runs were judged in: a row a run. */
function comparisonTables(judged: readonly JudgedPair[]): string[] {
  return grouped(judged, ({ pair: { target, pairing, level, targetTrainingSeconds } }) =>
    JSON.stringify([target, pairing, level, level === 'none' ? 0 : targetTrainingSeconds]),
  )
    .filter((some) => new Set(some.map(({ run }) => run)).size > 1)
    .map((some) => {
      const [{ pair }] = some;
      const bins = new Set(some.map((one) => JSON.stringify(one.pair.scored)));
      const values = some.flatMap((one) => {
        const value = bitsOf(one, 'model')?.value;
        return typeof value === 'number' ? [value] : [];
      });
      const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
      const sd = Math.sqrt(
        values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1),
      );
      const known = pair.level === 'none' ? '' : `, ${pair.targetTrainingSeconds.toFixed(0)} s known`;
      return [
        table({
          caption: `Runs judged on ${pair.target} (${pair.pairing}, level ${pair.level}${known})`,
          head: [
            'run',
            'model, bits/spike',
            'best floor',
            'model minus best floor',
            'average precision',
            'ROC-AUC',
            'Dice',
          ],
          rows: some.map((one) => {
            const { model } = one.pair.scores;
            const floor = bitsOf(one, one.pair.bestFloor);
            const difference = one.pair.differences.model?.bitsPerSpike;
            const cell = (
              estimate: Parameters<typeof withInterval>[0] | undefined,
              digits: number,
            ): string => (estimate === undefined ? figure(null, digits) : withInterval(estimate, digits));
            return [
              escapeHtml(one.run),
              cell(model?.bitsPerSpike, 3),
              `${escapeHtml(one.pair.bestFloor)} ${cell(floor, 3)}`,
              cell(difference, 4),
              cell(model?.averagePrecision, 4),
              cell(model?.rocAuc, 3),
              cell(model?.dice, 4),
            ];
          }),
        }),
        values.length > 1
          ? `<p>bits/spike over these runs: ${figure(mean, 4)} &#177; ${figure(sd, 4)} (SD, n = ${String(values.length)}).</p>`
          : '',
        bins.size > 1 ? '<p>Not the same bins, units and spikes: these rows do not compare.</p>' : '',
      ].join('');
    });
}

/** All of that, where there is any. */
export async function transferSections(judged: readonly JudgedPair[]): Promise<string> {
  const maps: string[] = [];
  for (const { title, words, spec } of transferCharts(judged))
    maps.push(chart(await drawSvg(spec), title, words));
  const tables = comparisonTables(judged);
  return [
    maps.length === 0
      ? ''
      : `<section aria-labelledby="transfer"><h2 id="transfer">Every source on every target</h2>${maps.join('')}</section>`,
    await calibrationSection(judged),
    tables.length === 0
      ? ''
      : `<section aria-labelledby="comparison"><h2 id="comparison">Runs side by side</h2>${tables.join('')}</section>`,
  ].join('\n');
}
