// MATLAB level 5: every storage type, both byte orders, compressed and not; asdf and spike structs; damage of each kind.
import { describe, expect, it } from 'vitest';
import { memorySource } from './bytes.ts';
import { openRecording } from './index.ts';
import { readMat5 } from './mat5.ts';
import { expectCode } from './testing/expectCode.ts';
import type { MatNode, Storage } from './testing/mat5Writer.ts';
import { mat5Bytes } from './testing/mat5Writer.ts';
import { memoryFile } from './testing/nodeLocation.ts';

const numbers = (...values: number[]): MatNode => ({ numbers: values });
const empty: MatNode = { numbers: [], dims: [0, 0] };
const asdf = (trains: MatNode[], binSize: MatNode, bins: number): MatNode => ({
  cells: [...trains, binSize, numbers(trains.length, bins)],
});
const open = (bytes: Uint8Array, options = {}) => openRecording(memoryFile('a.mat', bytes), options);
const read = (node: MatNode, layout = {}) => {
  const value = readMat5(memorySource('a.mat', mat5Bytes({ v: node }, layout))).get('v');
  if (value === undefined) throw new Error('no variable');
  return value;
};

describe('readMat5', () => {
  const layouts = [{}, { little: false }, { compress: true }, { little: false, compress: true }];
  const storages: Storage[] = [
    'int8',
    'uint8',
    'int16',
    'uint16',
    'int32',
    'uint32',
    'single',
    'double',
    'int64',
    'uint64',
  ];

  it.each(layouts)('takes every storage type, %j', (layout) => {
    for (const storage of storages) {
      const values = storage.startsWith('u') ? [0, 1, 100] : [-3, 1, 100];
      expect(read({ numbers: values, storage, className: 'double' }, layout)).toMatchObject({
        kind: 'numeric',
        data: Float64Array.from(values),
      });
      // One value of up to 4 bytes lies inside its tag.
      expect(read({ numbers: [7], storage }, layout)).toMatchObject({ data: Float64Array.of(7) });
    }
  });

  it.each(layouts)('takes text, logicals, structs in cells, empty cells, %j', (layout) => {
    expect(read({ text: 'héllo' }, layout)).toMatchObject({ kind: 'char', rows: ['héllo'] });
    expect(read({ numbers: [1, 0], storage: 'uint8', logical: true }, layout)).toMatchObject({
      data: Float64Array.of(1, 0),
    });
    const nested = read(
      { cells: [{ fields: { a: numbers(1), b: { cells: [{ text: 'x' }, empty] } } }, empty] },
      layout,
    );
    expect(
      nested.kind === 'cell' && nested.cells[0].kind === 'struct' && [...nested.cells[0].elements[0].keys()],
    ).toEqual(['a', 'b']);
  });

  it('refuses 64-bit integers beyond 2^53', async () => {
    await expectCode(() => read({ numbers: [2n ** 60n], storage: 'int64' }), 'E_NUMBER_RANGE');
    await expectCode(() => read({ numbers: [2n ** 63n], storage: 'uint64' }), 'E_NUMBER_RANGE');
  });

  it('refuses dimensions that do not match the numbers, and cells that are not there', async () => {
    await expectCode(() => read({ numbers: [1, 2], dims: [1, 3] }), 'E_MAT_DAMAGED');
    await expectCode(() => read({ cells: [empty], dims: [1, 2_000_000_000] }), 'E_MAT_DAMAGED');
    await expectCode(() => read({ cells: [empty], dims: [50_000, 50_000, 50_000, 50_000] }), 'E_MAT_DAMAGED');
  });

  it('refuses endless nesting', async () => {
    let node: MatNode = empty;
    for (let depth = 0; depth < 80; depth++) node = { cells: [node] };
    await expectCode(() => read(node), 'E_MAT_DAMAGED');
  });

  it('names a file that is cut, or whose check sum fails', async () => {
    const plain = mat5Bytes({ v: numbers(1, 2, 3) });
    await expectCode(() => readMat5(memorySource('a', plain.slice(0, plain.length - 9))), 'E_FILE_TRUNCATED');
    const packed = mat5Bytes({ v: numbers(1, 2, 3) }, { compress: true });
    packed[packed.length - 1] ^= 1;
    await expectCode(() => readMat5(memorySource('a', packed)), 'E_FILE_DAMAGED');
    await expectCode(() => readMat5(memorySource('a', new Uint8Array(200))), 'E_MAT_VERSION');
  });
});

