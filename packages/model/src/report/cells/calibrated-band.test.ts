// Plan: the band is that of the binomial distribution, worked out by hand for few cells, near the normal one for many, and closed at
// the ends of the scale.
import { expect, test } from 'vitest';
import { calibratedBand } from './calibrated-band.ts';

test('few cells: where each tail holds less than half of what is left out', () => {
  // P(X <= 1) = 0.011 and P(X <= 2) = 0.055 of ten at 0.5.
  expect(calibratedBand(0.5, 10, 0.9)).toEqual({ low: 0.2, high: 0.8 });
  // P(X <= 1) = 0.0037 and P(X <= 2) = 0.0523 of four at 0.9.
  expect(calibratedBand(0.9, 4, 0.9)).toEqual({ low: 0.5, high: 1 });
  expect(calibratedBand(0.9, 4, 0.8)).toEqual({ low: 0.75, high: 1 });
  expect(calibratedBand(0.3, 1, 0.9)).toEqual({ low: 0, high: 1 });
});

test('many cells: near the normal distribution, where every single count would underflow', () => {
  const { low, high } = calibratedBand(0.9, 20_000, 0.9);
  const reach = 1.6449 * Math.sqrt((0.9 * 0.1) / 20_000);
  expect(Math.abs(low - (0.9 - reach))).toBeLessThan(1e-4);
  expect(Math.abs(high - (0.9 + reach))).toBeLessThan(1e-4);
});

test('who is certain has no room', () => {
  expect(calibratedBand(1, 50, 0.9)).toEqual({ low: 1, high: 1 });
  expect(calibratedBand(0, 50, 0.9)).toEqual({ low: 0, high: 0 });
});
