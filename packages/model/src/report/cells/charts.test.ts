// Plan: every chart is a function of its document: what lies in the specification are the document's figures, and what is drawn lies where
// they say, in pixels of the SVG.
import { describe, expect, test } from 'vitest';
import type { Spec } from 'vega';
import { drawSvg } from '../drawing.ts';
import type { Chart } from '../drawing.ts';
import { calibratedBand } from './calibrated-band.ts';
import { embeddingCharts } from './embedding-chart.ts';
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
import { familyCharts, featureChart, probabilityChart, spikesChart } from './sheet-charts.ts';
import { speciesTransferCharts } from './transfer-section.ts';
import { cellFeatures, evaluation, prediction, transfer } from './testing/documents.ts';

type Row = Readonly<Record<string, unknown>>;
function dataOf({ spec }: Chart, name: string): Row[] {
  const found = (spec.data as { name: string; values?: Row[] }[]).find((one) => one.name === name);
  return found?.values ?? [];
}
/** Places of symbols drawn with a fill, in pixels. */
const symbols = (svg: string, fill: string): [x: number, y: number][] =>
  [...svg.matchAll(/<path transform="translate\(([-\d.]+),([-\d.]+)\)"[^>]*fill="([^"]*)"/g)]
    .filter((found) => found[3] === `var(--${fill})`)
    .map((found) => [Number(found[1]), Number(found[2])]);
/** Lines drawn in a colour: where they start and how far they go. */
const rules = (svg: string, stroke: string): [x: number, y: number, dx: number, dy: number][] =>
  [
    ...svg.matchAll(
      /<line transform="translate\(([-\d.]+),([-\d.]+)\)" x2="([-\d.]+)" y2="([-\d.]+)"[^>]*stroke="([^"]*)"/g,
    ),
  ]
    .filter((found) => found[5] === `var(--${stroke})`)
    .map((found) => [Number(found[1]), Number(found[2]), Number(found[3]), Number(found[4])]);
const texts = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((found) => found[1]);
const sizeOf = (spec: Spec): { width: number; height: number } => ({
  width: Number(spec.width),
  height: Number(spec.height),
});

const { net, forest } = evaluation.models;

