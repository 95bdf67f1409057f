// The simulators: repeatable, well-formed, and with the structure that each preparation is named for.
import { describe, expect, it } from 'vitest';
import { binGrid } from './grid.ts';
import { binRecording, density, spikeBins, spikeCounts } from './raster.ts';
import { simulateInVitro } from './simulate-in-vitro.ts';
import { simulateInVivo } from './simulate-in-vivo.ts';
import { circularShift } from './surrogates.ts';
import { runNetwork, type Network } from './simulation.ts';
import type { Raster, Recording } from './types.ts';

const SECONDS = 40;
const vitro = simulateInVitro({ units: 64, seconds: SECONDS, seed: 2 });
const vivo = simulateInVivo({ units: 64, seconds: SECONDS, seed: 2 });
const rasterOf = (recording: Recording): Raster => binRecording(recording, binGrid(recording)).raster;
const vitroRaster = rasterOf(vitro);
const vivoRaster = rasterOf(vivo);

/** Spikes of all units in windows of `width` bins. */
function population(raster: Raster, width: number): number[] {
  const windows = new Array<number>(Math.floor(raster.bins / width)).fill(0);
  for (let u = 0; u < raster.units; u++) {
    for (const bin of spikeBins(raster, u, { start: 0, stop: windows.length * width })) {
      windows[Math.floor(bin / width)]++;
    }
  }
  return windows;
}
function fano(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length / mean;
}
/** Power of the population rate at a frequency (Hz), mean over 1 s stretches. */
function power(raster: Raster, hertz: number): number {
  const rate = population(raster, 1);
  let sum = 0;
  for (let start = 0; start + 1000 <= rate.length; start += 1000) {
    let re = 0;
    let im = 0;
    for (let t = 0; t < 1000; t++) {
      re += rate[start + t] * Math.cos((2 * Math.PI * hertz * t) / 1000);
      im += rate[start + t] * Math.sin((2 * Math.PI * hertz * t) / 1000);
    }
    sum += re * re + im * im;
  }
  return sum;
}

describe.each([
  ['in vitro', simulateInVitro, vitro, 20],
  ['in vivo', simulateInVivo, vivo, 30],
])('simulated %s', (_, simulate, recording, ticksPerBin) => {
  it('is a well-formed recording', () => {
    expect(recording.units).toHaveLength(64);
    expect(new Set(recording.units.map((unit) => unit.id)).size).toBe(64);
    expect(recording.clock.numerator / recording.clock.denominator).toBe(ticksPerBin * 1000);
    expect(recording.offsets[64]).toBe(recording.times.length);
    for (let u = 0; u < 64; u++) {
      const train = recording.times.subarray(recording.offsets[u], recording.offsets[u + 1]);
      expect(train.every((tick, i) => Number.isInteger(tick) && (i === 0 || tick > train[i - 1]))).toBe(true);
    }
    expect(binRecording(recording, binGrid(recording))).toMatchObject({ merged: 0, dropped: 0 });
    expect(recording.assumptions[0]).toMatch(/^Simulated/);
  });

  it('repeats with its seed, differs with another, and begins a longer run the same', () => {
    const short = { units: 20, seconds: 4, seed: 5 };
    expect(simulate(short)).toEqual(simulate(short));
    expect(simulate({ ...short, seed: 6 }).times).not.toEqual(simulate(short).times);
    const longer = simulate({ ...short, seconds: 6 });
    const brief = simulate(short);
    for (let u = 0; u < 20; u++) {
      const train = brief.times.subarray(brief.offsets[u], brief.offsets[u + 1]);
      expect(longer.times.subarray(longer.offsets[u], longer.offsets[u] + train.length)).toEqual(train);
    }
  });

  it('has four fifths excitatory units and heavy-tailed rates', () => {
    expect(recording.units.filter((unit) => unit.cellClass === 'exc')).toHaveLength(52);
    const counts = [...spikeCounts(rasterOf(recording))].sort((a, b) => a - b);
    const mean = counts.reduce((a, b) => a + b, 0) / 64;
    expect(mean).toBeGreaterThan(1.3 * counts[32]);
    expect(counts[63]).toBeGreaterThan(5 * counts[32]);
  });
});

