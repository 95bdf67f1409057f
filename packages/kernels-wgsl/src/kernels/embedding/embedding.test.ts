// Plan: tiles of packed bins cover rows and columns once and fit workgroup memory at any number of units; the tail mask holds the
// real units; chunks of the backward pass cover the rows once, with partial sums of at most a sixth of the gradient that is read.
import { describe, expect, it } from 'vitest';
import type { Slice } from '../../kernel.ts';
import { bitEmbedBackward, bitEmbedChunks } from './bit-embed-backward.ts';
import { spikeTile } from './tile.ts';

const slice = { buffer: {} as GPUBuffer, offset: 0, size: 16 } satisfies Slice;

describe('spikeTile', () => {
  const shapes = [1, 3, 17, 128, 1000, 98_304].flatMap((units) =>
    [1, 3, 17, 63, 64, 128, 256, 260, 1024].map((width) => [units, width] as const),
  );
  it.each(shapes)('covers %i units, width %i', (units, width) => {
    const rows = 1000;
    const { flags, uniforms, groups } = spikeTile(rows, units, width);
    const { VECTOR, WORDS, TILE, COLUMNS } = flags;
    expect(WORDS).toBe(Math.ceil(units / 32));
    expect(256 % COLUMNS).toBe(0);
    expect(uniforms.across * COLUMNS).toBeGreaterThanOrEqual(uniforms.count);
    expect((uniforms.across - 1) * COLUMNS).toBeLessThan(uniforms.count);
    expect(groups).toEqual([Math.ceil(rows / TILE) * uniforms.across, 1, 1]);
    expect(TILE).toBeGreaterThanOrEqual(1);
    expect(4 * TILE * WORDS + (VECTOR ? 16 : 4) * COLUMNS).toBeLessThanOrEqual(16_384);
  });

  it('masks what is past the last unit', () => {
    const tail = (units: number): number => spikeTile(1, units, 4).uniforms.tail;
    expect([1, 31, 32, 33, 64, 65].map(tail)).toEqual([1, 0x7fffffff, 0xffffffff, 1, 0xffffffff, 1]);
  });

  it('refuses a bin that fits no workgroup', () => {
    expect(() => spikeTile(1, 98_305, 4)).toThrow(RangeError);
  });
});

describe('bitEmbedBackward', () => {
  it.each([
    [1, 128, 1],
    [1535, 128, 1],
    [1536, 128, 2],
    [2048, 128, 2],
    [4096, 128, 5],
    [65_536, 128, 64],
    [65_537, 128, 63],
    [100, 3, 4],
  ])('takes %i rows of %i units in %i chunks', (rows, units, chunks) => {
    expect(bitEmbedChunks(rows, units)).toBe(chunks);
    const width = 128;
    const call = { words: slice, dOut: slice, weightParts: slice, biasParts: slice, rows, units, width };
    const { groups, uniforms } = bitEmbedBackward(call);
    expect(uniforms['chunk'] % 32).toBe(0);
    expect(uniforms['chunk'] * chunks).toBeGreaterThanOrEqual(rows);
    expect(uniforms['chunk'] * (chunks - 1)).toBeLessThan(rows);
    expect(groups).toEqual([4 * chunks, 1, 1]);
    if (chunks > 1) expect(units * chunks).toBeLessThanOrEqual(rows / 6);
  });

  it('takes units in blocks of 256', () => {
    const shape = { rows: 32, units: 600, width: 32 };
    const { groups, uniforms, storage } = bitEmbedBackward({
      words: slice,
      dOut: slice,
      weightParts: slice,
      biasParts: null,
      ...shape,
    });
    expect(uniforms).toMatchObject({ words: 19, blocks: 3, across: 1 });
    expect(groups).toEqual([3, 1, 1]);
    expect(Object.keys(storage)).not.toContain('biasParts');
  });
});
