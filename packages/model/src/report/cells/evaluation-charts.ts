// What an evaluation of classifiers of cells holds, as Vega specifications: models with their floors, each class, confusions,
// reliability, accuracy of the surest cells, cells apart by culture, and attention.
import { barSpec } from '../charts.ts';
import type { Chart } from '../drawing.ts';
import { heatMap } from '../heat-map.ts';
import { linePlot } from '../line-plot.ts';
import type { Line } from '../line-plot.ts';
import { PALETTE, QUIET } from '../palette.ts';
import { calibratedBand } from './calibrated-band.ts';
import type { CellAttention, CellEvaluationDocument, CellFigures, CellModelFigures } from './documents.ts';
import { dotPlot } from './dot-plot.ts';

/** Share of a calibrated classifier's bins that lie within the band. */
const BAND = 0.9;

const shown = (value: number | null, digits = 3): string => (value === null ? '-' : value.toFixed(digits));
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** The model with the highest macro-F1; the first of equals. */
export function bestModel({ models }: CellEvaluationDocument): string {
  const names = Object.keys(models);
  const worth = (name: string): number => models[name].macroF1.value ?? -1;
  return names.reduce((best, name) => (worth(name) > worth(best) ? name : best), names[0]);
}

export function modelsChart(document: CellEvaluationDocument): Chart {
  const best = bestModel(document);
  const bars = [
    ...Object.entries(document.models),
    ...Object.entries(document.floors).map(([name, one]) => [`floor: ${name}`, one] as const),
  ].flatMap(([name, { macroF1 }]) =>
    macroF1.value === null ? [] : [{ name, ...macroF1, value: macroF1.value, marked: name === best }],
  );
  return {
    key: 'models',
    title: 'Macro-F1 of held-out cells; lines are 95 % intervals over donors',
    words: `Bar chart of macro-F1: ${bars.map(({ name, value }) => `${name} ${shown(value)}`).join(', ')}`,
    spec: barSpec(bars, 'macro-F1'),
  };
}

/** F1 of each class, the best model and the one that others are compared with. */
export function classChart(document: CellEvaluationDocument): Chart {
  const best = bestModel(document);
  const first = Object.keys(document.models)[0];
  const series = [...new Set([best, first])].map((name) => ({
    name,
    points: Object.entries(document.models[name].perClass).flatMap(([row, { value, low, high }]) =>
      value === null ? [] : [{ row, value, low, high }],
    ),
  }));
  return {
    key: 'classes',
    title: `F1 of each class, ${series.map(({ name }) => name).join(' and ')}; lines are 95 % intervals over donors`,
    words: series
      .map(
        ({ name, points }) =>
          `F1 by class, ${name}: ${points.map(({ row, value }) => `${row} ${shown(value)}`).join(', ')}`,
      )
      .join('; '),
    spec: dotPlot({ rows: Object.keys(document.table.classes), series, title: 'F1', domain: [0, 1] }),
  };
}

/** Shares of each true class. */
export function confusionChart(name: string, { confusion, perClass }: CellFigures): Chart {
  const classes = Object.keys(perClass);
  const shares = confusion.map((row) => {
    const all = row.reduce((sum, cells) => sum + cells, 0);
    return row.map((cells) => (all > 0 ? cells / all : null));
  });
  const words = classes.map((truth, c) => {
    const calls = classes.map((called, d) => `${called} ${shown(shares[c][d], 2)}`);
    return `${truth} is called ${calls.join(', ')}`;
  });
  return {
    key: `confusion-${name}`,
    title: `${name}: what cells of each class are called, as shares of the class`,
    words: `Confusion matrix: ${words.join('; ')}`,
    spec: heatMap({
      ...{ values: shares, rows: classes, columns: classes, columnTitle: 'called', rowTitle: 'class' },
      ...{ valueTitle: 'share', figures: (value: number) => value.toFixed(2) },
      ...{
        width: classes.length * Math.max(64, ...classes.map((one) => 12 + 6 * one.length)),
        height: Math.max(160, classes.length * 40),
        most: 1,
      },
    }),
  };
}

/** @param repeats what the bins' cells are counted over: each cell stands there once a repeat */
export function reliabilityChart(name: string, { reliability, ece }: CellFigures, repeats: number): Chart {
  const bins = reliability.flatMap(({ confidence, accuracy, cells }) =>
    confidence === null || accuracy === null ? [] : [{ confidence, accuracy, cells: cells / repeats }],
  );
  const band = bins.map(({ confidence, cells }) => ({
    x: confidence,
    ...calibratedBand(confidence, cells, BAND),
  }));
  const beyond = bins.filter(({ accuracy }, i) => accuracy < band[i].low || accuracy > band[i].high).length;
  return {
    key: `reliability-${name}`,
    title: `${name}: how often calls are right against how sure they are; grey is where ${percent(BAND)} of a calibrated classifier's bins lie`,
    words:
      `Reliability: ${bins.map(({ confidence, accuracy }) => `${shown(accuracy, 2)} right at ${shown(confidence, 2)}`).join(', ')}; ` +
      `${String(beyond)} of ${String(bins.length)} bins lie outside the band; ` +
      `ECE ${shown(ece.value)}, a calibrated classifier's stays below ${shown(ece.calibrated90)} nine times in ten`,
    spec: linePlot({
      bands: [{ colour: PALETTE.bar.light, points: band }],
      lines: [
        {
          name: 'calibrated',
          colour: QUIET,
          dash: [1, 3],
          points: [0, 1].map((end) => ({ x: end, y: end })),
        },
        {
          ...{ name, colour: PALETTE.blue.light, dash: [1, 0], wide: true, dots: true },
          points: bins.map(({ confidence, accuracy }) => ({ x: confidence, y: accuracy })),
        },
      ],
      ...{ x: { title: 'stated probability', domain: [0, 1] }, y: { title: 'share right', domain: [0, 1] } },
      ...{ width: 260, height: 260 },
    }),
  };
}

