// Plan: every feature against its definition by brute force; the cursor shows exactly the bins before the target, restarts
// at gaps and backwards seeks; nothing of a later bin is seen.
import { describe, expect, it } from 'vitest';
import { drawRaster, emptyRaster, setSpike } from '../testing/synthetic.ts';
import { CausalCursor, countSpikes, forEachRun, runsOf, spanBins, spikeAt, unpackBin } from './cursor.ts';
import { fastLog } from './fast-log.ts';
import { LogRatioBank, SHARED_MILLISECONDS, SHARED_PSEUDO_COUNT } from './log-ratio-bank.ts';
import {
  COUPLING,
  featureCount,
  featureNames,
  OWN_HISTORY,
  POPULATION,
  PopulationBank,
  TraceBank,
} from './trace-bank.ts';

const raster = drawRaster(400, 35, 5, (_, unit) => 0.02 + 0.005 * unit);

/** sum over k >= 1 of exp(-(k - 1) / tau) x[target - k], within [start, target). */
function trace(unit: number, target: number, tau: number, start = 0): number {
  let sum = 0;
  for (let bin = start; bin < target; bin++)
    sum += spikeAt(raster, bin, unit) * Math.exp(-(target - 1 - bin) / tau);
  return sum;
}

describe('TraceBank', () => {
  it('has the columns of the protocol', () => {
    expect(featureCount(OWN_HISTORY)).toBe(5 + 11 + 3);
    expect(featureCount(POPULATION)).toBe(3 + 11);
    expect(featureCount(COUPLING) * 128).toBe(640);
    expect(featureNames(OWN_HISTORY)[5]).toBe('trace 2 ms');
    expect(featureNames(OWN_HISTORY)).toHaveLength(featureCount(OWN_HISTORY));
  });

  it.each([1, 17, 311])('equals lags, traces and log traces by their definition before bin %i', (target) => {
    const bank = new TraceBank(OWN_HISTORY, 35, 1);
    new CausalCursor(raster, [bank]).seek(target);
    for (const unit of [0, 1, 31, 32, 34]) {
      for (let lag = 1; lag <= 5; lag++) {
        const expected = target - lag < 0 ? 0 : spikeAt(raster, target - lag, unit);
        expect(bank.features[(lag - 1) * 35 + unit]).toBe(expected);
      }
      OWN_HISTORY.traces.forEach((tau, k) => {
        // float32 recursion of at most 400 steps: 400 * 2^-24 relative at worst.
        expect(bank.features[(5 + k) * 35 + unit]).toBeCloseTo(trace(unit, target, tau), 4);
      });
      OWN_HISTORY.logTraces.forEach((tau, k) => {
        expect(bank.features[(16 + k) * 35 + unit]).toBeCloseTo(Math.log(1 + trace(unit, target, tau)), 4);
      });
    }
  });

  it('flushes a silent trace to zero instead of denormals', () => {
    const one = emptyRaster(3000, 1);
    setSpike(one, 0, 0);
    const bank = new TraceBank(OWN_HISTORY, 1, 1);
    new CausalCursor(one, [bank]).seek(2000);
    expect(bank.features[5]).toBe(0);
    expect(bank.features[15]).toBeGreaterThan(0.3);
  });

  it('sums all units for the population', () => {
    const bank = new PopulationBank(POPULATION, 1);
    new CausalCursor(raster, [bank]).seek(200);
    let expected = 0;
    for (let unit = 0; unit < 35; unit++) expected += trace(unit, 200, 32);
    expect(bank.bank.features[3 + 4]).toBeCloseTo(expected, 3);
    expect(bank.bank.features[0]).toBe(
      Array.from({ length: 35 }, (_, u) => spikeAt(raster, 199, u)).reduce((a, b) => a + b),
    );
  });
});

describe('LogRatioBank', () => {
  const rates = Float64Array.from({ length: 35 }, (_, unit) => 0.02 + 0.005 * unit);

  it('is ln((trace + a) / (expected + a)), started at what is expected', () => {
    const bank = new LogRatioBank(rates, 1);
    new CausalCursor(raster, [bank]).seek(150);
    for (const unit of [0, 20, 34]) {
      SHARED_MILLISECONDS.forEach((tau, k) => {
        const expected = rates[unit] / (1 - Math.exp(-1 / tau));
        const begun = expected * Math.exp(-150 / tau) + trace(unit, 150, tau);
        const value = Math.log((begun + SHARED_PSEUDO_COUNT) / (expected + SHARED_PSEUDO_COUNT));
        expect(bank.features[(5 + k) * 35 + unit]).toBeCloseTo(value, 4);
      });
    }
  });

  it('is zero where nothing was seen yet', () => {
    const bank = new LogRatioBank(rates, 1);
    expect(bank.features.every((x) => x === 0)).toBe(true);
  });
});

describe('fastLog', () => {
  it('is within 1e-6 of the logarithm over the range of traces', () => {
    for (let x = 1e-6; x < 1e6; x *= 1.0137) {
      expect(Math.abs(fastLog(x) - Math.log(Math.fround(x)))).toBeLessThan(1e-6);
    }
    expect(fastLog(1)).toBe(0);
  });
});

describe('CausalCursor', () => {
  it('never shows the target bin or a later one', () => {
    const seen: number[][] = [];
    const cursor = new CausalCursor(raster, [
      { reset: () => (seen.length = 0), step: (spikes) => seen.push(Array.from(spikes)) },
    ]);
    cursor.seek(5);
    expect(seen).toHaveLength(5);
    const row = new Float32Array(35);
    unpackBin(raster, 4, row);
    expect(seen[4]).toEqual(Array.from(row));
  });

  it('starts anew after a gap and when asked to go back', () => {
    const gapped = {
      ...raster,
      observed: [
        { start: 0, stop: 100 },
        { start: 150, stop: 400 },
      ],
    };
    const bank = new TraceBank(COUPLING, 35, 1);
    const cursor = new CausalCursor(gapped, [bank]);
    cursor.seek(100 - 1);
    cursor.seek(180);
    expect(bank.features[3 * 35 + 34]).toBeCloseTo(trace(34, 180, 40, 150), 4);
    cursor.seek(160);
    expect(bank.features[3 * 35 + 34]).toBeCloseTo(trace(34, 160, 40, 150), 4);
    expect(() => cursor.seek(120)).toThrow(/never observed/);
  });
});

describe('spans', () => {
  it('are counted and cut into runs that never cross an end', () => {
    const spans = [
      { start: 3, stop: 10 },
      { start: 20, stop: 24 },
    ];
    const runs: number[][] = [];
    expect(forEachRun(spans, 4, (start, stop, row) => runs.push([start, stop, row]))).toBe(11);
    expect(runs).toEqual([
      [3, 7, 0],
      [7, 10, 4],
      [20, 24, 7],
    ]);
    expect([...runsOf(spans, 4)].map(({ start, stop, row }) => [start, stop, row])).toEqual(runs);
    expect(forEachRun([], 4, () => runs.push([]))).toBe(0);
    expect(runs).toHaveLength(3);
    expect(spanBins(spans)).toBe(11);
    const { spikes, bins } = countSpikes(raster, spans);
    let expected = 0;
    for (const span of spans)
      for (let bin = span.start; bin < span.stop; bin++) expected += spikeAt(raster, bin, 34);
    expect(spikes[34]).toBe(expected);
    expect(bins).toBe(11);
  });
});
