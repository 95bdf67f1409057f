// npy reading against arrays written by NumPy itself; writing against NumPy's layout and by reading back.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from './bytes.ts';
import { readNpyHeader, readNpyLabels, readNpyNumbers, readNpyRecords, readNpyVector } from './npy.ts';
import { NpyRowWriter, encodeNpy, encodeNpyText, npyHeader } from './npyWrite.ts';
import { expectCode } from './testing/expectCode.ts';
import type { Golden } from './testing/npyGolden.ts';
import { golden } from './testing/npyGolden.ts';

const source = (bytes: Uint8Array) => memorySource('a.npy', bytes);
const numbers = (name: Golden) => readNpyNumbers(source(golden(name)));

describe('reading what NumPy wrote', () => {
  it('takes 64-bit integers exactly', () => {
    expect([...numbers('i8').data]).toEqual([1, -2, 2 ** 53 - 1]); // np.array([1, -2, 2**53 - 1])
  });
  it('refuses 64-bit integers beyond 2^53', async () => {
    await expectCode(() => numbers('u8big'), 'E_NUMBER_RANGE'); // 2**63, uint64
    await expectCode(() => numbers('i8beyond'), 'E_NUMBER_RANGE'); // -(2**53) - 2
  });
  it('takes half floats, denormals and infinities included', () => {
    const { data } = numbers('f2'); // [0.5, -2, 65504, 6e-8, inf]
    expect([...data.subarray(0, 3)]).toEqual([0.5, -2, 65504]);
    expect(data[3]).toBe(2 ** -24);
    expect(data[4]).toBe(Infinity);
  });
  it('takes booleans as 0 and 1', () => expect([...numbers('boolean').data]).toEqual([1, 0, 1]));
  it('turns Fortran order into C order, big-endian too', () => {
    expect(numbers('fortranBig')).toMatchObject({ shape: [2, 3] });
    expect([...numbers('fortranBig').data]).toEqual([0, 1, 2, 3, 4, 5]); // asfortranarray(arange(6).reshape(2, 3)), >i2
    expect([...numbers('fortran3').data]).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });
  it('takes versions 2 and 3', () => {
    expect([...numbers('v2').data]).toEqual([1.5, 2.5]);
    const columns = readNpyRecords(source(golden('v3')), ['zeit_µ', 'b']);
    expect([...(columns.get('zeit_µ') ?? [])]).toEqual([7, 8]);
    expect([...(columns.get('b') ?? [])]).toEqual([1.5, 2.5]);
  });
  it('steps over the padding of aligned records', () => {
    const columns = readNpyRecords(source(golden('aligned')), ['a', 'b']);
    expect([...(columns.get('a') ?? [])]).toEqual([1, 3]);
    expect([...(columns.get('b') ?? [])]).toEqual([2.5, 4.5]);
  });
  it('takes text, a scalar, an empty array, a column', () => {
    expect(readNpyLabels(source(golden('unicode')))).toEqual(['a', 'bcµ', '']);
    expect(readNpyLabels(source(golden('bytes')))).toEqual(['x', 'yz']);
    expect(readNpyLabels(source(golden('i8'))).slice(0, 2)).toEqual(['1', '-2']);
    expect(numbers('scalar')).toMatchObject({ shape: [], data: Float64Array.of(3.25) });
    expect(numbers('empty')).toMatchObject({ shape: [0, 4], data: new Float64Array(0) });
    expect([...readNpyVector(source(golden('column'))).data]).toEqual([3, 4]);
  });
});

