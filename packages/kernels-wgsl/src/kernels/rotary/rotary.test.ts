// Plan: every pair of a query and its key has a thread, in fours where half a head allows; the traffic leaves the value out.
import { describe, expect, it } from 'vitest';
import type { Slice } from '../../kernel.ts';
import { rotary } from './rotary.ts';

const slice: Slice = { buffer: {} as GPUBuffer, offset: 0, size: 256 };
const call = { qkv: slice, angles: slice, rows: 10, bins: 5, heads: 3, headWidth: 16, inverse: false };

describe('rotary', () => {
  it('turns four pairs of each a thread where half a head is a multiple of four', () => {
    const { source, uniforms, groups, bytes, flops } = rotary(call);
    expect(source).toContain('alias Item = vec4<f32>;');
    expect(uniforms).toEqual({ items: 60, rowItems: 6, half: 2, bins: 5, inverse: 0 });
    expect(groups).toEqual([1, 1, 1]);
    // 10 rows of 96 floats read and written, and 5 rows of 16 angles
    expect(bytes).toBe(4 * (2 * 960 + 80));
    expect(flops).toBe(6 * 480);
  });

  it('turns one pair of each a thread elsewhere', () => {
    const { source, uniforms, groups, bytes } = rotary({ ...call, headWidth: 12, inverse: true });
    expect(source).toContain('alias Item = f32;');
    expect(uniforms).toEqual({ items: 180, rowItems: 18, half: 6, bins: 5, inverse: 1 });
    expect(groups).toEqual([1, 1, 1]);
    expect(bytes).toBe(4 * (2 * 720 + 60));
  });
});
