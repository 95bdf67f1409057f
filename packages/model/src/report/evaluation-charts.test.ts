// Charts hold the document's own figures: points of curves, a stroke a spike, units above and below, sources by targets, and source minus
// plug-in by rising calibration; what a document lacks is left out.
import { describe, expect, it } from 'vitest';
import type { EvaluationPair, PredictorScores } from '../evaluation/document.ts';
import { METRIC_KEYS } from '../evaluation/uncertainty/bootstrap.ts';
import { drawSvg } from './drawing.ts';
import { curveCharts, rasterChart } from './evaluation-charts.ts';
import { calibrationChart, calibrationSeries, transferCharts } from './transfer-section.ts';

const spread = { median: null, q25: null, q75: null };
const scoresOf = (bits: number, each: number[]): PredictorScores => ({
  ...(Object.fromEntries(
    METRIC_KEYS.map((key) => [key, { value: bits, low: bits - 0.1, high: bits + 0.1, n: 20 }]),
  ) as Record<(typeof METRIC_KEYS)[number], PredictorScores['dice']>),
  perUnit: {
    ...{ units: each.length, fewestSpikes: 300, bitsPerSpike: spread, rocAuc: spread },
    averagePrecisionLift: spread,
    each: { bitsPerSpike: each, rocAuc: each },
  },
  calibration: { slope: 1, offset: 0, threshold: 0.5 },
  curve: {
    threshold: [0.5, 0.1, 0],
    recall: [0.25, 0.75, 1],
    falseAlarms: [0.05, 0.5, 1],
    precision: [0.5, 0.2, 0.1],
  },
  reliability: [
    { meanProbability: 0.01, spikeShare: 0.02, cells: 100 },
    { meanProbability: 0.1, spikeShare: 0.09, cells: 100 },
  ],
});

const pairOf = (change: Partial<EvaluationPair> = {}, bits = 0.3): EvaluationPair => ({
  ...{ source: 'a', target: 'a', pairing: 'within', level: 'none', seed: 1, configHash: null },
  ...{ binMilliseconds: 1, context: 8, targetTrainingSeconds: 0, exactRanking: true },
  splits: { source: { train: [], validation: [] }, target: { train: [], scored: [{ start: 0, stop: 50 }] } },
  scored: { bins: 50, units: 2, unpairedSource: 0, unpairedTarget: 0, spikes: 5, density: 0.05 },
  blocks: { count: 20, bins: 2, shortened: true, intervals: true, replicates: 10 },
  scores: { model: scoresOf(bits, [0.4, 0.1]), 'plug-in': scoresOf(0.1, [0.2, 0.2]) },
  bestFloor: 'plug-in',
  differences: {},
  excerpt: { start: 0, bins: 50, real: ['1 30', ''], predicted: ['2', '4 5 6'] },
  ...change,
});

describe('curves', () => {
  it('of every predictor, with floors, words and the figures of the document', async () => {
    const charts = curveCharts(pairOf());
    expect(charts.map(({ key }) => key)).toEqual(['roc', 'precision', 'reliability', 'units']);
    const [roc, precision, , units] = charts;
    const rows = (spec: (typeof roc)['spec'], name: string) =>
      (spec.data as { values: { name: string; x: number; y: number }[] }[])[0].values
        .filter((row) => row.name === name)
        .map(({ x, y }) => [x, y]);
    expect(rows(roc.spec, 'model')).toEqual([
      [0, 0],
      [0.05, 0.25],
      [0.5, 0.75],
      [1, 1],
    ]);
    expect(rows(roc.spec, 'chance')).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(rows(precision.spec, 'density')).toEqual([
      [0, 0.05],
      [1, 0.05],
    ]);
    expect(rows(precision.spec, 'plug-in')).toEqual([
      [0.25, 0.5],
      [0.75, 0.2],
      [1, 0.1],
    ]);
    expect(units.words).toBe('Model against plug-in, a point a unit: the model is better in 1 of 2');
    for (const { spec } of charts) {
      const svg = await drawSvg(spec);
      expect(svg).not.toMatch(/NaN|aria-|role=|#[0-9a-f]{6}/);
    }
  });

  it('are left out where the document has none', () => {
    const bare = scoresOf(0.3, []);
    const { curve: _, ...rest } = bare;
    const pair = pairOf({ scores: { model: { ...rest, reliability: [] } } });
    expect(curveCharts(pair)).toEqual([]);
  });
});

describe('rasters', () => {
  it('have a stroke a spike, and a panel each of what there is', async () => {
    const [raster] = rasterChart(pairOf());
    expect(raster.words).toMatch(/recorded 2, predicted: .* 4$/);
    // One path a panel, moved to once a spike; bin 1 of 50 lies at 1.5 / 50 of 300 pixels, unit 1 one row of 14 below unit 0.
    const paths = (raster.spec.marks ?? []).map(
      (panel) =>
        (panel as { marks: { encode: { enter: { path: { value: string } } } }[] }).marks[0].encode.enter.path
          .value,
    );
    expect(paths).toEqual(['M9 0v11.2M183 0v11.2', 'M15 0v11.2M27 14v11.2M33 14v11.2M39 14v11.2']);
    expect(await drawSvg(raster.spec)).toContain('recorded');
    const { excerpt: _, ...without } = pairOf();
    expect(rasterChart(without)).toEqual([]);
  });
});

describe('across evaluations', () => {
  const across = (source: string, target: string, seconds: number, bits: number) => ({
    run: source,
    pair: pairOf(
      { source, target, pairing: 'rank', level: 'statistics', targetTrainingSeconds: seconds },
      bits,
    ),
  });

  it('calibration length rises, one series a run, target, pairing and level', () => {
    const judged = [across('a', 'b', 30, 0.4), across('a', 'b', 10, 0.2), across('c', 'b', 10, 0.9)];
    const series = calibrationSeries(judged);
    expect(series.map((one) => one.map(({ pair }) => pair.targetTrainingSeconds))).toEqual([[10, 30]]);
    expect(calibrationChart(series[0]).words).toBe(
      'bits/spike at 10, 30 s of known target time: model 0.200, 0.400; plug-in 0.100, 0.100',
    );
  });

  it('sources by targets, the own recording on the diagonal, nothing where nothing was judged', () => {
    const own = { run: 'a', pair: pairOf({}, 0.5) };
    const [map] = transferCharts([own, across('a', 'b', 10, 0.2), across('b', 'a', 10, -0.3)]);
    expect(map.words).toBe('a: a 0.500, b 0.200; b: a -0.300, b -');
    const cells = (map.spec.data as { values: { row: string; column: string }[] }[])[0].values;
    expect(cells.map(({ row, column }) => row + column)).toEqual(['aa', 'ab', 'ba']);
    expect(transferCharts([own])).toEqual([]);
  });
});
