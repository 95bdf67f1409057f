// What an evaluation holds as Vega specifications: every threshold, reliability, unit by unit, and rasters.
import type { EvaluationPair } from '../evaluation/document.ts';
import { PREDICTOR_KEYS } from '../evaluation/types.ts';
import type { PredictorKey } from '../evaluation/types.ts';
import { barSpec } from './charts.ts';
import type { Chart } from './drawing.ts';
import { linePlot } from './line-plot.ts';
import type { Line, LinePoint, PlotAxis } from './line-plot.ts';
import { PALETTE, QUIET } from './palette.ts';
import { rasterPlot } from './raster-plot.ts';
import { scatterPlot } from './scatter-plot.ts';

type Style = Pick<Line, 'colour' | 'dash' | 'wide'>;

const STYLES: Readonly<Record<string, Style>> = {
  model: { colour: PALETTE.blue.light, dash: [1, 0], wide: true },
  'own-rate': { colour: PALETTE.quiet.light, dash: [1, 0] },
  'recent-rate': { colour: PALETTE.ochre.light, dash: [4, 2] },
  'own-history': { colour: PALETTE.green.light, dash: [6, 2] },
  population: { colour: PALETTE.violet.light, dash: [2, 2] },
  coupled: { colour: PALETTE.red.light, dash: [8, 3, 2, 3] },
  'shared-kernel': { colour: PALETTE.teal.light, dash: [5, 2, 1, 2] },
  'plug-in': { colour: PALETTE.ink.light, dash: [3, 3] },
};
const OTHER: Style = { colour: PALETTE.ink.light, dash: [6, 4] };

/** How a predictor's line looks in every chart. */
export const styleOf = (key: PredictorKey): Style => STYLES[key] ?? OTHER;

/** Of a predictor that has them, in the order of the document. */
function lines(
  pair: EvaluationPair,
  points: (scores: NonNullable<EvaluationPair['scores'][PredictorKey]>) => LinePoint[],
): Line[] {
  return PREDICTOR_KEYS.flatMap((key) => {
    const scores = pair.scores[key];
    const own = scores === undefined ? [] : points(scores);
    return own.length === 0 ? [] : [{ name: key, ...styleOf(key), points: own }];
  });
}

const reference = (name: string, points: readonly LinePoint[]): Line => ({
  ...{ name, points, colour: QUIET, dash: [1, 3] },
});

const UNIT: readonly [number, number] = [0, 1];
const SQUARE = { width: 260, height: 260 };

export function barChart(pair: EvaluationPair): Chart[] {
  const bars = PREDICTOR_KEYS.flatMap((key) => {
    const { value = null, low = null, high = null } = pair.scores[key]?.bitsPerSpike ?? {};
    return value === null ? [] : [{ name: key, value, low, high, marked: key === 'model' }];
  });
  const words = bars.map(({ name, value }) => `${name} ${value.toFixed(3)}`).join(', ');
  return bars.length === 0
    ? []
    : [
        {
          key: 'bits',
          title: 'bits/spike over own rate; lines are 95 % intervals',
          words: `Bar chart of bits/spike: ${words}`,
          spec: barSpec(bars, 'bits/spike over own rate'),
        },
      ];
}

function rocChart(pair: EvaluationPair): Chart[] {
  const own = lines(pair, ({ curve }) =>
    curve === undefined || curve.recall.length === 0
      ? []
      : [{ x: 0, y: 0 }, ...curve.falseAlarms.map((x, i) => ({ x, y: curve.recall[i] }))],
  );
  if (own.length === 0) return [];
  const areas = own.map(({ name }) => {
    const area = pair.scores[name as PredictorKey]?.rocAuc.value;
    return `${name} ${area === null || area === undefined ? '-' : area.toFixed(3)}`;
  });
  return [
    {
      key: 'roc',
      title: 'ROC, all units and bins together; own rate tells which unit is busy',
      words: `ROC curves; areas: ${areas.join(', ')}`,
      spec: linePlot({
        lines: [
          reference('chance', [
            { x: 0, y: 0 },
            { x: 1, y: 1 },
          ]),
          ...own,
        ],
        x: { title: 'share of silent bins called', domain: UNIT },
        y: { title: 'share of spikes called', domain: UNIT },
        ...SQUARE,
      }),
    },
  ];
}

