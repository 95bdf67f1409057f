// Charts as Vega specifications, drawn to SVG text. Vega needs no document for that, so the same code runs on every host;
// it is loaded only when a chart is drawn.
import type { Legend, Mark, Spec } from 'vega';

const INK = '#1f2933';
const QUIET = '#7b8794';
const ACCENT = '#0b6e99';

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

export const BASE = { autosize: 'pad', padding: 6, background: 'white' } as const;
export const axisText = {
  labelColor: INK,
  titleColor: INK,
  titleFontWeight: 'normal',
  tickColor: QUIET,
} as const;

/** Horizontal bars with intervals as lines, in the order given. */
export function barSpec(bars: readonly Bar[], title: string): Spec {
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
        domain: [Math.min(0, ...reach), Math.max(0, ...reach)],
        nice: true,
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
            fill: [{ test: 'datum.marked', value: ACCENT }, { value: '#cbd2d9' }],
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

/** Lines of `points` { name, x, y } by scales x, y, colour and dash, one a name. */
export const LINE_MARKS: Mark[] = [
  {
    type: 'group',
    from: { facet: { name: 'curve', data: 'points', groupby: 'name' } },
    marks: [
      {
        type: 'line',
        from: { data: 'curve' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'x' },
            y: { scale: 'y', field: 'y' },
            stroke: { scale: 'colour', field: 'name' },
            strokeDash: { scale: 'dash', field: 'name' },
            strokeWidth: { value: 1.6 },
          },
        },
      },
    ],
  },
];
export const LINE_LEGENDS: Legend[] = [
  { stroke: 'colour', strokeDash: 'dash', symbolType: 'stroke', orient: 'top' },
];

/** Lines over training steps, told apart by dash as well as by colour. */
export function curveSpec(curves: readonly Curve[], title: string): Spec {
  const values = curves.flatMap(({ name, points }) => points.map(({ x, y }) => ({ name, x, y })));
  const names = curves.map(({ name }) => name);
  return {
    ...BASE,
    width: 380,
    height: 180,
    data: [{ name: 'points', values }],
    scales: [
      { name: 'x', type: 'linear', domain: { data: 'points', field: 'x' }, range: 'width', zero: false },
      {
        name: 'y',
        type: 'linear',
        domain: { data: 'points', field: 'y' },
        range: 'height',
        zero: false,
        nice: true,
      },
      { name: 'colour', type: 'ordinal', domain: names, range: [ACCENT, '#a23b2a'] },
      {
        name: 'dash',
        type: 'ordinal',
        domain: names,
        range: [
          [1, 0],
          [5, 3],
        ],
      },
    ],
    axes: [
      { ...axisText, scale: 'x', orient: 'bottom', title: 'step', tickCount: 6 },
      { ...axisText, scale: 'y', orient: 'left', title, grid: true, tickCount: 5 },
    ],
    ...(names.length > 1 ? { legends: LINE_LEGENDS } : {}),
    marks: LINE_MARKS,
  };
}

/** SVG text for an HTML document: without namespaces (only a file of its own needs them) and Vega's class names. */
export async function drawSvg(spec: Spec): Promise<string> {
  const { parse, View } = await import('vega');
  const view = new View(parse(spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  // Hundredths of a pixel are enough, and hide the last bits in which hosts may differ.
  const rounded = svg.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (value) =>
    String(Math.round(Number(value) * 100) / 100),
  );
  return rounded.replace(/ (?:xmlns(?::xlink)?|class)="[^"]*"/g, '');
}
