// Plan: rows of a multiple of four floats are read four at a time; powers of two never lie below.
import { expect, it } from 'vitest';
import { powerOfTwo, valuesOf } from './values.ts';

it('takes four floats at once where they divide', () => {
  expect(valuesOf(128)).toEqual({ VECTOR: true, count: 32 });
  expect(valuesOf(127)).toEqual({ VECTOR: false, count: 127 });
  expect(valuesOf(2)).toEqual({ VECTOR: false, count: 2 });
});

it('rounds up to a power of two', () => {
  expect([0.25, 1, 2, 3, 64, 65].map(powerOfTwo)).toEqual([1, 1, 2, 4, 64, 128]);
});
