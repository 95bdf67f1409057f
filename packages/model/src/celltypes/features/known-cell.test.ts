// An integrate-and-fire cell whose every spike is known in closed form: each family and scalar must come out, at 10 to 200 kHz and in noise.
import { describe, expect, it } from 'vitest';
import {
  aboveOnset,
  SPIKE,
  steepestFall,
  steepestRise,
  waveformAt,
  waveformWidth,
} from '../testing/spikeWaveform.ts';
import { CELL } from '../testing/integrateAndFire.ts';
import { knownSweeps, longSquare, ramp, shortSquare, type KnownSweep } from '../testing/sampledSweep.ts';
import { extractCell } from './extract-cell.ts';
import { FEATURES } from './feature-list.ts';
import { FAMILIES, FAMILY_LENGTH, familyMask, type CellFeatures, type FamilyName } from './types.ts';

const STEPS = [-90, -70, -50, -30, -10, 30, 130, 150, 170, 190, 210, 230];
const PROTOCOLS = [
  ...STEPS.map((amplitude) => longSquare(amplitude)),
  ...[1000, 1000, 1000, 1100, 500].map((amplitude) => shortSquare(amplitude)),
  ramp(100, 2),
  ramp(100, 2),
];
const RHEOBASE = 130;

interface Case {
  readonly samplingRate: number;
  readonly noise: number;
}
const CASES: readonly Case[] = [
  { samplingRate: 10_000, noise: 0 },
  { samplingRate: 20_000, noise: 0 },
  { samplingRate: 50_000, noise: 0 },
  { samplingRate: 200_000, noise: 0 },
  { samplingRate: 50_000, noise: 0.05 },
];

/** A threshold is the last sample from which the rise is slow: up to one sample before the onset where samples are far apart. */
const oneSample = ({ samplingRate }: Case): number => Math.max(0.05e-3, 1.001 / samplingRate);

const found = (known: readonly KnownSweep[]): CellFeatures => extractCell(known.map(({ sweep }) => sweep));
const step = (known: readonly KnownSweep[], amplitude: number): KnownSweep =>
  known.find(({ protocol: p }) => p.shape === 'long-square' && p.injection.step === amplitude) as KnownSweep;
const intervals = ({ spikes }: KnownSweep): number[] =>
  spikes.slice(1).map((spike, k) => spike.onset - spikes[k].onset);
const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;

