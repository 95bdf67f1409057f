// Plan: a trace of many samples keeps its extremes, the marks stand where the spikes are, and words say what is seen.
import { expect, it } from 'vitest';
import type { Spike } from '../../celltypes/features/index.ts';
import { extractCell } from '../../celltypes/features/index.ts';
import { knownSweeps, longSquare } from '../../celltypes/testing/sampledSweep.ts';
import { drawSvg } from '../drawing.ts';
import { sweepCharts } from './sweep-charts.ts';

const [{ sweep }] = knownSweeps([longSquare(170)], { samplingRate: 50_000 });
const [{ spikes }] = extractCell([sweep]).sweeps;
const pointsOf = (chart: { spec: { data?: unknown } }, name: string) =>
  (chart.spec.data as { name: string; values: { x: number; y: number }[] }[]).find((one) => one.name === name)
    ?.values ?? [];

it('draws a sweep in as many columns as the chart is wide, and loses no peak', () => {
  const [voltage, current] = sweepCharts(sweep, spikes);
  const trace = pointsOf(voltage, 'points');
  expect(trace.length).toBeGreaterThan(640);
  expect(trace.length).toBeLessThanOrEqual(2 * 640);
  expect(trace.every(({ x }, i) => i === 0 || x > trace[i - 1].x)).toBe(true);
  for (const { peak, peakIndex } of spikes) {
    const near = trace.filter(({ x }) => Math.abs(x - peakIndex / 50_000) < 0.004);
    expect(Math.max(...near.map(({ y }) => y))).toBeGreaterThanOrEqual(peak - 1e-9);
  }
  expect(Math.max(...pointsOf(current, 'points').map(({ y }) => y))).toBe(170);
});

it('marks every spike at its peak and its threshold', async () => {
  const [voltage] = sweepCharts(sweep, spikes);
  expect(spikes.length).toBeGreaterThan(2);
  expect(pointsOf(voltage, 'peaks')).toEqual(
    spikes.map(({ peakIndex, peak }: Spike) => ({ x: peakIndex / 50_000, y: peak })),
  );
  expect(pointsOf(voltage, 'thresholds')).toHaveLength(spikes.length);
  expect(voltage.title).toContain(`${spikes.length} spikes found`);
  expect(await drawSvg(voltage.spec)).toContain('<path');
});

it('draws what has no spike, and what was cut short', () => {
  const cut = { ...sweep.sweep, voltage: sweep.sweep.voltage.map((value, i) => (i < 1000 ? value : NaN)) };
  const [voltage] = sweepCharts({ ...sweep, sweep: cut }, []);
  expect(voltage.words).toContain('No spike was found');
  expect(Math.max(...pointsOf(voltage, 'points').map(({ x }) => x))).toBeLessThan(1000 / 50_000);
});
