import { describe, expect, test } from 'vitest';
import { paintCounts, solidCount } from './paint.ts';

const alpha = (pixel: number): number => pixel >>> 24;

describe('counts as pixels', () => {
  test('no spike leaves the paper clear, one is seen, more are darker, many are solid', () => {
    const pixels = new Uint32Array(5);
    paintCounts(Uint32Array.of(0, 1, 4, 9, 50), 5, 9, { red: 16, green: 32, blue: 48 }, pixels);
    expect([...pixels].map(alpha)).toEqual([0, 85, 170, 255, 255]);
    expect(pixels[3] & 0xffffff).toBe((48 << 16) | (32 << 8) | 16);
  });

  test('where a column holds one spike at most, each is solid', () => {
    const counts = Uint32Array.of(0, 1, 0, 1, 1);
    expect(solidCount(counts, 5)).toBe(1);
    expect(solidCount(new Uint32Array(4), 4)).toBe(1);
  });

  test('one burst does not pale all else', () => {
    const counts = new Uint32Array(1000).fill(3);
    counts[7] = 400;
    expect(solidCount(counts, 1000)).toBe(3);
  });
});
