// A table of numbers as colours, as a Vega specification: attention by head and lag, importance by unit and lag, groups by groups.
// Seven shades, so that the report can turn them with the page; the legend gives the numbers.
import type { Spec } from 'vega';
import { axisText, BASE } from './drawing.ts';
import { INK, RAMP } from './palette.ts';

export interface HeatMap {
  /** (rows, columns); null leaves a cell empty. */
  readonly values: readonly (readonly (number | null)[])[];
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly rowTitle: string;
  readonly columnTitle: string;
  /** What a shade stands for. */
  readonly valueTitle: string;
  /** Shades by the logarithm, from the smallest value above 0. */
  readonly logarithmic?: boolean;
  readonly width?: number;
  readonly height?: number;
  /** Writes each value into its cell: two digits, or as the function says. */
  readonly figures?: boolean | ((value: number) => string);
  /** Most that a shade stands for; by default the largest value. */
  readonly most?: number;
}

/** Ends of the shades: as many as there are shades, the first left open below. */
function edges(values: readonly number[], logarithmic: boolean, most: number): number[] {
  const above = values.filter((value) => value > 0);
  const least = above.length > 0 ? Math.min(...above) : 0;
  const steps = RAMP.length;
  if (!logarithmic || least === 0 || least === most)
    return Array.from({ length: steps - 1 }, (_, i) => ((i + 1) * most) / steps);
  // Four decades tell enough; what lies below them is the first shade.
  const from = Math.max(least, most / 10_000);
  return Array.from({ length: steps - 1 }, (_, i) => from * (most / from) ** ((i + 1) / steps));
}

export function heatMap(map: HeatMap): Spec {
  const { values, rows, columns, logarithmic = false, figures = false } = map;
  const width = map.width ?? Math.max(120, Math.min(560, columns.length * 28));
  const height = map.height ?? Math.max(40, Math.min(480, rows.length * 22));
  const textOf = typeof figures === 'function' ? figures : (value: number) => value.toPrecision(2);
  const cells = values.flatMap((row, r) =>
    row.flatMap((value, c) =>
      value === null ? [] : [{ row: rows[r], column: columns[c], value, text: textOf(value) }],
    ),
  );
  const all = cells.map(({ value }) => value);
  const ends = edges(all, logarithmic, map.most ?? Math.max(...all, 0));
  // Where there are many names, as many as can be read.
  const some = (names: readonly string[], room: number): string[] => {
    const every = Math.ceil(names.length / Math.max(1, Math.floor(room)));
    return names.filter((_, i) => i % every === 0);
  };
  return {
    ...BASE,
    width,
    height,
    data: [{ name: 'cells', values: cells }],
    scales: [
      { name: 'x', type: 'band', domain: [...columns], range: 'width' },
      { name: 'y', type: 'band', domain: [...rows], range: 'height' },
      { name: 'shade', type: 'threshold', domain: ends, range: [...RAMP] },
    ],
    axes: [
      {
        ...{ ...axisText, scale: 'x', orient: 'bottom' as const, title: map.columnTitle },
        ...{ values: some(columns, width / 34), domain: false, ticks: false },
      },
      {
        ...{ ...axisText, scale: 'y', orient: 'left' as const, title: map.rowTitle },
        ...{ values: some(rows, height / 14), domain: false, ticks: false },
      },
    ],
    legends: [
      {
        ...{ fill: 'shade', title: map.valueTitle, orient: 'right', type: 'symbol', symbolType: 'square' },
        ...{ symbolSize: 120, labelColor: INK, titleColor: INK, titleFontWeight: 'normal', format: '.2~g' },
      },
    ],
    marks: [
      {
        type: 'rect',
        from: { data: 'cells' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'column' },
            y: { scale: 'y', field: 'row' },
            width: { scale: 'x', band: 1 },
            height: { scale: 'y', band: 1 },
            fill: { scale: 'shade', field: 'value' },
          },
        },
      },
      ...(figures !== false
        ? [
            {
              type: 'text' as const,
              from: { data: 'cells' },
              encode: {
                enter: {
                  x: { scale: 'x', field: 'column', band: 0.5 },
                  y: { scale: 'y', field: 'row', band: 0.5 },
                  text: { field: 'text' },
                  align: { value: 'center' as const },
                  baseline: { value: 'middle' as const },
                  fontSize: { value: 11 },
                  // Dark shades take the light of the paper.
                  fill: [{ test: `datum.value >= ${String(ends[3])}`, value: RAMP[0] }, { value: INK }],
                },
              },
            },
          ]
        : []),
    ],
  };
}
