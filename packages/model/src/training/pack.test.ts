// Plan: inputs and targets bit by bit one bin apart, padding silent and uncounted, bins outside the raster silent, stale
// content of a reused buffer gone.
import { describe, expect, it } from 'vitest';
import { packBatch } from './pack.ts';
import { chainRaster, fires } from './testing/rasters.ts';

const raster = chainRaster(40, 37, 3);
const shape = { batch: 3, bins: 6 };

function buffers(): { words: Uint32Array; targets: Uint32Array; rowMask: Float32Array } {
  const rows = shape.batch * shape.bins;
  return {
    words: new Uint32Array(rows * raster.wordsPerBin).fill(0xffffffff),
    targets: new Uint32Array(rows * raster.wordsPerBin).fill(0xffffffff),
    rowMask: new Float32Array(rows).fill(9),
  };
}

const bit = (words: Uint32Array, row: number, unit: number): boolean =>
  ((words[row * raster.wordsPerBin + (unit >> 5)] >>> (unit & 31)) & 1) === 1;

describe('packBatch', () => {
  it('copies windows, shifts targets by one bin and pads', () => {
    const into = buffers();
    const windows = [
      { inputStart: 10, rows: 6 },
      { inputStart: 30, rows: 4, countFrom: 2 },
    ];
    expect(packBatch(raster, windows, shape, into)).toBe(8);
    for (let b = 0; b < 3; b++) {
      for (let r = 0; r < 6; r++) {
        const row = b * 6 + r;
        const window = b < 2 ? windows[b] : { inputStart: 0, rows: 0 };
        const real = r < window.rows;
        for (let u = 0; u < 37; u++) {
          expect(bit(into.words, row, u)).toBe(real && fires(raster, window.inputStart + r, u));
          expect(bit(into.targets, row, u)).toBe(real && fires(raster, window.inputStart + r + 1, u));
        }
        expect(into.rowMask[row]).toBe(real && r >= (b === 1 ? 2 : 0) ? 1 : 0);
      }
    }
  });

  it('reads silence before the first bin allowed and after the last', () => {
    const into = buffers();
    const windows = [-2, 18, 37].map((inputStart) => ({ inputStart, rows: 6, firstBin: 20 }));
    packBatch(raster, windows, shape, into);
    for (let u = 0; u < 37; u++) {
      for (let r = 0; r < 6; r++) {
        expect(bit(into.words, r, u)).toBe(false);
        expect(bit(into.words, 6 + r, u)).toBe(r >= 2 && fires(raster, 18 + r, u));
        expect(bit(into.words, 12 + r, u)).toBe(r < 3 && fires(raster, 37 + r, u));
      }
    }
  });
});
