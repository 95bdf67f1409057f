// The squid axon: its spikes, read off the fine simulation by their plain definitions, must come out of recordings of it.
import { describe, expect, it } from 'vitest';
import { FINE_RATE, hodgkinHuxley } from '../testing/hodgkinHuxley.ts';
import { LEAD } from '../testing/sampledSweep.ts';
import type { StimulatedSweep } from '../sweeps/types.ts';
import { extractCell } from './extract-cell.ts';
import { featureIndex } from './feature-list.ts';
import { voltageDerivative } from './voltage-derivative.ts';

const AMPLITUDES = [-30, -10, 80, 100, 120];
const fine = AMPLITUDES.map((amplitude) => hodgkinHuxley(amplitude, LEAD, 1, 0.25));

function recorded(every: number): StimulatedSweep[] {
  return fine.map((trace, k) => {
    const samplingRate = FINE_RATE / every;
    const voltage = Float64Array.from(
      { length: Math.floor(trace.length / every) },
      (_, i) => trace[i * every],
    );
    const start = LEAD * samplingRate;
    const current = voltage.map((_, i) => (i >= start && i < start + samplingRate ? AMPLITUDES[k] : 0));
    const stimulus = { shape: 'long-square' as const, amplitude: AMPLITUDES[k], start: LEAD, stop: LEAD + 1 };
    return { sweep: { number: k, samplingRate, voltage, current }, stimulus };
  });
}

interface Known {
  readonly thresholds: number[];
  readonly peaks: number[];
  readonly upstrokes: number[];
  readonly troughs: number[];
}

/** Sample indices on the fine trace: spikes are excursions above 0 mV during the step. */
function known(trace: Float64Array): Known {
  // Slopes are slopes behind the filter, which golden.test.ts holds against SciPy's.
  const slopes = voltageDerivative(trace, FINE_RATE);
  const ups: number[] = [];
  const stop = (LEAD + 1) * FINE_RATE;
  for (let i = 1; i < stop; i++) if (trace[i] > 0 && trace[i - 1] <= 0) ups.push(i);
  const largest = (x: Float64Array, from: number, to: number, sign: number): number => {
    let best = from;
    for (let i = from; i < to; i++) if (sign * x[i] > sign * x[best]) best = i;
    return best;
  };
  const peaks = ups.map((at) => largest(trace, at, at + FINE_RATE / 500, 1));
  const upstrokes = peaks.map((peak) => largest(slopes, peak - FINE_RATE / 500, peak, 1));
  const target = (0.05 * upstrokes.reduce((sum, at) => sum + slopes[at], 0)) / upstrokes.length;
  const thresholds = upstrokes.map((at) => {
    while (slopes[at] > target) at--;
    return at;
  });
  const troughs = peaks.map((peak, k) => largest(trace, peak, thresholds[k + 1] ?? stop, -1));
  return { thresholds, peaks, upstrokes: upstrokes.map((at) => slopes[at]), troughs };
}

describe.each([4, 1])('every %i. sample', (every) => {
  const cell = extractCell(recorded(every));

  it('thresholds, peaks, troughs, slopes', () => {
    expect(cell.sweeps.map(({ spikes }) => spikes.length)).toEqual(
      fine.map((trace) => known(trace).peaks.length),
    );
    expect(cell.sweeps.at(-1)?.spikes.length).toBeGreaterThan(60);
    cell.sweeps.forEach(({ spikes }, s) => {
      const { thresholds, peaks, upstrokes, troughs } = known(fine[s]);
      spikes.forEach((spike, k) => {
        const last = k === spikes.length - 1;
        expect(Math.abs(spike.peakIndex * every - peaks[k])).toBeLessThanOrEqual(every);
        expect(Math.abs(spike.peak - fine[s][peaks[k]])).toBeLessThan(0.1);
        // 0.05 ms of a threshold.
        expect(Math.abs(spike.thresholdIndex * every - thresholds[k])).toBeLessThanOrEqual(
          0.05e-3 * FINE_RATE,
        );
        expect(Math.abs(spike.threshold / fine[s][thresholds[k]] - 1)).toBeLessThan(0.01);
        if (!last) expect(Math.abs(spike.trough - fine[s][troughs[k]])).toBeLessThan(0.1);
        expect(Math.abs(spike.upstroke / upstrokes[k] - 1)).toBeLessThan(0.01);
      });
    });
  });

  it('what the cell does', () => {
    const value = (name: string): number => cell.scalars[featureIndex('human', name)];
    const trains = fine.map((trace) => known(trace));
    expect(value('rheobase_i')).toBe(80);
    expect(value('avg_rate_rheo')).toBeCloseTo(trains[2].peaks.length, 9);
    expect(Math.abs(value('latency_rheo') - (trains[2].thresholds[0] / FINE_RATE - LEAD))).toBeLessThan(
      0.05e-3,
    );
    const rest = fine[0][0];
    expect(Math.abs(value('v_baseline') - rest)).toBeLessThan(0.1);
    const lowest = (k: number): number =>
      fine[k].subarray(LEAD * FINE_RATE, (LEAD + 1) * FINE_RATE).reduce((a, b) => Math.min(a, b));
    expect(Math.abs(value('input_resistance') / ((1e3 * (lowest(1) - lowest(0))) / 20) - 1)).toBeLessThan(
      0.01,
    );
  });
});