describe('an evaluation', () => {
  test('models and floors as bars, the best marked', () => {
    expect(bestModel(evaluation)).toBe('net');
    const chart = modelsChart(evaluation);
    expect(dataOf(chart, 'bars').map(({ name, value, low, marked }) => [name, value, low, marked])).toEqual([
      ['forest', forest.macroF1.value, forest.macroF1.low, false],
      ['net', net.macroF1.value, net.macroF1.low, true],
      ['floor: majority-class', 0.1818, 0.1518, false],
    ]);
    expect(chart.words).toContain('net 0.801');
  });

  test('F1 of each class lies where it says, with its interval, and series differ by shape', async () => {
    const chart = classChart(evaluation);
    const svg = await drawSvg(chart.spec);
    const { width } = sizeOf(chart.spec);
    // The legend's come after the marks.
    const drawn = symbols(svg, 'blue').slice(0, 3);
    Object.values(net.perClass).forEach(({ value, low, high }, c) => {
      expect(drawn[c][0]).toBeCloseTo((value ?? NaN) * width, 1);
      const interval = rules(svg, 'blue')[c];
      expect(interval[0]).toBeCloseTo((low ?? NaN) * width, 1);
      expect(interval[0] + interval[2]).toBeCloseTo((high ?? NaN) * width, 1);
    });
    expect(new Set(drawn.map(([, y]) => y)).size).toBe(3);
    expect(
      symbols(svg, 'red')
        .slice(0, 3)
        .map(([x]) => x),
    ).not.toEqual(drawn.map(([x]) => x));
    expect(JSON.stringify(chart.spec.scales)).toContain('diamond');
  });

  test('confusion: shares of the true class, rows by truth', async () => {
    const chart = confusionChart('net', net);
    const shares = net.confusion.map((row) => row.map((cells) => cells / row.reduce((a, b) => a + b)));
    const cells = dataOf(chart, 'cells');
    expect(cells.map(({ value }) => value)).toEqual(shares.flat());
    expect(cells[2]).toMatchObject({ row: 'Lamp5', column: 'Sst' });
    expect(texts(await drawSvg(chart.spec))).toEqual(
      expect.arrayContaining(shares.flat().map((share) => share.toFixed(2))),
    );
    expect(chart.words).toContain('Sst is called Lamp5 0.07, Pvalb 0.17, Sst 0.77');
  });

  test('reliability: a dot a bin that has cells, and the band of as many cells as one repeat has', async () => {
    const chart = reliabilityChart('net', net, evaluation.repeats);
    const bins = net.reliability.filter(({ cells }) => cells > 0);
    const svg = await drawSvg(chart.spec);
    const dots = symbols(svg, 'blue').slice(-bins.length);
    bins.forEach(({ confidence, accuracy, cells }, i) => {
      expect(dots[i][0]).toBeCloseTo((confidence ?? NaN) * 260, 1);
      expect(dots[i][1]).toBeCloseTo((1 - (accuracy ?? NaN)) * 260, 1);
      expect(dataOf(chart, 'band-0')[i]).toMatchObject({
        x: confidence,
        ...calibratedBand(confidence ?? NaN, cells / 2, 0.9),
      });
    });
    // The area goes along one end and back along the other.
    const area = /<path d="(M[^"]*Z)" fill="var\(--bar\)"/.exec(svg)?.[1] ?? '';
    const corners = [...area.matchAll(/([-\d.]+),([-\d.]+)/g)].map((found) => Number(found[2]));
    expect(corners).toHaveLength(2 * bins.length);
    const ends = dataOf(chart, 'band-0').flatMap(({ low, high }) => [low, high]) as number[];
    expect(corners.map((y) => 1 - y / 260).sort((a, b) => a - b)).toEqual(
      ends.sort((a, b) => a - b).map((end): unknown => expect.closeTo(end, 3)),
    );
    expect(chart.words).toContain('0 of 9 bins lie outside the band');
    expect(chart.words).toContain("ECE 0.061, a calibrated classifier's stays below 0.085");
    expect(reliabilityChart('forest', forest, 2).words).toMatch(/[1-9] of 9 bins lie outside/);
  });

  test('accuracy of the surest: every model, intervals of the best alone', () => {
    const chart = coverageChart(evaluation);
    const points = dataOf(chart, 'points');
    expect(points.filter(({ name }) => name === 'forest').map(({ x, y }) => [x, y])).toEqual(
      forest.coverage.map(({ coverage, accuracy }) => [coverage, accuracy.value]),
    );
    expect(dataOf(chart, 'bars').map(({ name, low }) => [name, low])).toEqual(
      net.coverage.map(({ accuracy }) => ['net', accuracy.low]),
    );
  });

  test('cells apart: a series a value, a row for each model that has it', () => {
    const [chart] = apartChart(evaluation);
    expect(dataOf(chart, 'points').map(({ row, series, value }) => [row, series, value])).toEqual([
      ['net', 'acute', 0.84],
      ['net', 'cultured', 0.72],
    ]);
    expect(apartChart({ ...evaluation, models: { forest } })).toEqual([]);
  });

  test('attention: classes across, families down; its spread to both sides, none where there is none', () => {
    const [map, dots] = attentionCharts('net', net);
    expect(
      dataOf(map, 'cells').find(({ row, column }) => row === 'psth' && column === 'Pvalb')?.['value'],
    ).toBe(0.6);
    const spread = dataOf(dots, 'points');
    expect(spread.find(({ row, series }) => row === 'psth' && series === 'Pvalb')).toMatchObject({
      low: 0.6 - 0.07,
      high: 0.6 + 0.07,
    });
    expect(spread.find(({ row, series }) => row === 'psth' && series === 'Sst')).toMatchObject({ low: null });
    expect(map.words).toContain('Pvalb most on psth 0.600, first_ap_v 0.250');
    expect(attentionCharts('forest', forest)).toEqual([]);
  });
});

