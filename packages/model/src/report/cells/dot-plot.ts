// Values with intervals by row, several series beside one another in each row, as a Vega specification. Series differ by the shape of
// their dots as well as by colour.
import type { Spec } from 'vega';
import { axisText, BASE } from '../drawing.ts';
import { INK, PALETTE } from '../palette.ts';

export interface DotPlot {
  readonly rows: readonly string[];
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly {
      readonly row: string;
      readonly value: number;
      readonly low: number | null;
      readonly high: number | null;
    }[];
  }[];
  /** Upright strokes across a row: what the series are compared with. */
  readonly ticks?: readonly { readonly row: string; readonly value: number }[];
  readonly title: string;
  /** Ends of the axis; by default what the points reach. */
  readonly domain?: readonly [number, number];
}

export const SERIES_COLOURS: readonly string[] = [
  PALETTE.blue.light,
  PALETTE.red.light,
  PALETTE.green.light,
  PALETTE.violet.light,
  PALETTE.ochre.light,
  PALETTE.teal.light,
];
export const SERIES_SHAPES: readonly string[] = [
  'circle',
  'diamond',
  'triangle-up',
  'square',
  'cross',
  'triangle-down',
];

export function dotPlot({ rows, series, ticks = [], title, domain }: DotPlot): Spec {
  const values = series.flatMap(({ name, points }) => points.map((point) => ({ ...point, series: name })));
  const reach = values.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
  const names = series.map(({ name }) => name);
  const place = { signal: "scale('y', datum.row) + scale('within', datum.series)" };
  const band = Math.max(22, 10 + 10 * names.length);
  return {
    ...BASE,
    width: 420,
    height: rows.length * band,
    data: [
      { name: 'points', values },
      { name: 'ticks', values: ticks.map((tick) => ({ ...tick })) },
    ],
    scales: [
      {
        name: 'x',
        type: 'linear',
        domain: domain === undefined ? [Math.min(...reach), Math.max(...reach)] : [...domain],
        ...{ nice: domain === undefined, zero: false, range: 'width' as const },
      },
      { name: 'y', type: 'band', domain: [...rows], range: 'height' },
      { name: 'within', type: 'point', domain: names, range: [0, band], padding: 1 },
      { name: 'colour', type: 'ordinal', domain: names, range: [...SERIES_COLOURS] },
      { name: 'shape', type: 'ordinal', domain: names, range: [...SERIES_SHAPES] },
    ],
    axes: [
      { ...axisText, scale: 'x', orient: 'bottom', title, grid: true, tickCount: 6 },
      { ...axisText, scale: 'y', orient: 'left', domain: false, ticks: false, labelLimit: 360 },
    ],
    ...(names.length > 1
      ? {
          legends: [
            {
              ...{ fill: 'colour', shape: 'shape', orient: 'top' as const, labelColor: INK },
              ...{ columns: Math.min(names.length, 4), symbolStrokeWidth: 0 },
            },
          ],
        }
      : {}),
    marks: [
      {
        type: 'rule',
        from: { data: 'points' },
        encode: {
          enter: {
            x: { scale: 'x', signal: 'datum.low === null ? datum.value : datum.low' },
            x2: { scale: 'x', signal: 'datum.high === null ? datum.value : datum.high' },
            y: place,
            stroke: { scale: 'colour', field: 'series' },
            strokeWidth: { value: 1.5 },
          },
        },
      },
      {
        type: 'symbol',
        from: { data: 'points' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'value' },
            y: place,
            shape: { scale: 'shape', field: 'series' },
            fill: { scale: 'colour', field: 'series' },
            size: { value: 46 },
          },
        },
      },
      {
        type: 'rule',
        from: { data: 'ticks' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'value' },
            y: { scale: 'y', field: 'row', offset: 2 },
            y2: { scale: 'y', field: 'row', band: 1, offset: -2 },
            stroke: { value: INK },
            strokeWidth: { value: 2.5 },
          },
        },
      },
    ],
  };
}
