// Text to values: what is accepted, and above all what is refused instead of guessed.
import { describe, expect, test } from 'vitest';
import {
  parseBinUnit,
  parseCount,
  parsePercentages,
  parsePositive,
  parseSeconds,
  parseThreads,
  readOptions,
} from './options.ts';

describe('durations of a stored bin', () => {
  test.each([
    ['1ms', 1],
    ['0.5 ms', 0.5],
    ['100us', 0.1],
    ['1s', 1000],
    ['1e-1ms', 0.1],
  ])('%s is %d ms', (text, expected) => expect(parseBinUnit(text)).toBeCloseTo(expected, 12));

  test.each(['1', 'ms', '0ms', '-1ms', '1 min', '1.2.3ms', ''])('%j is refused', (text) =>
    expect(() => parseBinUnit(text)).toThrow(/not a duration/),
  );
});

test('seconds may carry their unit and may be zero', () => {
  expect(parseSeconds('0')).toBe(0);
  expect(parseSeconds('12.5 s')).toBe(12.5);
  for (const text of ['', '-1', 'x', '1m']) expect(() => parseSeconds(text)).toThrow(/not a time/);
});

test('positive numbers and counts', () => {
  expect(parsePositive('2.5')).toBe(2.5);
  for (const text of ['0', '-1', '', 'NaN', 'Infinity']) expect(() => parsePositive(text)).toThrow();
  expect(parseCount('0')).toBe(0);
  for (const text of ['1.5', '-1', '', '1e3']) expect(() => parseCount(text)).toThrow(/whole number/);
});

test('threads are one or more', () => {
  expect(parseThreads('3')).toBe(3);
  for (const text of ['0', '00', '-1', '1.5', 'two'])
    expect(() => parseThreads(text)).toThrow(/threads|whole/);
});

test('a split is three shares', () => {
  expect(parsePercentages('60,20,20')).toEqual([60, 20, 20]);
  expect(parsePercentages('80, 20, 0')).toEqual([80, 20, 0]);
  for (const text of ['60,40', '60,20,20,0', 'a,b,c', '60,,20', '-1,51,50'])
    expect(() => parsePercentages(text)).toThrow(/three percentages/);
});

test('only what was said reaches the reader', () => {
  expect(readOptions({})).toEqual({});
  expect(readOptions({ fs: 30_000, binUnit: 1, select: 'well001' })).toEqual({
    fs: 30_000,
    binUnitMs: 1,
    select: 'well001',
  });
});
