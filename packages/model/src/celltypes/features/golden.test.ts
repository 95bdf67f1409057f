// The numerical parts against SciPy (packages/model/test/oracles/sweep_features.py).
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fitExponential } from './exponential-fit.ts';
import { excerpt } from './family-clock.ts';
import type { LongSquare } from './long-squares.ts';
import { rateCourse, rateInBins, valueInBins } from './spiking-levels.ts';
import type { Spike } from './types.ts';
import { besselLowPass, voltageDerivative } from './voltage-derivative.ts';

interface Golden {
  derivatives: {
    voltage: number[];
    rates: { samplingRate: number; b: number[]; a: number[]; derivative: number[] }[];
  };
  trains: {
    times: number[];
    values: number[];
    valueCourse: number[];
    rateCourse: number[];
    psth: number[];
  }[];
  relaxation: { samplingRate: number; voltage: number[]; tau: number; error: number };
  spline: { knots: number[]; samplingRate: number; start: number; values: number[] };
}

const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/sweep-features.json', import.meta.url), 'utf8'),
) as Golden;

/** Largest difference relative to the largest expected value. */
function worst(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const size = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, k) => Math.abs(actual[k] - value))) / size;
}

describe('dV/dt behind the Bessel filter', () => {
  for (const { samplingRate, b, a, derivative } of golden.derivatives.rates)
    it(`is SciPy's at ${samplingRate} Hz`, () => {
      const filter = besselLowPass(10_000 / samplingRate);
      // Both are float64; SciPy goes through poles, here the polynomial is expanded: a few hundred roundings.
      expect(worst(filter.b, b)).toBeLessThan(1e-12);
      expect(worst(filter.a, a)).toBeLessThan(1e-12);
      expect(
        worst(voltageDerivative(Float64Array.from(golden.derivatives.voltage), samplingRate), derivative),
      ).toBeLessThan(1e-11);
    });

  it('is unfiltered at and below 20 kHz, where the corner is at the Nyquist frequency', () => {
    expect([...voltageDerivative(Float64Array.of(0, 1, 5), 20_000)]).toEqual([20, 80]);
  });
});

describe('spikes in bins', () => {
  for (const { times, values, ...expected } of golden.trains)
    it(`${times.length} of them`, () => {
      const sweep = train(times, values);
      expect(worst(valueInBins(sweep, 50, (spike) => spike.peak) ?? [], expected.valueCourse)).toBeLessThan(
        1e-12,
      );
      expect(worst(rateCourse(sweep, 50) ?? [], expected.rateCourse)).toBeLessThan(1e-12);
      expect(worst(rateInBins(sweep, 20), expected.psth)).toBeLessThan(1e-12);
    });
});

/** A step of 1 s at 10 kHz that begins with sample 1000; the values stand as peaks. */
function train(times: readonly number[], values: readonly number[]): LongSquare {
  const spikes = times.map(
    (time, k) =>
      ({ thresholdIndex: 1000 + Math.round(time * 1e4), peak: values[k], clipped: false }) as Spike,
  );
  return { recorded: { start: 1000, stop: 11_000, samplingRate: 1e4 }, spikes } as unknown as LongSquare;
}

it('a noisy relaxation has the time constant of an iterative fit', () => {
  const { samplingRate, voltage, tau, error } = golden.relaxation;
  const fit = fitExponential(Float64Array.from(voltage), 0, voltage.length, samplingRate);
  // curve_fit stops at a relative change of 1e-8 of the squares, which leaves about its root in the parameter.
  expect(Math.abs((fit?.tau ?? NaN) / tau - 1)).toBeLessThan(1e-4);
  expect(Math.abs((fit?.error ?? NaN) / error - 1)).toBeLessThan(1e-7);
});

it('an excerpt of a slow recording is the natural cubic spline', () => {
  const { knots, samplingRate, start, values } = golden.spline;
  const got = excerpt(Float64Array.from(knots), samplingRate, start, values.length) ?? new Float64Array();
  expect(worst(got, values)).toBeLessThan(1e-12);
});
