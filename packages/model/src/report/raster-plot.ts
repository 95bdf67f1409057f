// Rasters side by side as a Vega specification: a stroke a spike, all of a raster in one path, so that thousands stay one mark.
import type { Mark, Spec } from 'vega';
import { axisText, BASE } from './drawing.ts';
import { INK, QUIET } from './palette.ts';

export interface RasterPanel {
  readonly title: string;
  /** Bins with a spike of each unit, from 0. */
  readonly trains: readonly (readonly number[])[];
}

export interface RasterPlot {
  readonly panels: readonly RasterPanel[];
  readonly bins: number;
  readonly binMilliseconds: number;
}

const WIDTH = 300;
const TITLE = { color: INK, fontSize: 12, fontWeight: 'normal', anchor: 'start' } as const;
const rowHeight = (units: number): number => Math.max(2, Math.min(14, 300 / Math.max(1, units)));

/** Strokes in pixels: x by bin, one row a unit, the first on top. */
function strokes(trains: RasterPanel['trains'], bins: number, row: number): string {
  const length = Number((0.8 * row).toFixed(2));
  return trains
    .flatMap((train, unit) =>
      train.map((bin) => {
        const x = ((bin + 0.5) * WIDTH) / bins;
        return `M${Number(x.toFixed(1))} ${Number((unit * row).toFixed(1))}v${length}`;
      }),
    )
    .join('');
}

export function rasterPlot({ panels, bins, binMilliseconds }: RasterPlot): Spec {
  const units = Math.max(1, ...panels.map(({ trains }) => trains.length));
  const row = rowHeight(units);
  const height = units * row;
  const seconds = (bins * binMilliseconds) / 1000;
  const panel = ({ title, trains }: RasterPanel, place: number): Mark => ({
    type: 'group',
    title: { ...TITLE, text: title },
    encode: { enter: { width: { value: WIDTH }, height: { value: height }, stroke: { value: QUIET } } },
    scales: [
      { name: 'x', type: 'linear', domain: [0, seconds], range: [0, WIDTH] },
      { name: 'y', type: 'linear', domain: [0, units], range: [0, height] },
    ],
    axes: [
      { ...axisText, scale: 'x', orient: 'bottom', title: 'time (s)', tickCount: 4 },
      ...(place === 0
        ? [
            {
              ...axisText,
              scale: 'y',
              orient: 'left' as const,
              title: 'unit',
              tickCount: Math.min(6, units),
              format: 'd',
            },
          ]
        : []),
    ],
    marks: [
      {
        type: 'path',
        encode: {
          enter: {
            path: { value: strokes(trains, bins, row) },
            stroke: { value: INK },
            strokeWidth: { value: 1 },
          },
        },
      },
    ],
  });
  return {
    ...BASE,
    layout: { columns: panels.length, padding: 24, align: 'all' },
    marks: panels.map(panel),
  };
}
