import { describe, expect, test } from 'vitest';
import { clampView, panned, ticksOfAxis, zoomed } from './view-range.ts';

const whole = { from: 10, to: 110 };

describe('what part of a recording is looked at', () => {
  test('stays within it, and keeps its length where that fits', () => {
    expect(clampView({ from: 0, to: 20 }, whole)).toEqual({ from: 10, to: 30 });
    expect(clampView({ from: 100, to: 130 }, whole)).toEqual({ from: 80, to: 110 });
    expect(clampView({ from: -500, to: 500 }, whole)).toEqual(whole);
  });

  test('never becomes too short to hold a bin, nor no number at all', () => {
    const { from, to } = clampView({ from: 50, to: 50.001 }, whole);
    expect(to - from).toBeCloseTo(0.02, 12);
    expect(clampView({ from: NaN, to: NaN }, whole)).toEqual(whole);
  });

  test('zooming keeps in place what lies under the pointer', () => {
    const next = zoomed({ from: 20, to: 40 }, 4, 0.25);
    expect(next.to - next.from).toBeCloseTo(5, 12);
    expect(next.from + 0.25 * (next.to - next.from)).toBeCloseTo(25, 12);
  });

  test('panning moves by a share of what is seen', () => {
    expect(panned({ from: 20, to: 40 }, -0.5)).toEqual({ from: 10, to: 30 });
  });

  test.each([
    [0, 240, [0, 60, 120, 180, 240]],
    [0, 3600, [0, 600, 1200, 1800, 2400, 3000, 3600]],
    [1.03, 1.31, [1.05, 1.1, 1.15, 1.2, 1.25, 1.3]],
    [3599.9, 3600.02, [3599.9, 3599.92, 3599.94, 3599.96, 3599.98, 3600, 3600.02]],
  ])('round seconds between %d and %d', (from, to, ticks) => {
    expect(ticksOfAxis({ from, to })).toEqual(ticks);
  });
});