describe.each(CASES)('at $samplingRate Hz with $noise mV of noise', (one) => {
  const known = knownSweeps(PROTOCOLS, one);
  const cell = found(known);
  const rheobase = step(known, RHEOBASE);
  // Five standard deviations of the noise; a tenth of a mV without any.
  const mv = Math.max(0.1, 5 * one.noise);
  const seconds = oneSample(one);

  it('every family is there and nothing is rejected', () => {
    expect([...familyMask(cell)]).toEqual(FAMILIES.map(() => 1));
    expect(cell.absent).toEqual([]);
    expect(cell.rejected).toEqual([]);
    expect(cell.notes).toEqual([]);
    for (const { name } of FAMILIES) expect(cell.families[name]?.length, name).toBe(FAMILY_LENGTH[name]);
    expect(FEATURES.filter((_, k) => Number.isNaN(cell.scalars[k])).map(({ name }) => name)).toEqual([]);
  });

  it('every spike is found where it is', () => {
    cell.sweeps.forEach(({ spikes, samplingRate }, k) => {
      const expected = known[k];
      expect(spikes.length, `sweep ${k}`).toBe(expected.spikes.length);
      const start = expected.sweep.stimulus.start;
      spikes.forEach((spike, s) => {
        const { onset, base, shape } = expected.spikes[s];
        expect(Math.abs(spike.thresholdIndex / samplingRate - start - onset)).toBeLessThan(seconds);
        expect(Math.abs(spike.peakIndex / samplingRate - start - onset - shape.rise)).toBeLessThan(
          one.noise > 0 ? 0.06e-3 : 0.5 / samplingRate + 1e-9,
        );
        expect(Math.abs(spike.peak - base - shape.height)).toBeLessThan(mv);
        if (!spike.clipped) {
          expect(Math.abs(spike.fastTrough - base - shape.fastTrough)).toBeLessThan(mv);
          expect(Math.abs(spike.width / waveformWidth(shape) - 1)).toBeLessThan(0.04);
          expect(Math.abs(spike.width - waveformWidth(shape))).toBeLessThan(0.05e-3);
        }
      });
    });
  });

  // Slow recordings have no samples where the slope is steepest: there the known slope is that of the samples.
  const steepest = (sign: 1 | -1): number => {
    if (one.samplingRate >= 50_000) return sign > 0 ? steepestRise(SPIKE) : steepestFall(SPIKE);
    const slopes = Array.from({ length: 40 }, (_, k) => k / one.samplingRate).map(
      (t) => (waveformAt(SPIKE, t + 1 / one.samplingRate) - waveformAt(SPIKE, t)) * one.samplingRate * 1e-3,
    );
    return sign > 0 ? Math.max(...slopes) : Math.min(...slopes);
  };
  // Beside 1 %, five standard deviations of a filtered difference of noisy samples (measured: 1.0 V/s for 0.05 mV).
  const slack = 0.01 + (one.noise > 0 ? 5 / 118 : 0);

  const family = (name: FamilyName): Float64Array => cell.families[name] as Float64Array;

  it('first_ap_v is the pasted waveform, first_ap_dv its differences', () => {
    const values = family('first_ap_v');
    const sources = [known[STEPS.length], rheobase, known[known.length - 1]];
    sources.forEach(({ spikes, voltageAt }, part) => {
      const { onset } = spikes[0];
      // The waveform begins with a sample: it may be shifted by up to 0.05 ms, or one sample.
      const shifts = Array.from({ length: 81 }, (_, k) => ((k - 40) / 40) * seconds);
      const errors = shifts.map((shift) =>
        Math.max(
          ...Array.from({ length: 150 }, (_, k) =>
            Math.abs(values[part * 150 + k] - voltageAt(onset + shift + k / 50_000)),
          ),
        ),
      );
      expect(Math.min(...errors), `part ${part}`).toBeLessThan(
        0.01 * (SPIKE.height - SPIKE.fastTrough) + 5 * one.noise,
      );
    });
    const dv = family('first_ap_dv');
    for (let part = 0; part < 3; part++)
      for (let k = 0; k < 149; k++)
        expect(dv[part * 149 + k]).toBeCloseTo(values[part * 150 + k + 1] - values[part * 150 + k], 12);
  });

  it('step_subthresh and subthresh_norm are the charging curves', () => {
    const values = family('step_subthresh');
    const charged = (t: number, amplitude: number): number => step(known, amplitude).voltageAt(t);
    const bin = (k: number, amplitude: number): number => {
      const from = (k - 20) * 0.01;
      return mean(Array.from({ length: 400 }, (_, i) => charged(from + (i + 0.5) * 2.5e-5, amplitude)));
    };
    [-90, -70, -50, -30, -10].forEach((amplitude, part) => {
      for (let k = 0; k < 140; k++) {
        expect(Math.abs(values[part * 140 + k] - bin(k, amplitude))).toBeLessThan(0.1);
        if (part === 0)
          expect(
            Math.abs(family('subthresh_norm')[k] - (bin(k, -90) - CELL.rest) / (90 * CELL.resistance)),
          ).toBeLessThan(0.01 + (5 * one.noise) / 18);
      }
    });
  });

  it('isi_shape runs from fast trough to threshold', () => {
    const sweep = [130, 150, 170]
      .map((a) => step(known, a))
      .find(({ spikes }) => spikes.length >= 5) as KnownSweep;
    const values = family('isi_shape');
    const shapes = sweep.spikes.slice(0, -1).map(({ onset, base, shape }, s) => {
      const from = onset + shape.rise + shape.fall;
      const width = (sweep.spikes[s + 1].onset - from) / 100;
      return Array.from(
        { length: 100 },
        (_, k) =>
          mean(Array.from({ length: 20 }, (_, i) => sweep.voltageAt(from + (k + (i + 0.5) / 20) * width))) -
          base -
          aboveOnset(shape, 0.05),
      );
    });
    for (let k = 0; k < 100; k++)
      // The stretches are whole samples of 50 kHz: what is left over at the end is up to 99 of them, 5 % of these intervals.
      expect(Math.abs(values[k] - mean(shapes.map((shape) => shape[k]))), `point ${k}`).toBeLessThan(
        0.4 + mv,
      );
  });

  it('courses over amplitudes', () => {
    const levels = [130, 150, 170, 190, 210, 230].map((amplitude) => step(known, amplitude));
    const psth = family('psth');
    levels.forEach((sweep, part) => {
      const counts = new Array<number>(20).fill(0);
      for (const { onset } of sweep.spikes) counts[Math.min(19, Math.floor(onset / 0.05))] += 20;
      const got = [...psth.subarray(part * 20, part * 20 + 20)];
      // A threshold found one sample early may fall into the bin before; the total stays.
      const edge = sweep.spikes.some(
        ({ onset }) => Math.abs(onset / 0.05 - Math.round(onset / 0.05)) * 0.05 < 2e-4,
      );
      if (!edge) expect(got).toEqual(counts.map((count) => expect.closeTo(count, 9) as number));
      expect(got.reduce((a, b) => a + b, 0)).toBeCloseTo(sweep.spikes.length * 20, 9);
    });
    levels.forEach((sweep, part) => {
      const course = family('inst_freq').subarray(part * 50, part * 50 + 50);
      const gaps = intervals(sweep);
      // Away from the first and the last spike every bin lies between the fastest and the slowest interval.
      const lowest = 1 / Math.max(...gaps);
      const highest = 1 / Math.min(...gaps);
      for (const value of course.subarray(5, 45)) {
        expect(value).toBeGreaterThan(0.99 * lowest);
        expect(value).toBeLessThan(1.01 * highest);
      }
      const peak = Math.max(...course);
      const normed = family('inst_freq_norm').subarray(part * 50, part * 50 + 50);
      normed.forEach((value, k) => expect(value).toBeCloseTo(course[k] / peak, 12));
    });
    const flat = (name: FamilyName, expected: number, within: number): void =>
      family(name).forEach((value) => expect(Math.abs(value - expected), name).toBeLessThan(within));
    // Onsets overshoot the threshold by less than a tick of charging, 0.16 mV.
    flat('spiking_threshold_v', CELL.threshold, 0.16 + mv + 0.1);
    flat('spiking_peak_v', CELL.threshold + SPIKE.height, 0.16 + mv);
    flat('spiking_fast_trough_v', CELL.threshold + SPIKE.fastTrough, 0.16 + mv);
    flat('spiking_width', waveformWidth(SPIKE), 0.05e-3);
    flat('spiking_upstroke_downstroke_ratio', -steepest(1) / steepest(-1), 1.44 * slack);
  });
});
