// Plan: chunks of rows and tiles of units cover a loss once in either dispatch, within the counts that the kernels hold; variants bind
// what they use and nothing else; scratch is as large as what is left there.
import { describe, expect, it } from 'vitest';
import type { Slice } from '../../kernel.ts';
import { loss, lossGeometry, type LossCall } from './loss.ts';

const slice = { buffer: {} as GPUBuffer, offset: 0, size: 16 } satisfies Slice;

function call(changes: Partial<LossCall> = {}): LossCall & { readonly taken: number[] } {
  const taken: number[] = [];
  return {
    ...{
      kind: 'bce',
      logits: slice,
      targets: slice,
      unitMask: slice,
      rowMask: slice,
      value: slice,
      dLogits: slice,
    },
    ...{ rows: 4096, units: 128, wordsPerBin: 4, gamma: 2, smooth: 1, bceShare: 0 },
    ...{ doubleSigmoid: false, densityPenalty: false },
    scratch: (floats) => {
      taken.push(floats);
      return slice;
    },
    taken,
    ...changes,
  };
}

describe('lossGeometry', () => {
  const shapes = [1, 7, 64, 65, 4096, 65_536, 250_000].flatMap((rows) =>
    [1, 32, 33, 128, 1000, 20_000].flatMap((units) =>
      [false, true].map((perUnit) => [rows, units, perUnit] as const),
    ),
  );
  it.each(shapes)('covers %i rows of %i units, of each unit: %s', (rows, units, perUnit) => {
    const { tiles, sumRows, slopeRows, sumChunks, slopeChunks } = lossGeometry(rows, units, perUnit);
    expect(tiles).toBe(Math.ceil(units / 32));
    for (const [each, chunks] of [
      [sumRows, sumChunks],
      [slopeRows, slopeChunks],
    ]) {
      expect(each % 8).toBe(0);
      expect(each * chunks).toBeGreaterThanOrEqual(rows);
      expect(each * (chunks - 1)).toBeLessThan(rows);
    }
    expect(slopeRows).toBeLessThanOrEqual(256);
    expect(sumChunks * tiles).toBeLessThanOrEqual(Math.max(512, tiles));
    if (perUnit) expect(sumChunks).toBeLessThanOrEqual(64);
  });
});

describe('loss', () => {
  it('is two dispatches, the second a single group without a gradient', () => {
    const [sums, finish] = loss(call());
    expect(sums.groups).toEqual([256, 1, 1]);
    expect(finish.groups).toEqual([256, 1, 1]);
    const [, value] = loss(call({ dLogits: null }));
    expect(value.groups).toEqual([1, 1, 1]);
    expect(Object.keys(value.storage).sort()).toEqual(['sums', 'unitMask', 'value']);
  });

  it('takes room for its sums', () => {
    const whole = call();
    loss(whole);
    expect(whole.taken).toEqual([8 * 256]);
    const perUnit = call({ kind: 'dice-per-unit' });
    loss(perUnit);
    expect(perUnit.taken).toEqual([8 * 256, 3 * 32 * 256]);
  });

  it.each([
    ['focal', 2, true],
    ['focal', 3, false],
  ] as const)('%s of gamma %d squares: %s', (kind, gamma, squares) => {
    for (const { source } of loss(call({ kind, gamma })))
      expect(source.includes('return o.miss * o.miss')).toBe(squares);
  });

  it('penalises density in Dice over everything alone', () => {
    const penalised = (kind: LossCall['kind']): boolean =>
      loss(call({ kind, densityPenalty: true }))[1].source.includes('0.9 * log1p');
    expect(penalised('dice')).toBe(true);
    expect(penalised('dice-per-unit')).toBe(false);
    expect(penalised('bce')).toBe(false);
  });
});
