// One figure of each unit against another, as a Vega specification, with the line on which both are equal.
import type { Spec } from 'vega';
import { axisText, BASE } from './drawing.ts';
import { ACCENT, QUIET } from './palette.ts';

export interface ScatterPlot {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly x: string;
  readonly y: string;
}

export function scatterPlot({ points, x, y }: ScatterPlot): Spec {
  const all = points.flatMap((point) => [point.x, point.y]);
  const domain = [Math.min(0, ...all), Math.max(0, ...all)];
  const scale = (name: 'x' | 'y') => ({
    ...{ name, type: 'linear' as const, domain, nice: true },
    range: name === 'x' ? ('width' as const) : ('height' as const),
  });
  return {
    ...BASE,
    width: 240,
    height: 240,
    data: [
      { name: 'units', values: points.map((point) => ({ ...point })) },
      { name: 'equal', values: domain.map((end) => ({ end })) },
    ],
    scales: [scale('x'), scale('y')],
    axes: [
      { ...axisText, scale: 'x', orient: 'bottom', title: x, grid: true, tickCount: 5 },
      { ...axisText, scale: 'y', orient: 'left', title: y, grid: true, tickCount: 5 },
    ],
    marks: [
      {
        type: 'line',
        from: { data: 'equal' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'end' },
            y: { scale: 'y', field: 'end' },
            stroke: { value: QUIET },
            strokeDash: { value: [4, 3] },
          },
        },
      },
      {
        type: 'symbol',
        from: { data: 'units' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'x' },
            y: { scale: 'y', field: 'y' },
            size: { value: 28 },
            fill: { value: ACCENT },
            fillOpacity: { value: 0.65 },
          },
        },
      },
    ],
  };
}