/** Of lines beside the one that is set off. */
export const STYLES: readonly Pick<Line, 'colour' | 'dash'>[] = [
  { colour: PALETTE.ochre.light, dash: [4, 2] },
  { colour: PALETTE.green.light, dash: [6, 2] },
  { colour: PALETTE.violet.light, dash: [2, 2] },
  { colour: PALETTE.red.light, dash: [8, 3, 2, 3] },
  { colour: PALETTE.teal.light, dash: [5, 2, 1, 2] },
  { colour: PALETTE.quiet.light, dash: [3, 3] },
  { colour: PALETTE.ink.light, dash: [1, 2] },
];

/** Every model; the best with its intervals. */
export function coverageChart(document: CellEvaluationDocument): Chart {
  const best = bestModel(document);
  const names = [best, ...Object.keys(document.models).filter((name) => name !== best)];
  const lines = names.map((name, i): Line => {
    const style =
      i === 0
        ? { colour: PALETTE.blue.light, dash: [1, 0], wide: true, dots: true }
        : STYLES[(i - 1) % STYLES.length];
    const points = document.models[name].coverage.flatMap(({ coverage, accuracy: { value, low, high } }) =>
      value === null ? [] : [{ x: coverage, y: value, ...(i === 0 ? { low, high } : {}) }],
    );
    return { name, ...style, points };
  });
  const said = lines[0].points.map(({ x, y }) => `${shown(y)} of the surest ${percent(x)}`);
  return {
    key: 'coverage',
    title: `Accuracy where only the surest cells are called; bars are 95 % intervals of ${best}`,
    words: `Accuracy of ${best}: ${said.join(', ')}`,
    spec: linePlot({
      lines,
      ...{ x: { title: 'share of cells called', domain: [0.5, 1] }, y: { title: 'accuracy' } },
      ...{ width: 460, height: 240 },
    }),
  };
}

/** Macro-F1 of the same out-of-fold calls, cells apart by an attribute; none where they were not judged apart. */
export function apartChart({ models }: CellEvaluationDocument): Chart[] {
  const values = [...new Set(Object.values(models).flatMap(({ apart }) => Object.keys(apart ?? {})))];
  if (values.length === 0) return [];
  const series = values.map((value) => ({
    name: value,
    points: Object.entries(models).flatMap(([row, { apart }]) => {
      const found = apart?.[value]?.macroF1;
      return found === undefined || found.value === null
        ? []
        : [{ row, value: found.value, low: found.low, high: found.high }];
    }),
  }));
  return [
    {
      key: 'apart',
      title: `Macro-F1 of ${values.join(' and of ')} cells apart; lines are 95 % intervals over donors`,
      words: series
        .map(
          ({ name, points }) =>
            `${name}: ${points.map(({ row, value }) => `${row} ${shown(value)}`).join(', ')}`,
        )
        .join('; '),
      spec: dotPlot({ rows: Object.keys(models), series, title: 'macro-F1' }),
    },
  ];
}

/** Share of attention by class and family, with its spread; none where the model has no attention. */
export function attentionCharts(name: string, { attention }: CellModelFigures): Chart[] {
  return attention === undefined ? [] : [attentionMap(name, attention), attentionDots(name, attention)];
}

function attentionMap(name: string, { families, classes, mean }: CellAttention): Chart {
  const words = classes.map((one, c) => {
    const ranked = families
      .map((family, f) => ({ family, share: mean[c][f] ?? 0 }))
      .sort((a, b) => b.share - a.share);
    return `${one} most on ${ranked
      .slice(0, 3)
      .map(({ family, share }) => `${family} ${shown(share)}`)
      .join(', ')}`;
  });
  return {
    key: `attention-${name}`,
    title: `${name}: share of attention on each family, by class`,
    words: `Attention: ${words.join('; ')}`,
    spec: heatMap({
      ...{
        values: families.map((_, f) => classes.map((__, c) => mean[c][f])),
        rows: families,
        columns: classes,
      },
      ...{ rowTitle: 'family', columnTitle: 'class', valueTitle: 'share' },
      ...{ figures: (value: number) => value.toFixed(2), width: Math.max(160, classes.length * 64) },
    }),
  };
}

function attentionDots(name: string, { families, classes, mean, sd }: CellAttention): Chart {
  const series = classes.map((one, c) => ({
    name: one,
    points: families.flatMap((row, f) => {
      const value = mean[c][f];
      const spread = sd[c][f];
      if (value === null) return [];
      return [
        {
          row,
          value,
          low: spread === null ? null : value - spread,
          high: spread === null ? null : value + spread,
        },
      ];
    }),
  }));
  return {
    key: `attention-spread-${name}`,
    title: `${name}: the same with its spread; lines are one standard deviation over folds to each side`,
    words: series
      .map(
        ({ name: one, points }) =>
          `${one}: ${points.map(({ row, value, high }) => `${row} ${shown(value)}${high === null ? '' : ` +/- ${shown(high - value)}`}`).join(', ')}`,
      )
      .join('; '),
    spec: dotPlot({ rows: families, series, title: 'share of attention' }),
  };
}
