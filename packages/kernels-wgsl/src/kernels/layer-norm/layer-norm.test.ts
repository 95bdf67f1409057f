// Plan: for every width, the threads of a row hold all of it, in workgroup memory of at most 16 KiB; chunks of rows cover the rows
// once, few enough for their partial sums; in place variants and flags reach the shader.
import { describe, expect, it } from 'vitest';
import type { Slice } from '../../kernel.ts';
import { layerNormBackward, layerNormChunks } from './layer-norm-backward.ts';
import { layerNorm } from './layer-norm.ts';
import { rowShape } from './row-shape.ts';

const WIDTHS = [1, 2, 3, 4, 17, 63, 64, 65, 127, 128, 129, 256, 768, 1000, 1023, 1024, 1025, 4096, 20_000];
const slice = { buffer: {} as GPUBuffer, offset: 0, size: 16 } satisfies Slice;

describe('rowShape', () => {
  it.each(WIDTHS)('holds a row of %i', (width) => {
    const { flags, count, rowsAtOnce } = rowShape(width);
    const { VECTOR, LANES, EACH, STAGED } = flags;
    const bytes = VECTOR ? 16 : 4;
    expect(count * (VECTOR ? 4 : 1)).toBe(width);
    expect(LANES * EACH).toBeGreaterThanOrEqual(count);
    expect(LANES * (EACH - 1)).toBeLessThan(count);
    expect(rowsAtOnce * LANES).toBe(256);
    // The larger of the two kernels: sums, columns, gain.
    expect(8 * 512 + bytes * 256 + (STAGED ? bytes * LANES * EACH : 0)).toBeLessThanOrEqual(16_384);
    if (width <= 1024) expect(STAGED).toBe(true);
  });
});

describe('layer norm dispatches', () => {
  it.each([
    [1, 128, 1],
    [32, 128, 1],
    [33, 128, 2],
    [4096, 128, 128],
    [65_536, 256, 256],
    [65_537, 256, 249],
  ])('takes %i rows of %i in %i chunks', (rows, width, chunks) => {
    expect(layerNormChunks(rows, width)).toBe(chunks);
    const storage = { x: slice, gain: slice, mean: slice, rstd: slice, dOut: slice, dX: slice };
    const call = { ...storage, gainParts: slice, biasParts: slice, rows, width, accumulate: false };
    const { groups, uniforms } = layerNormBackward(call);
    expect(groups).toEqual([chunks, 1, 1]);
    expect(uniforms['chunk'] * chunks).toBeGreaterThanOrEqual(rows);
    expect(uniforms['chunk'] * (chunks - 1)).toBeLessThan(rows);
    expect(uniforms['chunk'] % rowShape(width).rowsAtOnce).toBe(0);
  });

  it('covers every row', () => {
    const storage = { x: slice, gain: slice, bias: slice, out: slice, mean: slice, rstd: slice };
    expect(layerNorm({ ...storage, rows: 4097, width: 128 }).groups).toEqual([257, 1, 1]);
    expect(layerNorm({ ...storage, rows: 4, width: 1 }).groups).toEqual([1, 1, 1]);
  });
});
