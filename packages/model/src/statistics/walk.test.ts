// Windows and rows, laid by hand: whole windows only, from the start of each span, and rows that know nothing of gaps.
import { describe, expect, it } from 'vitest';
import { rasterOf } from './testing/rasters.ts';
import { sliceRows, viewOf, windowBins } from './view.ts';
import { forEachSpike, forEachWindow } from './walk.ts';

const spans = [
  { start: 2, stop: 12 },
  { start: 20, stop: 25 },
];
/** 34 units, so that the last two stand in a second word. */
const trains = Array.from({ length: 34 }, (_, unit) =>
  unit === 0 ? [2, 3, 6, 11, 24] : unit === 33 ? [3, 15, 20] : [],
);
const view = viewOf(rasterOf(trains, 30, spans));

describe('walk', () => {
  it('visits whole windows of each span and leaves its remainder out', () => {
    const seen: [total: number, first: number, last: number, span: number][] = [];
    forEachWindow(view, 4, ({ total, counts, span }) => seen.push([total, counts[0], counts[33], span]));
    expect(seen).toEqual([
      [3, 2, 1, 0],
      [1, 1, 0, 0],
      [1, 0, 1, 1],
    ]);
  });

  it('visits observed spikes in order of time, by row', () => {
    const seen: [unit: number, row: number, span: number][] = [];
    forEachSpike(view, (unit, row, _, span) => seen.push([unit, row, span]));
    expect(seen).toEqual([
      [0, 0, 0],
      [0, 1, 0],
      [33, 1, 0],
      [0, 4, 0],
      [0, 9, 0],
      [33, 10, 1],
      [0, 14, 1],
    ]);
  });
});

describe('rows', () => {
  it.each([
    [0, 15, spans],
    [3, 4, [{ start: 5, stop: 9 }]],
    [
      8,
      4,
      [
        { start: 10, stop: 12 },
        { start: 20, stop: 22 },
      ],
    ],
    [10, 99, [{ start: 20, stop: 25 }]],
    [15, 1, []],
  ])('from %i, %i of them', (from, count, expected) => {
    expect(sliceRows(spans, from, count)).toEqual(expected);
  });

  it('hold windows of the nearest whole number of bins', () => {
    const wide = { ...view.raster, binMilliseconds: 4 };
    expect([1, 5, 10, 100].map((milliseconds) => windowBins(milliseconds, wide))).toEqual([0, 1, 3, 25]);
  });
});