describe('refusing', () => {
  it.each([
    ['objects', 'E_NPY_PICKLED'],
    ['complex', 'E_NPY_DTYPE'],
    ['date', 'E_NPY_DTYPE'],
    ['nested', 'E_NPY_DTYPE'],
    ['unicode', 'E_NPY_DTYPE'],
    ['v3', 'E_NPY_DTYPE'],
  ] as const)('%s: %s', async (name, code) => {
    await expectCode(() => numbers(name), code);
  });

  it('a matrix where a vector is wanted', async () => {
    await expectCode(() => readNpyVector(source(golden('fortranBig'))), 'E_NPY_SHAPE');
  });
  it('a mask where times are wanted, which would put every spike at sample 0 or 1', async () => {
    const header = withHeader("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }");
    await expectCode(() => readNpyVector(source(Uint8Array.of(...header, 0, 1))), 'E_NPY_DTYPE');
    expect([...readNpyNumbers(source(Uint8Array.of(...header, 0, 1))).data]).toEqual([0, 1]);
  });
  it('a missing field', async () => {
    await expectCode(() => readNpyRecords(source(golden('v3')), ['nothing']), 'E_NPY_DTYPE');
  });

  it.each([
    ['an empty file', new Uint8Array(0), 'E_NPY_HEADER'],
    ['other content', new TextEncoder().encode('hello world'), 'E_NPY_HEADER'],
    ['an unknown version', Uint8Array.of(0x93, 78, 85, 77, 80, 89, 9, 0, 2, 0, 123, 125), 'E_NPY_HEADER'],
    ['a header that is code', withHeader("__import__('os')"), 'E_NPY_HEADER'],
    [
      'a negative shape',
      withHeader("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }"),
      'E_NPY_HEADER',
    ],
    [
      'a claim of a petabyte',
      withHeader("{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000000,), }"),
      'E_FILE_TRUNCATED',
    ],
    [
      'a claim beyond all integers',
      withHeader("{'descr': '<f8', 'fortran_order': False, 'shape': (9000000000000000, 9000000000000000), }"),
      'E_FILE_TRUNCATED',
    ],
    [
      'many items of no bytes',
      withHeader("{'descr': '|S0', 'fortran_order': False, 'shape': (9000000000000000,), }"),
      'E_NPY_DTYPE',
    ],
  ])('%s', async (_, bytes, code) => {
    await expectCode(() => readNpyNumbers(source(bytes)), code);
  });

  it('every cut of a file', async () => {
    const whole = encodeNpy(Float64Array.of(1, 2, 3));
    for (let length = 0; length < whole.length; length++) {
      await expectCode(
        () => readNpyNumbers(source(whole.slice(0, length))),
        length < 6 ? 'E_NPY_HEADER' : 'E_FILE_TRUNCATED',
      );
    }
  });
});

describe('writing', () => {
  it("lays out the header as NumPy does: 64-byte blocks, a line break at the end, the tuple's comma", () => {
    const header = npyHeader('<f4', [5]);
    expect(header.length % 64).toBe(0);
    expect(header.at(-1)).toBe(10);
    expect(new TextDecoder('latin1').decode(header.subarray(10)).trim()).toBe(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }",
    );
    // numpy.save of the same integers gives the same bytes.
    expect([...encodeNpy(BigInt64Array.of(1n, -2n, 2n ** 53n - 1n))]).toEqual([...golden('i8')]);
  });

  it('reads back what it wrote, any type and shape', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -128, max: 127 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        (values, columns) => {
          const rows = Math.floor(values.length / columns);
          const kept = values.slice(0, rows * columns);
          for (const data of [
            Float64Array.from(kept),
            Float32Array.from(kept),
            Int32Array.from(kept),
            Int8Array.from(kept),
            BigInt64Array.from(kept, BigInt),
          ]) {
            const back = readNpyNumbers(source(encodeNpy(data, [rows, columns])));
            expect(back.shape).toEqual([rows, columns]);
            expect([...back.data]).toEqual(kept);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('writes text that reads back', () => {
    expect(readNpyLabels(source(encodeNpyText(['unit 1', 'µ', ''])))).toEqual(['unit 1', 'µ', '']);
  });

  it('writes one label a spike for hundreds of thousands of spikes', () => {
    const labels = Array.from({ length: 300_000 }, (_, i) => `u${i % 7}`);
    expect(readNpyLabels(source(encodeNpyText(labels)))).toEqual(labels);
  });

  it('streams rows and checks their number', async () => {
    const chunks: Uint8Array[] = [];
    const writer = new NpyRowWriter((bytes) => chunks.push(bytes.slice()), '<f4', 3, 2);
    writer.write(Float32Array.of(1, 2, 3, 4));
    await expectCode(() => writer.finish(), 'E_NPY_ROWS');
    writer.write(Float32Array.of(5, 6));
    writer.finish();
    const bytes = Uint8Array.from(chunks.flatMap((c) => [...c]));
    expect(bytes.length).toBe(writer.totalBytes);
    expect([...readNpyNumbers(source(bytes)).data]).toEqual([1, 2, 3, 4, 5, 6]);
    await expectCode(() => writer.write(Float32Array.of(7, 8)), 'E_NPY_ROWS');
    await expectCode(() => writer.write(Float32Array.of(7)), 'E_NPY_ROWS');
    await expectCode(() => writer.write(Float64Array.of(7, 8)), 'E_NPY_ROWS');
    await expectCode(() => encodeNpy(Float64Array.of(1), [2]), 'E_NPY_ROWS');
  });

  it('tells the header without reading the data', () => {
    expect(readNpyHeader(source(encodeNpy(new Uint8Array(6), [2, 3])))).toMatchObject({
      shape: [2, 3],
      count: 6,
      itemBytes: 1,
      fortran: false,
    });
  });
});

function withHeader(text: string): Uint8Array {
  const body = new TextEncoder().encode(text);
  return Uint8Array.from([0x93, 78, 85, 77, 80, 89, 1, 0, body.length & 255, body.length >> 8, ...body]);
}