describe('asdf', () => {
  it('moves 1-based indices when one stands at the number of bins', async () => {
    const r = await open(mat5Bytes({ x: asdf([numbers(1, 5, 10), empty], empty, 10) }), { binUnitMs: 1 });
    expect([...r.times]).toEqual([0, 4, 9]);
    expect(r.observed).toEqual([{ start: 0, stop: 10 }]);
    expect(r.clock).toEqual({ numerator: 1000, denominator: 1 });
    expect([...r.offsets]).toEqual([0, 3, 3]);
    expect(r.assumptions.join(' ')).toContain('index - 1');
  });
  it('keeps 0-based ones, proved or not', async () => {
    const proved = await open(mat5Bytes({ x: asdf([numbers(0, 9)], empty, 10) }), { binUnitMs: 1 });
    expect([...proved.times]).toEqual([0, 9]);
    const silent = await open(mat5Bytes({ x: asdf([numbers(3, 9)], empty, 10) }), { fs: 30000 });
    expect([...silent.times]).toEqual([3, 9]);
    expect(silent.assumptions.join(' ')).toContain('does not say');
    const both = await open(mat5Bytes({ x: asdf([numbers(0, 10)], empty, 10) }), { fs: 30000 });
    expect([...both.times]).toEqual([0, 10]);
    expect(both.warnings.join(' ')).toContain('one bin more');
  });
  it('takes the bin size of the file, and asks where it is empty or 0', async () => {
    const r = await open(mat5Bytes({ x: asdf([numbers(3)], numbers(0.5), 10) }));
    expect(r.clock).toEqual({ numerator: 2000, denominator: 1 });
    const bytes = mat5Bytes({ x: asdf([numbers(3)], numbers(0, 0), 10) });
    const asked = await expectCode(() => open(bytes), 'E_CLOCK_UNKNOWN');
    expect(asked.fix).toContain('--bin-unit 1ms');
    expect(asked.fix).toContain('--fs 30000');
    await expectCode(
      () => open(mat5Bytes({ x: asdf([numbers(3)], numbers(0.5), 10) }), { fs: 30000 }),
      'E_CLOCK_CONFLICT',
    );
  });
  it('sorts, counts repeats, and says so', async () => {
    const r = await open(mat5Bytes({ x: asdf([numbers(5, 3, 3)], empty, 10) }), { fs: 1000 });
    expect([...r.times]).toEqual([3, 3, 5]);
    expect(r.warnings.join(' ')).toMatch(/1 unit had unsorted.*1 spike repeats /);
  });
  it.each([
    ['NaN', numbers(1, NaN), 'E_TIME_NAN'],
    ['negative', numbers(-1), 'E_TIME_NEGATIVE'],
    ['infinite', numbers(Infinity), 'E_TIME_INFINITE'],
    ['fractions', numbers(1.5), 'E_TIME_FRACTION'],
    ['beyond 2^53', numbers(2 ** 60), 'E_TIME_RANGE'],
    ['beyond the bins', numbers(11), 'E_ASDF_RANGE'],
    ['complex', { numbers: [1], complex: true }, 'E_MAT_TYPE'],
    ['text', { text: 'abc' }, 'E_MAT_TYPE'],
  ] as const)('refuses times that are %s', async (_, train, code) => {
    await expectCode(() => open(mat5Bytes({ x: asdf([train], empty, 10) }), { fs: 1000 }), code);
  });
  it('asks which of several variables', async () => {
    const bytes = mat5Bytes({
      a: asdf([numbers(1)], empty, 10),
      b: asdf([numbers(2)], empty, 10),
      c: numbers(1),
    });
    await expectCode(() => open(bytes, { fs: 1 }), 'E_SELECT_NEEDED');
    await expectCode(() => open(bytes, { fs: 1, select: 'c' }), 'E_SELECT_UNKNOWN');
    expect([...(await open(bytes, { fs: 1, select: 'b' })).times]).toEqual([2]);
  });
  it('takes sidecar labels of the right length only', async () => {
    const sidecars: Record<string, Uint8Array> = {
      'cell_categ.mat': mat5Bytes(
        { cell_categ: { fields: { exc: numbers(1, 0), inh: numbers(0, 1), layer: numbers(2, 5) } } },
        { compress: true },
      ),
      'xy.mat': mat5Bytes({ x: numbers(1, 2, 3), y: numbers(4, 5) }),
      'layer_categ.txt': new TextEncoder().encode('9\n9\n'),
    };
    const location = {
      ...memoryFile('a.mat', mat5Bytes({ x: asdf([numbers(1), numbers(2)], empty, 10) })),
      sibling: (name: string) => (name in sidecars ? memorySource(name, sidecars[name]) : undefined),
    };
    const r = await openRecording(location, { fs: 1000 });
    expect(r.units).toEqual([
      { id: '1', cellClass: 'exc', layer: '2' },
      { id: '2', cellClass: 'inh', layer: '5' },
    ]);
    expect(r.warnings.join(' ')).toContain('xy.mat has 3 entries for 2 units');
    sidecars['cell_categ.mat'] = sidecars['cell_categ.mat'].slice(0, 140);
    const damaged = await openRecording(location, { fs: 1000 });
    expect(damaged.units[0].layer).toBe('9');
    expect(damaged.warnings.join(' ')).toContain('cell_categ.mat could not be read (E_FILE_TRUNCATED)');
  });
});

