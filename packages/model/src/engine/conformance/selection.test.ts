// Plan: the selection leaves out no op, form or kind, holds nothing that could not tell a wrong kernel, and takes the smallest
// whatever the order.
import { describe, expect, it } from 'vitest';
import { CONFORMANCE_CASES } from './cases.ts';
import { kernelOf, smallestOfEveryKernel } from './selection.ts';
import type { ConformanceCase } from './types.ts';

const selected = smallestOfEveryKernel();

const unpack = (rows: number, units: number, spikes: 'drawn' | 'silent' | 'all'): ConformanceCase => ({
  ...{ op: 'unpackBits', rows, units, spikes, terms: 1, seed: 1 },
});

describe('smallestOfEveryKernel', () => {
  it('has one case of every op, form of a product and kind of loss, in the order of the suite', () => {
    expect(new Set(selected.map(({ op }) => op))).toEqual(new Set(CONFORMANCE_CASES.map(({ op }) => op)));
    const kernels = selected.map(kernelOf);
    expect(new Set(kernels).size).toBe(kernels.length);
    expect(kernels).toEqual(expect.arrayContaining(['matMul nn', 'matMul nt', 'matMul tn']));
    const kinds = ['loss bce', 'loss focal', 'loss dice', 'loss dice-per-unit'];
    expect(kernels).toEqual(expect.arrayContaining(kinds));
    expect(selected).toEqual(CONFORMANCE_CASES.filter((one) => selected.includes(one)));
    expect(selected.length).toBeLessThan(CONFORMANCE_CASES.length / 10);
  });

  it('holds no case that a wrong kernel could pass for want of elements', () => {
    for (const one of selected) {
      const extents = Object.entries(one).filter(([field]) =>
        ['m', 'n', 'k', 'batch', 'bins', 'rows', 'units', 'width', 'heads', 'headWidth'].includes(field),
      );
      expect(
        extents.filter(([, extent]) => extent === 1),
        kernelOf(one),
      ).toEqual([]);
      if ('spikes' in one) expect(one.spikes, kernelOf(one)).toBe('drawn');
      if ('masks' in one) expect(one.masks, kernelOf(one)).not.toBe('nothing');
    }
  });

  it('takes the smallest that tells, and the smallest of all where none does', () => {
    const drawn = [unpack(9, 9, 'drawn'), unpack(2, 3, 'drawn'), unpack(1, 2, 'drawn')];
    const others = [unpack(2, 2, 'silent'), unpack(2, 2, 'all')];
    expect(smallestOfEveryKernel([...drawn, ...others])).toEqual([drawn[1]]);
    expect(smallestOfEveryKernel([...others, ...drawn].reverse())).toEqual([drawn[1]]);
    expect(smallestOfEveryKernel([unpack(1, 4, 'drawn'), unpack(1, 2, 'silent')])).toEqual([
      unpack(1, 2, 'silent'),
    ]);
  });
});
