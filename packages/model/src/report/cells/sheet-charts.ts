// One cell as Vega specifications: probabilities of its classes, its features against those of each class, the spikes found in its
// sweeps, and its feature families.
import type { Spec } from 'vega';
import { FAMILIES } from '../../celltypes/features/index.ts';
import type { CellFeatures, SweepSpikes } from '../../celltypes/features/index.ts';
import { barSpec } from '../charts.ts';
import { axisText, BASE } from '../drawing.ts';
import type { Chart } from '../drawing.ts';
import { linePlot } from '../line-plot.ts';
import { ACCENT, INK, PALETTE, QUIET } from '../palette.ts';
import type { PredictedCell } from './documents.ts';
import { dotPlot } from './dot-plot.ts';

/** Features of a call that are drawn. */
const FEATURES_SHOWN = 8;

export function probabilityChart({ cell, likeliest, probabilities }: PredictedCell): Chart {
  const bars = Object.entries(probabilities)
    .sort(([, a], [, b]) => b - a)
    .map(([name, value]) => ({ name, value, low: null, high: null, marked: name === likeliest }));
  return {
    key: 'probabilities',
    title: `${cell}: calibrated probability of each class`,
    words: `Bar chart of probabilities: ${bars.map(({ name, value }) => `${name} ${value.toFixed(3)}`).join(', ')}`,
    spec: barSpec(bars, 'probability', [0, 1]),
  };
}

/** The features that the call rests on most, beside where 80 % of each class's training cells lie; none where nothing is known of them. */
export function featureChart({ cell, evidence }: PredictedCell): Chart[] {
  const rows = evidence.slice(0, FEATURES_SHOWN).flatMap(({ feature, unit, value, ofClasses }) => {
    const classes = Object.entries(ofClasses);
    const ends = classes.flatMap(([, [low, , high]]) => [low, high]);
    const known = [value, ...ends].filter((end): end is number => end !== null);
    if (value === null || known.length < ends.length + 1) return [];
    // One scale a row: from the lowest 10 % to the highest 90 % of the classes.
    const from = Math.min(...known.slice(1));
    const length = Math.max(...known.slice(1)) - from || 1;
    const along = (one: number) => (one - from) / length;
    return [{ row: unit === '' ? feature : `${feature} (${unit})`, value, along, classes }];
  });
  if (rows.length === 0) return [];
  const names = [...new Set(rows.flatMap(({ classes }) => classes.map(([name]) => name)))];
  const series = names.map((name) => ({
    name,
    points: rows.flatMap(({ row, along, classes }) => {
      const [low, middle, high] = classes.find(([one]) => one === name)?.[1] ?? [null, null, null];
      return low === null || middle === null || high === null
        ? []
        : [{ row, value: along(middle), low: along(low), high: along(high) }];
    }),
  }));
  // Far beyond every class is far enough to be drawn at the edge.
  const ticks = rows.map(({ row, value, along }) => ({
    row,
    value: Math.max(-0.25, Math.min(1.25, along(value))),
  }));
  return [
    {
      key: 'features',
      title: `${cell}: the features that weigh most (upright strokes) against the classes: median and 10 to 90 % of training cells; strokes at the edges lie further out`,
      words: `Features of the cell: ${rows
        .map(({ row, value, classes }) => {
          const of = classes.map(([name, [low, , high]]) => `${name} ${digits(low)} to ${digits(high)}`);
          return `${row} ${digits(value)}, where 80 % of cells have ${of.join(', ')}`;
        })
        .join('; ')}`,
      spec: dotPlot({
        ...{ rows: rows.map(({ row }) => row), series, ticks, domain: [-0.3, 1.3] },
        title: 'from the lowest 10 % (0) to the highest 90 % (1) of the classes',
      }),
    },
  ];
}

const digits = (value: number | null): string =>
  value === null ? '-' : String(Number(value.toPrecision(3)));

/** Strokes at the peaks, a row a sweep, the strongest current on top; none where no sweep has a spike. */
export function spikesChart(cell: string, { sweeps }: CellFeatures): Chart[] {
  const rows = sweeps
    .filter(({ spikes }) => spikes.length > 0)
    .toSorted(
      (a, b) =>
        SHAPES.indexOf(a.shape) - SHAPES.indexOf(b.shape) || b.amplitude - a.amplitude || a.number - b.number,
    )
    .map((sweep) => ({ sweep, name: nameOf(sweep), times: peaksOf(sweep) }));
  if (rows.length === 0) return [];
  return [
    {
      key: 'spikes',
      title: `${cell}: peaks of the spikes found, by sweep`,
      words: `Raster of spikes: ${rows.map(({ name, times }) => `${name}: ${String(times.length)}`).join('; ')}`,
      spec: strokesSpec(rows.map(({ name, times }) => ({ name, times }))),
    },
    ...voltageChart(
      cell,
      rows.map(({ sweep }) => sweep),
    ),
  ];
}

const SHAPES: readonly SweepSpikes['shape'][] = ['long-square', 'ramp', 'short-square', 'other'];
const nameOf = ({ shape, amplitude, number }: SweepSpikes): string =>
  `${shape.replace('-', ' ')} ${amplitude.toFixed(0)} pA, sweep ${String(number)}`;
const peaksOf = ({ spikes, samplingRate }: SweepSpikes): number[] =>
  spikes.map(({ peakIndex }) => peakIndex / samplingRate);