describe('spike structs', () => {
  const unit = (times: number[], range?: number[]): MatNode => ({
    fields: {
      time: { numbers: times, dims: [times.length, 1] },
      ...(range === undefined ? {} : { timerange: { numbers: range } }),
    },
  });
  it('walks the cells and names units by the levels that vary', async () => {
    const spikes: MatNode = {
      cells: [
        {
          cells: [
            { cells: [unit([1.5, 2.25], [1, 3]), empty] },
            { cells: [unit([], [1, 3]), unit([2], [1, 3])] },
          ],
        },
      ],
    };
    const r = await open(mat5Bytes({ spikes }, { compress: true }));
    expect(r.format).toBe('mat-struct');
    expect(r.units.map((u) => u.id)).toEqual(['1-1', '2-2']);
    expect([...r.times]).toEqual([1_500_000, 2_250_000, 2_000_000]);
    expect(r.observed).toEqual([{ start: 1_000_000, stop: 3_000_001 }]);
    expect(r.warnings.join(' ')).toContain('1 cluster slot');
  });
  it('rounds to a stated rate, and refuses bad times', async () => {
    const spikes: MatNode = { cells: [unit([0.1])] };
    expect([...(await open(mat5Bytes({ spikes }), { fs: 30000 })).times]).toEqual([3000]);
    await expectCode(() => open(mat5Bytes({ spikes: { cells: [unit([-0.1])] } })), 'E_TIME_NEGATIVE');
    await expectCode(() => open(mat5Bytes({ spikes: { cells: [unit([NaN])] } })), 'E_TIME_NAN');
    await expectCode(() => open(mat5Bytes({ spikes: { cells: [unit([])] } })), 'E_MAT_NO_TRAINS');
  });
  it('says what a file without trains holds, and what to do with 7.3', async () => {
    const error = await expectCode(() => open(mat5Bytes({ w: numbers(1, 2) })), 'E_MAT_NO_TRAINS');
    expect(error.message).toContain('w (numeric 1 x 2)');
    const v73 = new Uint8Array(2048).fill(32);
    v73.set(new TextEncoder().encode('MATLAB 7.3 MAT-file'));
    expect((await expectCode(() => open(v73), 'E_MAT_V73')).fix).toContain('-v7');
  });
});
