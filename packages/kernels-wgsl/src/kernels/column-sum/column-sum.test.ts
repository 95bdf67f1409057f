// Plan, without a device: that parts cover the rows, none of them empty, and that bytes count partial sums.
import { describe, expect, it } from 'vitest';
import type { Slice } from '../../kernel.ts';
import { columnSum, columnSumChunks } from './column-sum.ts';

const slice: Slice = { buffer: {} as GPUBuffer, offset: 0, size: 4 };
const sum = (rows: number, width: number, chunks = columnSumChunks(rows)) =>
  columnSum({ x: slice, out: slice, rows, width, chunks });

describe('columnSum', () => {
  it('covers every row with parts of 64 rows or more', () => {
    for (const rows of [1, 3, 63, 64, 65, 127, 128, 129, 1000, 4096, 8191, 65_536, 1_000_003]) {
      const { uniforms, groups } = sum(rows, 1);
      const chunks = groups[1];
      expect(chunks).toBeLessThanOrEqual(128);
      expect(uniforms.chunk * chunks).toBeGreaterThanOrEqual(rows);
      expect(uniforms.chunk * (chunks - 1)).toBeLessThan(rows);
      if (chunks > 1) expect(uniforms.chunk).toBeGreaterThanOrEqual(64);
    }
    expect([127, 128, 4096, 65_536].map(columnSumChunks)).toEqual([1, 2, 64, 128]);
  });

  it('takes a lane a column', () => {
    expect([1, 64, 65, 384].map((width) => sum(10, width).groups[0])).toEqual([1, 1, 2, 6]);
  });

  it('adds to its result, or writes a sum a part', () => {
    expect(sum(64, 10).source).toContain('out[j] += sum;');
    expect(sum(64, 10).bytes).toBe(4 * (640 + 20));
    expect(sum(256, 10).source).toContain('out[id.y * call.width + j] = sum;');
    expect(sum(256, 10).bytes).toBe(4 * (2560 + 40));
  });
});
