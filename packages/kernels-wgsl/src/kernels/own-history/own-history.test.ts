// Plan: the table of constants, with powers that float64 gives and logarithms in quads of their own; one dispatch up to 256 bins and
// two above; partial sums cover every chunk and are bounded; variants bind what they use.
import { describe, expect, it } from 'vitest';
import type { Slice } from '../../kernel.ts';
import { historyTable, ownHistory, ownHistoryBackward, type HistoryCall } from './own-history.ts';

const slice = { buffer: {} as GPUBuffer, offset: 0, size: 16 } satisfies Slice;

function call(changes: Partial<HistoryCall> = {}) {
  const scratch: number[] = [];
  return {
    ...{ words: slice, recent: slice, state: slice, weight: slice, logits: slice, dLogits: slice },
    ...{ batch: 8, bins: 512, units: 128, wordsPerBin: 4, lags: 5 },
    ...{ decays: [0.5, 0.9], logScale: [0, 1], scales: [1, 0.25], ageEdges: [1, 2, 5] },
    table: () => slice,
    scratch: (floats: number) => {
      scratch.push(floats);
      return slice;
    },
    taken: scratch,
    ...changes,
  };
}

describe('historyTable', () => {
  const decays = [0.5, 0.99999, 0.9, 0.8, 0.7, 0.6];
  const logScale = [0, 3, 0, 0, 0, 0];
  const scales = [1, 2, 3, 4, 5, 6];
  const table = historyTable({ decays, logScale, scales, ageEdges: [1, 2, 5, 9, 20] });
  // Five traces as they are, then one logarithm: quads of 4, 1 and 1.
  const order = [0, 2, 3, 4, 5, null, null, null, 1, null, null, null];
  const row = (r: number): number[] => [...table.subarray(12 * r, 12 * (r + 1))];
  const inOrder = (value: (k: number) => number, empty = 0): number[] =>
    order.map((k) => (k === null ? empty : Math.fround(value(k))));

  it('holds each trace where its number says', () => {
    expect(row(0)).toEqual(inOrder((k) => decays[k]));
    expect(row(1)).toEqual(inOrder((k) => logScale[k]));
    expect(row(2)).toEqual(inOrder((k) => scales[k]));
    expect(row(37)).toEqual(inOrder((k) => k, -1));
  });

  it('holds powers rounded once', () => {
    // Products of up to 256 factors in float64 are exact to 1e-13: as good as exact in float32.
    expect(row(3)).toEqual(inOrder((k) => decays[k] ** 32));
    expect(row(4)).toEqual(inOrder((k) => decays[k] ** 256));
    for (const n of [0, 1, 17, 31]) expect(row(5 + n)).toEqual(inOrder((k) => decays[k] ** n));
  });

  it('ends with the edges', () => {
    expect([...table.subarray(12 * 38)]).toEqual([1, 2, 5, 9, 20, 0, 0, 0]);
  });
});

describe('ownHistory', () => {
  it.each([
    [1, 1],
    [256, 1],
    [257, 2],
    [15_625, 2],
  ])('of %i bins is %i dispatches', (bins, count) => {
    const forward = ownHistory(call({ bins }));
    const backward = ownHistoryBackward({ ...call({ bins }), partials: () => slice });
    expect([forward.length, backward.length]).toEqual([count, count]);
    const chunks = Math.ceil(bins / 256);
    expect(forward[count - 1].uniforms).toMatchObject({ chunks, pieces: 8 * chunks, groups: 32 * chunks });
    if (count === 2)
      expect(forward[0].uniforms).toMatchObject({ chunks: chunks - 1, pieces: 8 * (chunks - 1) });
  });

  it('takes room for what every chunk but the last leaves', () => {
    const two = call({ bins: 700 });
    ownHistory(two);
    // Two quads (a trace as it is, a logarithm) and the age, of 128 units, after two chunks of eight sequences.
    expect(two.taken).toEqual([8 * 2 * 9 * 128]);
    const one = call({ bins: 256 });
    ownHistory(one);
    expect(one.taken).toEqual([]);
  });

  it.each([
    [1, 1, 1, 1],
    [8, 512, 1, 16],
    [32, 2048, 1, 256],
    [16, 15_625, 4, 248],
    [65, 1024, 2, 130],
  ])('%i x %i bins: a group takes %i chunks, %i partial sums', (batch, bins, span, parts) => {
    const asked: number[] = [];
    const dispatches = ownHistoryBackward({
      ...call({ batch, bins }),
      partials: (chunks) => {
        asked.push(chunks);
        return slice;
      },
    });
    expect(asked).toEqual([parts]);
    expect(dispatches.at(-1)?.uniforms).toMatchObject({ span, groups: 4 * parts });
    expect(span * parts).toBeGreaterThanOrEqual(batch * Math.ceil(bins / 256));
    expect(span * (parts - 1)).toBeLessThan(batch * Math.ceil(bins / 256));
  });

  it('binds neither state nor table for lags alone, and no recent bins without lags', () => {
    const lags = ownHistory(call({ decays: [], logScale: [], scales: [], ageEdges: [] }));
    expect(lags).toHaveLength(1);
    expect(Object.keys(lags[0].storage).sort()).toEqual(
      ['logits', 'weight', 'words'].concat('recent').sort(),
    );
    const traces = ownHistory(call({ lags: 0, bins: 100 }));
    expect(Object.keys(traces[0].storage).sort()).toEqual(['logits', 'state', 'table', 'weight', 'words']);
  });

  it('does nothing without features', () => {
    const none = call({ lags: 0, decays: [], logScale: [], scales: [], ageEdges: [] });
    expect(ownHistory(none)).toEqual([]);
    expect(ownHistoryBackward({ ...none, partials: () => slice })).toEqual([]);
  });

  it('reads a table where it lies that workgroup memory has no room for', () => {
    const decays = Array.from({ length: 28 }, () => 0.9);
    const [one] = ownHistory(call({ bins: 1, decays, logScale: decays.map(() => 0), scales: decays }));
    expect(one.source).not.toContain('var<workgroup> constants');
    expect(ownHistory(call({ bins: 1 }))[0].source).toContain('var<workgroup> constants');
  });
});
