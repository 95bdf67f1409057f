// The curves of a comparison as Vega specifications: real, generated and both floors in one plot each.
import type { Chart } from './drawing.ts';
import { linePlot, shownLines } from './line-plot.ts';
import type { LinePlot } from './line-plot.ts';
import { PALETTE } from './palette.ts';
import type { StatisticsDocument } from '../statistics/document.ts';

type Curve = StatisticsDocument['curves'][number];

const SERIES = [
  { key: 'real', name: 'real', colour: PALETTE.ink.light, dash: [1, 0] },
  { key: 'generated', name: 'generated', colour: PALETTE.blue.light, dash: [6, 2], wide: true },
  { key: 'poisson', name: 'Poisson', colour: PALETTE.quiet.light, dash: [1, 2] },
  { key: 'isiShuffle', name: 'ISI shuffle', colour: PALETTE.red.light, dash: [3, 3] },
] as const;

/** Nothing lies below 0 on either axis; a linear one begins there. */
const plotOf = ({ x, y, series }: Curve): LinePlot => ({
  lines: SERIES.map(({ key, ...style }) => ({
    ...style,
    points: (series[key] ?? []).flatMap((point) => (point.y === null ? [] : [{ x: point.x, y: point.y }])),
  })),
  x: { ...x, zero: true },
  y: { ...y, zero: true },
});

/** One chart a curve that has any point to show. */
export const statisticsCharts = ({ curves }: StatisticsDocument): Chart[] =>
  curves.flatMap((curve) => {
    const plot = plotOf(curve);
    const names = shownLines(plot).map(({ name }) => name);
    if (names.length === 0) return [];
    const { key, title, x, y } = curve;
    return [
      {
        key,
        title,
        words: `${title}: ${y.title} over ${x.title}, ${names.join(', ')} as lines`,
        spec: linePlot(plot),
      },
    ];
  });