describe('a cell', () => {
  const [called, far] = prediction.cells;

  test('probabilities by size on a scale from 0 to 1', async () => {
    const chart = probabilityChart(called);
    expect(dataOf(chart, 'bars').map(({ name, value, marked }) => [name, value, marked])).toEqual([
      ['Sst', 0.91, true],
      ['Pvalb', 0.06, false],
      ['Lamp5', 0.03, false],
    ]);
    const bar = /<path d="M0,[^h"]*h([\d.]+)[^"]*" fill="var\(--blue\)"/.exec(await drawSvg(chart.spec));
    expect(Number(bar?.[1])).toBeCloseTo(0.91 * 460, 1);
  });

  test('features against every class on a scale of its own; what has no value is left out', async () => {
    const [chart] = featureChart(called);
    // tau: 5 to 35 ms are 0 to 1.
    expect(dataOf(chart, 'ticks')[0]).toEqual({ row: 'tau (ms)', value: 0.5 });
    expect(dataOf(chart, 'points').filter(({ row }) => row === 'tau (ms)')).toEqual([
      { row: 'tau (ms)', value: 9 / 30, low: 5 / 30, high: 15 / 30, series: 'Lamp5' },
      { row: 'tau (ms)', value: 3 / 30, low: 0, high: 10 / 30, series: 'Pvalb' },
      { row: 'tau (ms)', value: 17 / 30, low: 10 / 30, high: 1, series: 'Sst' },
    ]);
    expect(dataOf(chart, 'ticks').map(({ row }) => row)).toEqual(['tau (ms)', 'sag (ratio)']);
    const svg = await drawSvg(chart.spec);
    const [tick] = rules(svg, 'ink').filter(([, , dx, dy]) => dx === 0 && dy > 20);
    expect(tick[0]).toBeCloseTo(((0.5 + 0.3) / 1.6) * 420, 1);
    expect(chart.words).toContain('tau (ms) 20, where 80 % of cells have Lamp5 10 to 20');
  });

  test('far beyond every class it lies at the edge', () => {
    const [chart] = featureChart(far);
    expect(dataOf(chart, 'ticks')).toEqual([{ row: 'ri (MOhm)', value: 1.25 }]);
    expect(featureChart({ ...far, evidence: [] })).toEqual([]);
  });

  test('spikes: a stroke at each peak, long squares first and the strongest on top', async () => {
    const [raster, voltages] = spikesChart('one', cellFeatures);
    const rows = [
      'long square 130 pA, sweep 5',
      'long square 90 pA, sweep 4',
      'short square 500 pA, sweep 2',
    ];
    expect(dataOf(raster, 'spikes').map(({ name, time }) => [name, time])).toEqual([
      ...[0.6, 0.9, 1.25].map((time) => [rows[0], time]),
      [rows[1], 0.8],
      [rows[2], 0.502],
    ]);
    const svg = await drawSvg(raster.spec);
    const strokes = rules(svg, 'ink').filter(([, , dx]) => dx === 0);
    const scale = strokes[0][0] / 0.6;
    expect(strokes.map(([x]) => x / scale)).toEqual(
      [0.6, 0.9, 1.25, 0.8, 0.502].map((time): unknown => expect.closeTo(time, 3)),
    );
    expect(strokes[3][1]).toBeGreaterThan(strokes[0][1]);
    expect(voltages.title).toContain(rows[0]);
    expect(
      dataOf(voltages, 'points')
        .filter(({ name }) => name === 'peak')
        .map(({ x, y }) => [x, y]),
    ).toEqual([
      [0.6, 30],
      [0.9, 26],
      [1.25, 25],
    ]);
    expect(spikesChart('none', { ...cellFeatures, sweeps: [] })).toEqual([]);
  });

  test('families: parts apart, a missing part is not drawn, what never varies has room', async () => {
    const [first, width, ...none] = familyCharts(cellFeatures);
    expect(none).toEqual([]);
    expect([first.title, width.title]).toEqual(['first_ap_v (mV)', 'spiking_width (s)']);
    const values = dataOf(first, 'values');
    expect(values).toHaveLength(450);
    // 13 places lie between the parts of 150.
    expect(values[150]).toEqual({ part: 1, x: 163, y: 0 });
    expect(values[449]['y']).toBeNull();
    const svg = await drawSvg(first.spec);
    const lines = [...svg.matchAll(/<path d="(M[^"]*)" stroke="var\(--blue\)"/g)].map((found) => found[1]);
    expect(lines.filter((line) => line.length > 20)).toHaveLength(2);
    expect(texts(svg)).toEqual(expect.arrayContaining(['short square', 'long square', 'ramp']));
    expect(width.spec.scales?.[1]).toMatchObject({ domain: [0.000495, 0.000505] });
    // What differs in its last digits alone stays within the chart.
    const nearly = Float64Array.from({ length: 300 }, (_, i) => 0.0006000123 + 1e-12 * (i % 7));
    const [flat] = familyCharts({ ...cellFeatures, families: { spiking_width: nearly } });
    expect(Number(/<svg [^>]*height="([\d.]+)"/.exec(await drawSvg(flat.spec))?.[1])).toBeLessThan(130);
  });
});

