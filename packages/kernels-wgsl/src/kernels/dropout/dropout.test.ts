// Plan: no binding of a call overlaps another, whatever the call does in place; the traffic counts each tensor once.
import { describe, expect, it } from 'vitest';
import type { Slice } from '../../kernel.ts';
import { DROPOUT, dropout } from './dropout.ts';

const buffer = {} as GPUBuffer;
const slice = (offset: number): Slice => ({ buffer, offset, size: 256 });
const [out, x, residual] = [slice(0), slice(256), slice(512)];
const call = { out, x, residual: null, length: 64, threshold: 1 << 30, stream: 5, factor: 4 / 3 };

describe('dropout', () => {
  it.each([
    { name: 'apart', given: call, bound: ['out', 'x'], bytes: 512 },
    { name: 'in place', given: { ...call, x: { ...out } }, bound: ['out'], bytes: 512 },
    { name: 'with a residual', given: { ...call, residual }, bound: ['out', 'x', 'residual'], bytes: 768 },
    { name: 'adding', given: { ...call, residual: { ...out } }, bound: ['out', 'x'], bytes: 768 },
    { name: 'all in one', given: { ...call, x: out, residual: out }, bound: ['out'], bytes: 768 },
  ])('binds each tensor once: $name', ({ given, bound, bytes }) => {
    const { storage, source, bytes: counted } = dropout(given);
    expect(Object.keys(storage)).toEqual(bound);
    DROPOUT.storage.forEach((name, i) =>
      expect(source.includes(`@group(0) @binding(${i + 1}) var<storage, read_write> ${name}:`), name).toBe(
        bound.includes(name),
      ),
    );
    expect(counted).toBe(bytes);
  });

  it('moves four elements at once where they come in fours, and has a thread for every block', () => {
    expect(dropout(call).source).toContain('alias Item = vec4<f32>;');
    expect(dropout({ ...call, length: 63 }).source).toContain('alias Item = f32;');
    expect(dropout({ ...call, length: 1024 }).groups).toEqual([1, 1, 1]);
    expect(dropout({ ...call, length: 1025 }).groups).toEqual([2, 1, 1]);
  });
});
