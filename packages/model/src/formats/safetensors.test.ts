// Plan: the bytes of a tiny file by hand; any drawn set of arrays comes back; equal content gives equal bytes whatever the
// order of insertion; every way a file can be damaged is an error with the name of the array or file.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import type { NamedArray } from './safetensors.ts';

const f32 = (shape: number[], ...values: number[]): NamedArray => ({
  shape,
  values: Float32Array.from(values),
});

function withHeader(header: string, data = new Uint8Array(0)): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

describe('safetensors', () => {
  it('lays out header and data as the format says', () => {
    const bytes = writeSafetensors(new Map([['w', f32([1, 2], 1, -2)]]), { step: '3' });
    const header = '{"__metadata__":{"step":"3"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}';
    const padded = Math.ceil(header.length / 8) * 8;
    expect(new DataView(bytes.buffer).getBigUint64(0, true)).toBe(BigInt(padded));
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + padded))).toBe(header.padEnd(padded, ' '));
    expect([...bytes.subarray(8 + padded)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  it('returns what was written, bit for bit', () => {
    const array = fc.oneof(
      fc.array(fc.float(), { maxLength: 20 }).map((list) => f32([list.length], ...list)),
      fc
        .array(fc.nat(), { maxLength: 20 })
        .map((l): NamedArray => ({ shape: [l.length, 1], values: Uint32Array.from(l) })),
    );
    const name = fc
      .string({ minLength: 1 })
      .filter((text) => text !== '__metadata__' && text !== '__proto__');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, array)), (entries) => {
        const written = new Map(entries);
        const read = readSafetensors(writeSafetensors(written, { k: 'µ' }));
        expect(read.metadata).toEqual({ k: 'µ' });
        expect(new Map([...read.arrays].sort())).toEqual(new Map([...written].sort()));
      }),
      { numRuns: 50 },
    );
  });

  it('does not depend on the order of insertion', () => {
    const a = writeSafetensors(
      new Map([
        ['a', f32([1], 1)],
        ['b', f32([1], 2)],
      ]),
      { x: '1', y: '2' },
    );
    const b = writeSafetensors(
      new Map([
        ['b', f32([1], 2)],
        ['a', f32([1], 1)],
      ]),
      { y: '2', x: '1' },
    );
    expect(a).toEqual(b);
  });

  it('reads a file that starts at an odd offset of its buffer', () => {
    const bytes = writeSafetensors(new Map([['w', f32([2], 0.5, 7)]]));
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect([...(readSafetensors(shifted.subarray(3)).arrays.get('w')?.values ?? [])]).toEqual([0.5, 7]);
  });

  it("reads Node's Buffer, a view into a pool", () => {
    const bytes = Buffer.from(writeSafetensors(new Map([['w', f32([2], 0.5, 7)]])));
    expect(bytes.buffer.byteLength).toBeGreaterThan(bytes.length);
    expect([...(readSafetensors(bytes).arrays.get('w')?.values ?? [])]).toEqual([0.5, 7]);
  });

  it.each([
    ['a shape that does not fit', () => writeSafetensors(new Map([['w', f32([3], 1)]])), 'w'],
    ['too few bytes', () => readSafetensors(new Uint8Array(7), 'm.safetensors'), 'm.safetensors'],
    ['a header past the end', () => readSafetensors(Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 1), 'm'), 'm'],
    ['a header that is no JSON', () => readSafetensors(withHeader('{oops'), 'm'), 'm'],
    ['a header that is a list', () => readSafetensors(withHeader('[]'), 'm'), 'm'],
    [
      'another type',
      () => readSafetensors(withHeader('{"w":{"dtype":"BF16","shape":[0],"data_offsets":[0,0]}}')),
      'w',
    ],
    [
      'offsets past the end',
      () => readSafetensors(withHeader('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}')),
      'w',
    ],
    [
      'offsets that do not fit',
      () =>
        readSafetensors(
          withHeader('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', new Uint8Array(4)),
        ),
      'w',
    ],
    [
      'negative extents',
      () =>
        readSafetensors(
          withHeader('{"w":{"dtype":"F32","shape":[-1],"data_offsets":[4,0]}}', new Uint8Array(4)),
        ),
      'w',
    ],
  ])('refuses %s', (_what, run, where) => {
    expect(run).toThrow(expect.objectContaining({ code: 'E_SAFETENSORS', where }));
  });

  it('refuses every truncation of a file', () => {
    const bytes = writeSafetensors(new Map([['w', f32([2, 2], 1, 2, 3, 4)]]));
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readSafetensors(bytes.subarray(0, length)), `first ${length} bytes`).toThrow();
    }
  });
});