function strokesSpec(rows: readonly { readonly name: string; readonly times: readonly number[] }[]): Spec {
  const all = rows.flatMap(({ times }) => times);
  return {
    ...BASE,
    width: 380,
    height: rows.length * 16,
    data: [
      { name: 'spikes', values: rows.flatMap(({ name, times }) => times.map((time) => ({ name, time }))) },
    ],
    scales: [
      { name: 'x', type: 'linear', domain: [0, Math.max(...all)], nice: true, range: 'width' },
      { name: 'y', type: 'band', domain: rows.map(({ name }) => name), range: 'height', padding: 0.2 },
    ],
    axes: [
      { ...axisText, scale: 'x', orient: 'bottom', title: 'time in the sweep (s)', grid: true, tickCount: 5 },
      { ...axisText, scale: 'y', orient: 'left', domain: false, ticks: false, labelLimit: 360 },
    ],
    marks: [
      {
        type: 'rule',
        from: { data: 'spikes' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'time' },
            y: { scale: 'y', field: 'name' },
            y2: { scale: 'y', field: 'name', band: 1 },
            stroke: { value: INK },
          },
        },
      },
    ],
  };
}

/** Thresholds, peaks and troughs of the long square with the most spikes. */
function voltageChart(cell: string, sweeps: readonly SweepSpikes[]): Chart[] {
  const long = sweeps.filter(({ shape }) => shape === 'long-square');
  if (long.length === 0) return [];
  const most = long.reduce((a, b) => (b.spikes.length > a.spikes.length ? b : a));
  const line = (
    name: string,
    colour: string,
    dash: number[],
    of: (spike: SweepSpikes['spikes'][number]) => number,
  ) => ({
    ...{ name, colour, dash, dots: true },
    points: most.spikes.map((spike) => ({ x: spike.peakIndex / most.samplingRate, y: of(spike) })),
  });
  const lines = [
    line('peak', ACCENT, [1, 0], ({ peak }) => peak),
    line('threshold', PALETTE.red.light, [5, 3], ({ threshold }) => threshold),
    line('fast trough', PALETTE.green.light, [2, 2], ({ fastTrough }) => fastTrough),
  ];
  const said = lines.map(({ name, points }) => {
    const known = points.map(({ y }) => y).filter(Number.isFinite);
    return `${name} ${digits(known[0] ?? null)} mV at first, ${digits(known.at(-1) ?? null)} mV at last`;
  });
  return [
    {
      key: 'voltages',
      title: `${cell}: the spikes of ${nameOf(most)}`,
      words: `${String(most.spikes.length)} spikes: ${said.join('; ')}`,
      spec: linePlot({
        lines,
        x: { title: 'time in the sweep (s)' },
        y: { title: 'mV' },
        width: 340,
        height: 180,
      }),
    },
  ];
}

/** A small chart a family that is there: its parts one after the other, as in the vector. */
export function familyCharts({ families }: CellFeatures): Chart[] {
  return FAMILIES.flatMap(({ name, parts, points, unit, content }) => {
    const values = families[name];
    const known = values?.filter(Number.isFinite);
    if (values === undefined || known === undefined || known.length === 0) return [];
    const [low, high] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
    return [
      {
        key: `family-${name}`,
        title: `${name}${unit === '' ? '' : ` (${unit})`}`,
        words: `${name}: ${content}; ${parts.join(', ')}; from ${digits(low)} to ${digits(high)}${unit === '' ? '' : ` ${unit}`}`,
        spec: familySpec([...values], parts, points, spreadOf(low, high)),
      },
    ];
  });
}

const WIDTH = 230;

/** What hardly varies gets room above and below: 2 % of its size at least, so that the last digits do not fill the chart. */
function spreadOf(low: number, high: number): [number, number] {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const room = Math.max(0, 0.02 * size - (high - low)) / 2 || (high > low ? 0 : 1);
  return [low - room, high + room];
}

function familySpec(
  values: readonly number[],
  parts: readonly string[],
  points: number,
  domain: readonly [number, number],
): Spec {
  const gap = Math.ceil(points / 12);
  const at = (i: number) => i + Math.floor(i / points) * gap;
  const middles = parts.map((_, part) => part * (points + gap) + points / 2);
  return {
    ...BASE,
    width: WIDTH,
    height: 70,
    data: [
      {
        name: 'values',
        values: values.map((value, i) => ({
          part: Math.floor(i / points),
          x: at(i),
          y: Number.isFinite(value) ? value : null,
        })),
      },
      { name: 'parts', values: parts.map((label, part) => ({ x: middles[part], label })) },
    ],
    scales: [
      { name: 'x', type: 'linear', domain: [0, at(values.length - 1)], range: 'width', zero: false },
      {
        name: 'y',
        type: 'linear',
        domain: [...domain],
        range: 'height',
        zero: false,
        nice: true,
      },
    ],
    axes: [
      // One room for labels, so that charts stand in columns.
      { ...axisText, scale: 'y', orient: 'left', tickCount: 3, grid: true, minExtent: 44, maxExtent: 44 },
    ],
    marks: [
      {
        type: 'group',
        from: { facet: { name: 'part', data: 'values', groupby: 'part' } },
        marks: [
          {
            type: 'line',
            from: { data: 'part' },
            encode: {
              enter: {
                x: { scale: 'x', field: 'x' },
                y: { scale: 'y', field: 'y' },
                defined: { signal: 'datum.y !== null' },
                stroke: { value: ACCENT },
                strokeWidth: { value: 1.2 },
              },
            },
          },
        ],
      },
      {
        type: 'text',
        from: { data: 'parts' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'x' },
            y: { value: 84 },
            text: { field: 'label' },
            align: { value: 'center' },
            fontSize: { value: 9 },
            fill: { value: QUIET },
          },
        },
      },
    ],
  };
}
