// The curves of a comparison as Vega specifications: real, generated and both floors in one plot each, told apart by dash as
// well as by colour.
import type { Scale, Spec } from 'vega';
import { axisText, BASE, LINE_LEGENDS, LINE_MARKS } from './charts.ts';
import type { StatisticsDocument } from '../statistics/document.ts';

type Curve = StatisticsDocument['curves'][number];

export interface StatisticsChart {
  readonly key: string;
  readonly title: string;
  readonly spec: Spec;
}

const SERIES = [
  { key: 'real', name: 'real', colour: '#1f2933', dash: [1, 0] },
  { key: 'generated', name: 'generated', colour: '#0b6e99', dash: [6, 2] },
  { key: 'poisson', name: 'Poisson', colour: '#7b8794', dash: [1, 2] },
  { key: 'isiShuffle', name: 'ISI shuffle', colour: '#a23b2a', dash: [3, 3] },
] as const;

/** Points that an axis can show: a logarithmic one has no place for 0. */
function shown({ x, y, series }: Curve): { name: string; x: number; y: number }[] {
  const fits = (value: number, logarithmic: boolean): boolean => !logarithmic || value > 0;
  return SERIES.flatMap(({ key, name }) =>
    (series[key] ?? []).flatMap((point) =>
      point.y !== null && fits(point.x, x.logarithmic) && fits(point.y, y.logarithmic)
        ? [{ name, x: point.x, y: point.y }]
        : [],
    ),
  );
}

function scale(name: 'x' | 'y', logarithmic: boolean): Scale {
  const about = {
    name,
    domain: { data: 'points', field: name },
    range: name === 'x' ? ('width' as const) : ('height' as const),
    nice: true,
  };
  // Nothing lies below 0 on either axis; a linear one begins there.
  return logarithmic ? { ...about, type: 'log' } : { ...about, type: 'linear', zero: true };
}

function specOf(curve: Curve): Spec {
  const values = shown(curve);
  const used = SERIES.filter(({ name }) => values.some((value) => value.name === name));
  const names = used.map(({ name }) => name);
  return {
    ...BASE,
    width: 380,
    height: 200,
    data: [{ name: 'points', values }],
    scales: [
      scale('x', curve.x.logarithmic),
      scale('y', curve.y.logarithmic),
      { name: 'colour', type: 'ordinal', domain: names, range: used.map(({ colour }) => colour) },
      { name: 'dash', type: 'ordinal', domain: names, range: used.map(({ dash }) => [...dash]) },
    ],
    axes: [
      { ...axisText, scale: 'x', orient: 'bottom', title: curve.x.title, tickCount: 6 },
      { ...axisText, scale: 'y', orient: 'left', title: curve.y.title, grid: true, tickCount: 5 },
    ],
    legends: LINE_LEGENDS,
    marks: LINE_MARKS,
  };
}

/** One chart a curve that has any point to show. */
export const statisticsCharts = ({ curves }: StatisticsDocument): StatisticsChart[] =>
  curves
    .filter((curve) => shown(curve).length > 0)
    .map((curve) => ({ key: curve.key, title: curve.title, spec: specOf(curve) }));
