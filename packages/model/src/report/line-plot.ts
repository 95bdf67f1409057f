// Lines over a common pair of axes as a Vega specification: curves of training, ROC and PR curves, reliability, calibration length,
// statistics, lags. Told apart by dash and width as well as by colour.
import type { Mark, Scale, Spec } from 'vega';
import { axisText, BASE } from './drawing.ts';
import { INK } from './palette.ts';

export interface Line {
  readonly name: string;
  readonly colour: string;
  /** Lengths of strokes and gaps; [1, 0] is solid. */
  readonly dash: readonly number[];
  readonly points: readonly LinePoint[];
  /** Draws the points as well. */
  readonly dots?: boolean;
  readonly wide?: boolean;
}

export interface LinePoint {
  readonly x: number;
  readonly y: number;
  /** Ends of an interval, drawn as a bar. */
  readonly low?: number | null;
  readonly high?: number | null;
}

/** An area between two ends, behind the lines. */
export interface Band {
  readonly colour: string;
  readonly points: readonly { readonly x: number; readonly low: number; readonly high: number }[];
}

export interface PlotAxis {
  readonly title: string;
  readonly logarithmic?: boolean;
  /** Both ends; by default what the points reach, from 0 where `zero`. */
  readonly domain?: readonly [number, number];
  readonly zero?: boolean;
}

export interface LinePlot {
  readonly lines: readonly Line[];
  readonly bands?: readonly Band[];
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly width?: number;
  readonly height?: number;
}

/** A logarithmic axis has no place for 0 and less. */
const fits = (value: number, { logarithmic = false }: PlotAxis): boolean =>
  Number.isFinite(value) && (!logarithmic || value > 0);

/** Lines that have a point to show. */
export const shownLines = ({ lines, x, y }: LinePlot): Line[] =>
  lines
    .map((line) => ({ ...line, points: line.points.filter((point) => fits(point.x, x) && fits(point.y, y)) }))
    .filter(({ points }) => points.length > 0);

function scaleOf(name: 'x' | 'y', axis: PlotAxis, ends: readonly number[]): Scale {
  const { domain, logarithmic = false, zero = false } = axis;
  const about = {
    name,
    domain:
      domain === undefined
        ? [Math.min(...ends, ...(zero && !logarithmic ? [0] : [])), Math.max(...ends)]
        : [...domain],
    range: name === 'x' ? ('width' as const) : ('height' as const),
    // Wide axes of few points need no rounding outwards along x.
    nice: domain === undefined && (name === 'y' || zero || logarithmic),
  };
  return logarithmic ? { ...about, type: 'log' } : { ...about, type: 'linear', zero };
}

/** A logarithmic axis names its decades, and within fewer than two of them 2 and 5 as well. */
function ticksOf({ logarithmic = false, domain }: PlotAxis, tickCount: number, ends: readonly number[]) {
  if (!logarithmic) return { tickCount };
  const [low, high] = domain ?? [Math.min(...ends), Math.max(...ends)];
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.ceil(Math.log10(high) - 1e-9);
  const every = Math.max(1, Math.ceil((last - first) / 8));
  const within = last - first < 2 ? [1, 2, 5] : [1];
  const values: number[] = [];
  for (let decade = first; decade <= last; decade += every)
    for (const digit of within) values.push(Number(`${String(digit)}e${String(decade)}`));
  return {
    values: domain === undefined ? values : values.filter((value) => value >= low && value <= high),
    labelOverlap: true,
    encode: { labels: { update: { text: { signal: "format(datum.value, '.2~r')" } } } },
  };
}

export function linePlot(plot: LinePlot): Spec {
  const { x, y, bands = [], width = 380, height = 200 } = plot;
  const lines = shownLines(plot);
  const points = lines.flatMap(({ name, wide, points: own }) =>
    own.map(({ low = null, high = null, ...at }, order) => ({
      name,
      order,
      wide: wide === true,
      low,
      high,
      ...at,
    })),
  );
  const bars = points.filter(({ low, high }) => low !== null && high !== null && fits(low, y));
  const ends = (key: 'x' | 'y'): number[] => [
    ...points.map((point) => point[key]),
    ...(key === 'y' ? bars.flatMap(({ low, high }) => [low ?? 0, high ?? 0]) : []),
  ];
  const names = lines.map(({ name }) => name);
  const dots = lines.filter((line) => line.dots === true).map(({ name }) => name);
  return {
    ...BASE,
    width,
    height,
    data: [
      { name: 'points', values: points },
      { name: 'bars', values: bars },
      { name: 'dots', values: points.filter(({ name }) => dots.includes(name)) },
      ...bands.map((band, i) => ({
        name: `band-${String(i)}`,
        values: band.points.map((point) => ({ ...point })),
      })),
    ],
    scales: [
      scaleOf('x', x, ends('x')),
      scaleOf('y', y, ends('y')),
      { name: 'colour', type: 'ordinal', domain: names, range: lines.map(({ colour }) => colour) },
      { name: 'dash', type: 'ordinal', domain: names, range: lines.map(({ dash }) => [...dash]) },
    ],
    axes: [
      { ...axisText, scale: 'x', orient: 'bottom', title: x.title, ...ticksOf(x, 6, ends('x')) },
      { ...axisText, scale: 'y', orient: 'left', title: y.title, grid: true, ...ticksOf(y, 5, ends('y')) },
    ],
    ...(names.length > 1
      ? {
          legends: [
            {
              ...{ stroke: 'colour', strokeDash: 'dash', symbolType: 'stroke', orient: 'top' as const },
              ...{ columns: Math.max(2, Math.floor(width / 120)), labelColor: INK, symbolStrokeWidth: 2 },
            },
          ],
        }
      : {}),
    marks: [...bands.map(bandMark), ...LINES, ...BARS, ...DOTS],
  };
}

const bandMark = ({ colour }: Band, i: number): Mark => ({
  type: 'area',
  from: { data: `band-${String(i)}` },
  encode: {
    enter: {
      x: { scale: 'x', field: 'x' },
      y: { scale: 'y', field: 'low' },
      y2: { scale: 'y', field: 'high' },
      fill: { value: colour },
    },
  },
});
const LINES: Mark[] = [
  {
    type: 'group',
    from: { facet: { name: 'curve', data: 'points', groupby: 'name' } },
    marks: [
      {
        type: 'line',
        from: { data: 'curve' },
        sort: { field: 'order' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'x' },
            y: { scale: 'y', field: 'y' },
            stroke: { scale: 'colour', field: 'name' },
            strokeDash: { scale: 'dash', field: 'name' },
            strokeWidth: [{ test: 'datum.wide', value: 2.4 }, { value: 1.5 }],
          },
        },
      },
    ],
  },
];
const BARS: Mark[] = [
  {
    type: 'rule',
    from: { data: 'bars' },
    encode: {
      enter: {
        x: { scale: 'x', field: 'x' },
        y: { scale: 'y', field: 'low' },
        y2: { scale: 'y', field: 'high' },
        stroke: { scale: 'colour', field: 'name' },
      },
    },
  },
];
const DOTS: Mark[] = [
  {
    type: 'symbol',
    from: { data: 'dots' },
    encode: {
      enter: {
        x: { scale: 'x', field: 'x' },
        y: { scale: 'y', field: 'y' },
        size: { value: 36 },
        fill: { scale: 'colour', field: 'name' },
      },
    },
  },
];
