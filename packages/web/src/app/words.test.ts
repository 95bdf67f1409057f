import { describe, expect, test } from 'vitest';
import { estimateText, formatBytes, formatHertz, formatSeconds } from './words.ts';

describe('figures in words', () => {
  test.each([
    [0, '0 s'],
    [0.0205, '0.021 s'],
    [59.25, '59.25 s'],
    [61, '1 min 1 s'],
    [3599.96, '1 h'],
    [3599.9, '59 min 59.9 s'],
    [5400, '1 h 30 min'],
    [NaN, '?'],
  ])('%d s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

  test('rates keep what tells them apart', () => {
    expect([0, 0.004, 1.234, 123.4].map(formatHertz)).toEqual(['0.00', '0.004', '1.23', '123']);
  });

  test('an estimate has its interval where there is one, and a minus sign', () => {
    expect(estimateText({ value: -0.25, low: -0.3, high: 0.01 }, 2)).toBe('\u22120.25 [\u22120.30, 0.01]');
    expect(estimateText({ value: 0.5, low: null, high: null }, 1)).toBe('0.5');
    expect(estimateText(undefined, 1)).toBe('-');
  });

  test('bytes', () => {
    expect([12_000, 3_400_000, 2_000_000_000].map(formatBytes)).toEqual(['12 kB', '3.4 MB', '2.00 GB']);
  });
});