describe('simulated in vitro', () => {
  it('bursts together: population counts vary far more than independent units would', () => {
    const alone = circularShift(vitroRaster, 1);
    expect(fano(population(vitroRaster, 100))).toBeGreaterThan(5 * fano(population(alone, 100)));
    expect(density(vitroRaster)).toBeGreaterThan(0.005);
    expect(density(vitroRaster)).toBeLessThan(0.03);
  });

  it('has one refractory bin', () => {
    let adjacent = 0;
    let second = 0;
    for (let u = 0; u < 64; u++) {
      const bins = spikeBins(vitroRaster, u, { start: 0, stop: vitroRaster.bins });
      bins.forEach((bin, i) => {
        if (i > 0 && bin - bins[i - 1] === 1) adjacent++;
        if (i > 0 && bin - bins[i - 1] === 2) second++;
      });
    }
    expect(adjacent).toBe(0);
    expect(second).toBeGreaterThan(50);
  });
});

describe('simulated in vivo', () => {
  it('recovers over 6-10 bins: short intervals are missing, then rare', () => {
    const shortest = new Array<number>(40).fill(0);
    for (let u = 0; u < 64; u++) {
      const bins = spikeBins(vivoRaster, u, { start: 0, stop: vivoRaster.bins });
      bins.forEach((bin, i) => {
        if (i > 0 && bin - bins[i - 1] < 40) shortest[bin - bins[i - 1]]++;
      });
    }
    expect(shortest[1] + shortest[2]).toBe(0);
    const early = shortest.slice(3, 6).reduce((a, b) => a + b, 0) / 3;
    const later = shortest.slice(10, 16).reduce((a, b) => a + b, 0) / 6;
    expect(later).toBeGreaterThan(2 * early);
  });

  it('is asynchronous and sparse, with theta in the population rate', () => {
    expect(fano(population(vivoRaster, 2))).toBeLessThan(1.5);
    expect(density(vivoRaster)).toBeLessThan(0.01);
    const beside = (power(vivoRaster, 4) + power(vivoRaster, 15)) / 2;
    expect(power(vivoRaster, 8)).toBeGreaterThan(2 * beside);
  });
});

describe('runNetwork', () => {
  const zero = new Float64Array(3);
  const network: Network = {
    base: Float64Array.of(0.02, 0, 0.05),
    silent: Float64Array.of(0, 0, 4),
    recovery: zero,
    ownJump: Float64Array.of(0, 0, 0),
    ownDecay: zero,
    targets: [[1], [], []],
    weights: [[0.8], [], []],
    driveDecay: 0,
  };
  const describeAs = { name: 'three', ticksPerBin: 1, units: [], assumptions: [] };
  const trains = (made: Recording): number[][] =>
    [0, 1, 2].map((u) => [...made.times.subarray(made.offsets[u], made.offsets[u + 1])]);

  it('couples units from the next bin on, and never within a bin', () => {
    const [lead, follow] = trains(runNetwork(network, 20, 1, () => undefined, describeAs));
    const before = new Set(lead.map((bin) => bin + 1));
    expect(follow.every((bin) => before.has(bin))).toBe(true);
    // Weight 0.8: about 320 of 400 spikes are followed.
    expect(follow.length / lead.length).toBeGreaterThan(0.7);
    expect(follow.length / lead.length).toBeLessThan(0.9);
  });

  it('keeps the silence after a spike and the factors of the modulation', () => {
    const odd = (bin: number, factors: Float64Array): void => void factors.fill(bin % 2);
    const [, , third] = trains(runNetwork(network, 20, 1, odd, describeAs));
    expect(third.length).toBeGreaterThan(100);
    expect(third.every((bin, i) => bin % 2 === 1 && (i === 0 || bin - third[i - 1] > 4))).toBe(true);
  });

  it('lets a spike raise the unit itself for a while', () => {
    const bursting = {
      ...network,
      ownJump: Float64Array.of(0.3, 0, 0),
      ownDecay: Float64Array.of(0.5, 0, 0),
    };
    const close = (train: readonly number[]): number =>
      train.filter((bin, i) => i > 0 && bin - train[i - 1] <= 2).length / train.length;
    const [plain] = trains(runNetwork(network, 20, 1, () => undefined, describeAs));
    const [burst] = trains(runNetwork(bursting, 20, 1, () => undefined, describeAs));
    expect(close(plain)).toBeLessThan(0.1);
    expect(close(burst)).toBeGreaterThan(0.3);
  });
});
