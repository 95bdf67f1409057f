// Plan: chunks of rows and tiles of units cover a loss once in each dispatch, within the counts that the kernels hold; the passes over the
// logits are as few as each kind allows; variants bind what they use and nothing else; scratch is as large as what is left there.
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
    const geometry = lossGeometry(rows, units, perUnit);
    const { tiles, countRows, sumRows, slopeRows, countChunks, sumChunks, slopeChunks } = geometry;
    expect(tiles).toBe(Math.ceil(units / 32));
    for (const [each, chunks] of [
      [countRows, countChunks],
      [sumRows, sumChunks],
      [slopeRows, slopeChunks],
    ]) {
      expect(each * chunks).toBeGreaterThanOrEqual(rows);
      expect(each * (chunks - 1)).toBeLessThan(rows);
    }
    for (const each of [sumRows, slopeRows]) expect(each % 8).toBe(0);
    expect(countChunks).toBeLessThanOrEqual(32);
    expect(slopeRows).toBeLessThanOrEqual(256);
    expect(sumChunks * tiles).toBeLessThanOrEqual(Math.max(perUnit ? 512 : 1024, tiles));
    if (perUnit) expect(sumChunks).toBeLessThanOrEqual(64);
  });
});

describe('loss', () => {
  const bound = (changes: Partial<LossCall>): readonly (readonly [string, readonly string[]])[] =>
    loss(call(changes)).map(({ kernel, storage }) => [kernel.name, Object.keys(storage).sort()]);
  const entries = ['logits', 'rowMask', 'targets', 'unitMask'];

  it.each(['bce', 'focal'] as const)('%s reads logits in one pass, which writes slopes', (kind) => {
    expect(bound({ kind })).toEqual([
      ['loss-count', ['counts', 'rowMask', 'unitMask']],
      ['loss-sums', ['counts', 'dLogits', ...entries.slice(0, 2), 'sums', ...entries.slice(2)]],
      ['loss-value', ['sums', 'value']],
    ]);
  });

  it('Dice reads logits in two passes, with its value between', () => {
    const slopes = ['dLogits', 'logits', 'rowMask', 'scales', 'targets', 'unitMask'];
    expect(bound({ kind: 'dice' })).toEqual([
      ['loss-sums', ['logits', 'rowMask', 'sums', 'targets', 'unitMask']],
      ['loss-value', ['scales', 'sums', 'value']],
      ['loss-slopes', slopes],
    ]);
    expect(bound({ kind: 'dice-per-unit' })).toEqual([
      ['loss-sums', ['logits', 'rowMask', 'sums', 'targets', 'unitMask', 'unitSums']],
      ['loss-value', ['scales', 'sums', 'unitMask', 'unitSums', 'value']],
      ['loss-slopes', slopes],
    ]);
  });

  it.each(['bce', 'focal', 'dice'] as const)('%s without a gradient is sums and value', (kind) => {
    expect(bound({ kind, dLogits: null })).toEqual([
      ['loss-sums', ['logits', 'rowMask', 'sums', 'targets', 'unitMask']],
      ['loss-value', ['sums', 'value']],
    ]);
  });

  it.each([
    [40_000, [10, 1000, 1]],
    [4096, [1, 256, 1]],
  ])('shares %i rows of bce out to %j groups', (rows, groups) => {
    expect(loss(call({ rows })).map((dispatch) => dispatch.groups[0])).toEqual(groups);
  });

  it('shares the chunks of a unit out to 8 threads, to fewer where there are fewer', () => {
    const slices = (rows: number): number =>
      loss(call({ kind: 'dice-per-unit', rows }))[1].uniforms['slices'];
    expect([1, 64, 65, 3 * 64, 4 * 64, 9 * 64, 10_000].map(slices)).toEqual([1, 1, 2, 2, 4, 8, 8]);
  });

  it('takes room for its sums, counts and scales', () => {
    const taken = (changes: Partial<LossCall>): readonly number[] => {
      const one = call(changes);
      loss(one);
      return one.taken;
    };
    expect(taken({ dLogits: null })).toEqual([8 * 256]);
    expect(taken({})).toEqual([8 * 256, 1]);
    expect(taken({ kind: 'dice' })).toEqual([8 * 256, 2 * 2]);
    expect(taken({ kind: 'dice-per-unit' })).toEqual([8 * 256, 3 * 32 * 256, 2 * 129]);
  });

  it.each([
    ['focal', 2, true],
    ['focal', 3, false],
  ] as const)('%s of gamma %d squares: %s', (kind, gamma, squares) => {
    for (const dLogits of [null, slice]) {
      const sums = loss(call({ kind, gamma, dLogits })).find(({ kernel }) => kernel.name === 'loss-sums');
      expect(sums?.source.includes('return o.miss * o.miss')).toBe(squares);
    }
  });

  it('penalises density in Dice over everything alone', () => {
    const penalised = (kind: LossCall['kind']): boolean =>
      loss(call({ kind, densityPenalty: true })).some(({ source }) => source.includes('0.9 * log1p'));
    expect(penalised('dice')).toBe(true);
    expect(penalised('dice-per-unit')).toBe(false);
    expect(penalised('bce')).toBe(false);
  });
});
