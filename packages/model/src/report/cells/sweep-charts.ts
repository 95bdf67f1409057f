// One sweep as Vega specifications: the voltage with the spikes that were found, and the current below it on the same axis of time.
import type { Spike } from '../../celltypes/features/index.ts';
import type { StimulatedSweep } from '../../celltypes/sweeps/index.ts';
import type { Data, Mark, Spec } from 'vega';
import type { Chart } from '../drawing.ts';
import { linePlot } from '../line-plot.ts';
import type { LinePoint } from '../line-plot.ts';
import { ACCENT, INK, PALETTE } from '../palette.ts';

/** Columns of a trace, each with its least and its greatest sample: as many as the chart is wide, so that no spike is lost. */
const COLUMNS = 640;
const WIDTH = 640;

/** `spikes` are those found in the sweep, none where no feature was taken from it. */
export function sweepCharts(
  { sweep, stimulus }: StimulatedSweep,
  spikes: readonly Spike[],
): readonly [voltage: Chart, current: Chart] {
  const { number, samplingRate, voltage, current } = sweep;
  const seconds = voltage.length / samplingRate;
  const at = (index: number): number => index / samplingRate;
  const x = { title: 'time in the sweep (s)', domain: [0, seconds] as const };
  const name = `sweep ${String(number)}, ${stimulus.shape.replace('-', ' ')}${stimulus.shape === 'other' ? '' : ` of ${stimulus.amplitude.toFixed(0)} pA`}`;
  return [
    {
      key: 'sweep-voltage',
      title: `${name}: ${spikes.length === 0 ? 'no spike found' : `${String(spikes.length)} spike${spikes.length === 1 ? '' : 's'} found (triangles at the peaks, diamonds at the thresholds)`}`,
      words: `Voltage of ${name}: from ${reach(voltage)} mV over ${seconds.toFixed(2)} s. ${
        spikes.length === 0
          ? 'No spike was found.'
          : `Spikes peak at ${spikes
              .slice(0, 12)
              .map(({ peakIndex, peak }) => `${at(peakIndex).toFixed(4)} s (${peak.toFixed(1)} mV)`)
              .join(', ')}${spikes.length > 12 ? ' and later' : ''}.`
      }`,
      spec: withSpikes(
        linePlot({
          lines: [{ name: 'voltage', colour: INK, dash: [1, 0], points: envelope(voltage, samplingRate) }],
          x,
          y: { title: 'mV' },
          ...{ width: WIDTH, height: 220 },
        }),
        spikes.map((spike) => ({
          peak: { x: at(spike.peakIndex), y: spike.peak },
          threshold: { x: at(spike.thresholdIndex), y: spike.threshold },
        })),
      ),
    },
    {
      key: 'sweep-current',
      title: `${name}: the current`,
      words: `Injected current of ${name}: from ${reach(current)} pA${stimulus.shape === 'other' ? '' : `, on from ${stimulus.start.toFixed(3)} to ${stimulus.stop.toFixed(3)} s`}.`,
      spec: linePlot({
        lines: [{ name: 'current', colour: ACCENT, dash: [1, 0], points: envelope(current, samplingRate) }],
        x,
        y: { title: 'pA' },
        ...{ width: WIDTH, height: 70 },
      }),
    },
  ];
}

interface MarkedSpike {
  readonly peak: LinePoint;
  readonly threshold: LinePoint;
}

/** The plot with a mark at the peak and at the threshold of each spike. */
function withSpikes(plot: Spec, spikes: readonly MarkedSpike[]): Spec {
  const marked = (name: string, shape: string, colour: string): Mark => ({
    type: 'symbol',
    from: { data: name },
    encode: {
      enter: {
        x: { scale: 'x', field: 'x' },
        y: { scale: 'y', field: 'y' },
        ...{ shape: { value: shape }, size: { value: 42 }, fill: { value: colour } },
      },
    },
  });
  return {
    ...plot,
    data: [
      ...(plot.data as Data[]),
      { name: 'peaks', values: spikes.map(({ peak }) => ({ ...peak })) },
      { name: 'thresholds', values: spikes.map(({ threshold }) => ({ ...threshold })) },
    ],
    marks: [
      ...(plot.marks ?? []),
      marked('peaks', 'triangle-down', PALETTE.red.light),
      marked('thresholds', 'diamond', PALETTE.green.light),
    ],
  };
}

function ends(
  values: Float64Array,
  from = 0,
  to = values.length,
): { low: number; high: number; lowAt: number; highAt: number } {
  let [low, high, lowAt, highAt] = [Infinity, -Infinity, -1, -1];
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (value < low) [low, lowAt] = [value, i];
    if (value > high) [high, highAt] = [value, i];
  }
  return { low, high, lowAt, highAt };
}

function reach(values: Float64Array): string {
  const { low, high } = ends(values);
  return low > high ? 'nothing recorded' : `${low.toFixed(1)} to ${high.toFixed(1)}`;
}

/** Least and greatest sample of each column, in their order; what was not recorded is left out. */
function envelope(values: Float64Array, samplingRate: number): LinePoint[] {
  const every = values.length / COLUMNS;
  if (every <= 2)
    return [...values].flatMap((y, i) => (Number.isFinite(y) ? [{ x: i / samplingRate, y }] : []));
  const points: LinePoint[] = [];
  for (let column = 0; column < COLUMNS; column++) {
    const { lowAt, highAt } = ends(values, Math.floor(column * every), Math.floor((column + 1) * every));
    if (lowAt < 0) continue;
    const [first, second] = lowAt < highAt ? [lowAt, highAt] : [highAt, lowAt];
    points.push({ x: first / samplingRate, y: values[first] });
    if (second !== first) points.push({ x: second / samplingRate, y: values[second] });
  }
  return points;
}
