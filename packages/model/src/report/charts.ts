// The two charts that every report has, as Vega specifications: scores as bars, and training as curves.
import type { Spec } from 'vega';
import { axisText, BASE } from './drawing.ts';
import { linePlot } from './line-plot.ts';
import { ACCENT, INK, PALETTE, QUIET } from './palette.ts';

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /** Set off from the others, by colour and by an outline. */
  readonly marked: boolean;
}

export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** Horizontal bars with intervals as lines, in the order given; the axis ends at what they reach, or at `domain`. */
export function barSpec(bars: readonly Bar[], title: string, domain?: readonly [number, number]): Spec {
  const reach = bars.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
  return {
    ...BASE,
    width: 460,
    height: Math.max(24, bars.length * 24),
    data: [{ name: 'bars', values: bars.map((bar) => ({ ...bar })) }],
    scales: [
      {
        name: 'x',
        type: 'linear',
        domain: domain === undefined ? [Math.min(0, ...reach), Math.max(0, ...reach)] : [...domain],
        nice: domain === undefined,
        range: 'width',
      },
      { name: 'y', type: 'band', domain: bars.map(({ name }) => name), range: 'height', padding: 0.25 },
    ],
    axes: [
      { ...axisText, scale: 'x', orient: 'bottom', title, grid: true, tickCount: 6 },
      { ...axisText, scale: 'y', orient: 'left', domain: false, ticks: false },
    ],
    marks: [
      {
        type: 'rect',
        from: { data: 'bars' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'value' },
            x2: { scale: 'x', value: 0 },
            y: { scale: 'y', field: 'name' },
            height: { scale: 'y', band: 1 },
            fill: [{ test: 'datum.marked', value: ACCENT }, { value: PALETTE.bar.light }],
            stroke: [{ test: 'datum.marked', value: INK }, { value: QUIET }],
          },
        },
      },
      {
        type: 'rule',
        from: { data: 'bars' },
        encode: {
          enter: {
            x: { scale: 'x', signal: 'datum.low === null ? datum.value : datum.low' },
            x2: { scale: 'x', signal: 'datum.high === null ? datum.value : datum.high' },
            y: { scale: 'y', field: 'name', band: 0.5 },
            stroke: { value: INK },
            strokeWidth: { value: 2 },
          },
        },
      },
      {
        type: 'rule',
        encode: {
          enter: {
            x: { scale: 'x', value: 0 },
            y: { value: 0 },
            y2: { signal: 'height' },
            stroke: { value: INK },
          },
        },
      },
    ],
  };
}

/** Lines over training steps. */
export const curveSpec = (curves: readonly Curve[], title: string): Spec =>
  linePlot({
    lines: curves.map((curve, i) => ({
      ...curve,
      colour: i === 0 ? ACCENT : PALETTE.red.light,
      dash: i === 0 ? [1, 0] : [5, 3],
    })),
    x: { title: 'step' },
    y: { title },
    height: 180,
  });