test('cells on a plane: one scale for both axes, its own cells by class, the others as specks', async () => {
  const at = (x: number, y: number, group: string, name: string | null) => ({
    x,
    y,
    group,
    cell: 'c',
    class: name,
  });
  const [mouse, human] = embeddingCharts({
    cells: [
      at(-2, 0, 'mouse', 'Sst'),
      at(2, 1, 'mouse', 'Vip'),
      at(0, -1, 'human', 'Vip'),
      at(1, 0, 'human', null),
    ],
    groups: ['mouse', 'human'],
    classes: ['Sst', 'Vip'],
    ...{ features: 25, neighbours: 15, seed: 1 },
  });
  const starts = async ({ spec }: Chart, colour: string) => {
    const found = new RegExp(`<path[^>]* d="([^"]*)" fill="var\\(--${colour}\\)"`).exec(await drawSvg(spec));
    return [...(found?.[1] ?? '').matchAll(/M([-\d.]+),([-\d.]+)/g)].map((one) => [
      Number(one[1]),
      Number(one[2]),
    ]);
  };
  // 330 pixels, 6 at each edge; the reach along x is 2 to each side.
  const pixels = (330 / 2 - 6) / 2;
  expect(await starts(mouse, 'blue')).toEqual([[6, 165]]);
  expect(await starts(mouse, 'red')).toEqual([[324, 165 + pixels]]);
  expect(await starts(mouse, 'bar')).toHaveLength(2);
  expect(await starts(human, 'red')).toEqual([[165, 165 - pixels]]);
  expect(await starts(human, 'blue')).toEqual([]);
  expect(mouse.words).toContain('1 Sst, 1 Vip');
});

test('transfer: a line a method, and the gain with its interval against nothing gained', () => {
  const [curves, gains] = speciesTransferCharts(transfer);
  expect(dataOf(curves, 'points').map(({ name, x, y }) => [name, x, y])).toEqual([
    ['human-only', 5, 0.4],
    ['human-only', 100, 0.78],
    ['joint', 5, 0.52],
    ['joint', 100, 0.77],
  ]);
  expect(dataOf(gains, 'bars').map(({ name, x, y, low, high }) => [name, x, y, low, high])).toEqual([
    ['joint', 5, 0.12, 0.05, 0.19],
    ['joint', 100, -0.01, -0.03, 0.01],
  ]);
  expect(
    dataOf(gains, 'points')
      .filter(({ name }) => name === 'nothing gained')
      .map(({ y }) => y),
  ).toEqual([0, 0]);
  expect(gains.words).toContain('joint +0.120 at 5 %, -0.010 at 100 %');
});