function precisionChart(pair: EvaluationPair): Chart[] {
  const own = lines(pair, ({ curve }) =>
    curve === undefined ? [] : curve.recall.map((x, i) => ({ x, y: curve.precision[i] })),
  );
  const { density } = pair.scored;
  if (own.length === 0 || density === null) return [];
  const areas = own.map(({ name }) => {
    const area = pair.scores[name as PredictorKey]?.averagePrecision.value;
    return `${name} ${area === null || area === undefined ? '-' : area.toFixed(4)}`;
  });
  return [
    {
      key: 'precision',
      title: 'Precision and recall; the floor is the density',
      words: `Precision-recall curves above a floor of ${density.toPrecision(3)}; average precision: ${areas.join(', ')}`,
      spec: linePlot({
        lines: [
          reference('density', [
            { x: 0, y: density },
            { x: 1, y: density },
          ]),
          ...own,
        ],
        x: { title: 'recall', domain: UNIT },
        y: { title: 'precision', zero: true },
        ...SQUARE,
      }),
    },
  ];
}

function reliabilityChart(pair: EvaluationPair): Chart[] {
  const keys: readonly string[] = ['model', pair.bestFloor, 'own-rate'];
  const own = lines(pair, ({ reliability }) =>
    reliability.map(({ meanProbability, spikeShare }) => ({ x: meanProbability, y: spikeShare })),
  )
    .filter(({ name }) => keys.includes(name))
    .map((line) => ({ ...line, dots: true }));
  const reach = own
    .flatMap(({ points }) => points.flatMap(({ x, y }) => [x, y]))
    .filter((value) => value > 0);
  if (reach.length === 0) return [];
  const domain: PlotAxis['domain'] = [Math.min(...reach), Math.max(...reach)];
  const errors = own.map(({ name }) => {
    const error = pair.scores[name as PredictorKey]?.ece.value;
    return `${name} ${error === null || error === undefined ? '-' : error.toFixed(5)}`;
  });
  return [
    {
      key: 'reliability',
      title: 'Reliability of raw probabilities, groups of equal mass',
      words: `Reliability curves; expected calibration error: ${errors.join(', ')}`,
      spec: linePlot({
        lines: [
          reference(
            'exact',
            domain.map((end) => ({ x: end, y: end })),
          ),
          ...own,
        ],
        x: { title: 'mean probability', logarithmic: true, domain },
        y: { title: 'share with a spike', logarithmic: true, domain },
        ...SQUARE,
      }),
    },
  ];
}

function unitChart(pair: EvaluationPair): Chart[] {
  const model = pair.scores.model?.perUnit.each?.bitsPerSpike;
  const floor = pair.scores[pair.bestFloor]?.perUnit.each?.bitsPerSpike;
  const points = (model ?? []).flatMap((y, i) => {
    const x = floor?.[i] ?? null;
    return x === null || y === null ? [] : [{ x, y }];
  });
  if (points.length === 0) return [];
  const above = points.filter(({ x, y }) => y > x).length;
  return [
    {
      key: 'units',
      title: `bits/spike of each unit with ${pair.scores.model?.perUnit.fewestSpikes ?? 300} spikes or more`,
      words: `Model against ${pair.bestFloor}, a point a unit: the model is better in ${above} of ${points.length}`,
      spec: scatterPlot({ points, x: pair.bestFloor, y: 'model' }),
    },
  ];
}

const trainsOf = (texts: readonly string[]): number[][] =>
  texts.map((text) => (text === '' ? [] : text.split(' ').map(Number)));

export function rasterChart(pair: EvaluationPair): Chart[] {
  const { excerpt, freeRunning, binMilliseconds } = pair;
  if (excerpt === undefined) return [];
  const panels = [
    { title: 'recorded', trains: trainsOf(excerpt.real) },
    ...(excerpt.predicted === null
      ? []
      : [{ title: 'predicted: one draw, from the real past', trains: trainsOf(excerpt.predicted) }]),
    ...(freeRunning?.excerpt === undefined
      ? []
      : [{ title: 'generated: from its own past', trains: trainsOf(freeRunning.excerpt) }]),
  ];
  const counts = panels.map(
    ({ title, trains }) => `${title} ${trains.reduce((sum, { length }) => sum + length, 0)}`,
  );
  return [
    {
      key: 'raster',
      title: `The first ${((excerpt.bins * binMilliseconds) / 1000).toFixed(1)} s that are scored, every unit a row; generated: its first ones`,
      words: `Rasters of ${excerpt.real.length} units; spikes: ${counts.join(', ')}`,
      spec: rasterPlot({ panels, bins: excerpt.bins, binMilliseconds }),
    },
  ];
}

/** The charts of one pair beside its bars and rasters. */
export const curveCharts = (pair: EvaluationPair): Chart[] => [
  ...rocChart(pair),
  ...precisionChart(pair),
  ...reliabilityChart(pair),
  ...unitChart(pair),
];
