// Plan, without a device: that tiles and parts cover the product exactly, that the tile fits the limits and the shape, that every variant's
// shader declares just what its call binds, that bytes are those of the tile model (numbers worked out by hand), and that partial
// sums are refused together with what may only be done once.
import { describe, expect, it } from 'vitest';
import type { Dispatch, Slice } from '../../kernel.ts';
import { matMul, matMulChunks, type MatMulCall, type MatMulForm } from './matmul.ts';

const slice = (): Slice => ({ buffer: {} as GPUBuffer, offset: 0, size: 4 });
const call = (change: Partial<MatMulCall> = {}): MatMulCall => ({
  label: 'matMul',
  form: 'nn',
  m: 64,
  n: 64,
  k: 64,
  tiled: true,
  a: slice(),
  b: slice(),
  c: slice(),
  bias: null,
  activation: 'none',
  before: null,
  dropout: null,
  slope: null,
  residual: null,
  columns: null,
  chunks: 1,
  ...change,
});
const constant = (dispatch: Dispatch, name: string): number =>
  Number(new RegExp(`const ${name} = (\\d+);`).exec(dispatch.source)?.[1]);
/** Rows, columns and depth of the tile that a workgroup makes. */
const tileOf = (dispatch: Dispatch): { rows: number; columns: number; depth: number } => {
  const tile = constant(dispatch, 'TILE');
  if (!Number.isNaN(tile)) return { rows: tile, columns: tile, depth: constant(dispatch, 'DEPTH') };
  const [, lanes, rows] = /@workgroup_size\((\d+), (\d+)\)/.exec(dispatch.source) ?? [];
  return { rows: 4 * Number(rows), columns: 4 * Number(lanes), depth: 1 };
};

const SIZES = [1, 3, 17, 63, 64, 65, 127, 129, 256, 1000, 4096, 70_000];

describe('matMul geometry', () => {
  it.each([true, false])('covers every element and no tile twice (tiled: %s)', (tiled) => {
    for (const m of SIZES)
      for (const n of [1, 31, 64, 129, 384]) {
        const dispatch = matMul(call({ m, n, k: 32, tiled }));
        const { rows, columns } = tileOf(dispatch);
        const [x, y, z] = dispatch.groups;
        expect([x, y, z]).toEqual([Math.ceil(n / columns), Math.ceil(m / rows), 1]);
      }
  });

  it('cuts a long depth into parts of whole tiles, none of them empty', () => {
    for (const k of SIZES)
      for (const [m, n] of [
        [1, 1],
        [128, 128],
        [128, 384],
        [256, 1024],
        [513, 65],
      ]) {
        const shape = { form: 'tn', m, n, k, tiled: true } as const;
        const chunks = matMulChunks(shape);
        const dispatch = matMul(call({ ...shape, chunks }));
        const { chunk } = dispatch.uniforms;
        expect(chunk % tileOf(dispatch).depth).toBe(0);
        expect(chunk * chunks).toBeGreaterThanOrEqual(k);
        expect(chunk * (chunks - 1)).toBeLessThan(k);
        expect(dispatch.groups[2]).toBe(chunks);
        if (chunks > 1) expect(4 * m * n * chunks).toBeLessThanOrEqual(4 * 1024 * 1024);
      }
  });

  it('fills a large GPU with the gradients of weights, where their depth allows', () => {
    const groups = (m: number, n: number, k: number): number =>
      matMulChunks({ form: 'tn', m, n, k, tiled: true }) * Math.ceil(m / 64) * Math.ceil(n / 64);
    expect(groups(128, 128, 4096)).toBe(128); // 32 parts of 128 rows
    expect(groups(128, 384, 4096)).toBe(228); // 19 parts of 224 rows: 22 are no whole tiles
    expect(groups(256, 1024, 65_536)).toBe(256); // 4 MiB
    expect(matMulChunks({ form: 'tn', m: 128, n: 128, k: 255, tiled: true })).toBe(1);
    expect(matMulChunks({ form: 'tn', m: 128, n: 128, k: 65_536, tiled: false })).toBe(1);
  });

  it.each([
    ['few tiles', 4096, 128, 64],
    ['many tiles', 65_536, 256, 128],
    ['many tiles, half of the last column of them empty', 65_536, 192, 64],
    ['many tiles, a narrow result', 65_536, 64, 64],
    ['just enough', 128 * 264, 128, 128],
    ['just too few', 128 * 263, 128, 64],
  ])('takes the wide tile where it pays: %s', (_, m, n, side) => {
    expect(tileOf(matMul(call({ m, n }))).rows).toBe(side);
  });

  it.each([
    [64, 64],
    [65_536, 256],
  ])('fits workgroup memory and invocations of every device (%i x %i)', (m, n) => {
    const dispatch = matMul(call({ m, n }));
    const { rows, columns, depth } = tileOf(dispatch);
    expect(4 * depth * (rows + columns)).toBeLessThanOrEqual(16_384);
    expect(dispatch.source).toContain('@workgroup_size(256)');
  });
});

describe('matMul variants', () => {
  const extras: Partial<MatMulCall>[] = [
    {},
    { bias: slice() },
    { activation: 'relu' },
    { activation: 'gelu', before: slice() },
    { dropout: { stream: 1, threshold: 2, factor: 2 } },
    { slope: { activation: 'relu', kept: slice() } },
    { slope: { activation: 'gelu', kept: slice() } },
    { residual: slice() },
    { residual: 'c' },
    { columns: slice() },
    { chunks: 2, columns: slice() },
    { bias: slice(), dropout: { stream: 1, threshold: 2, factor: 2 }, residual: slice() },
  ];

  it.each([true, false])('declare what they bind and nothing else (tiled: %s)', (tiled) => {
    for (const form of ['nn', 'nt', 'tn'] satisfies MatMulForm[])
      for (const [m, n, k] of [
        [64, 64, 64],
        [63, 65, 17],
      ])
        for (const extra of extras) {
          const dispatch = matMul(call({ form, m, n, k, tiled, ...extra }));
          const declared = [
            ...dispatch.source.matchAll(/@binding\((\d+)\) var<storage, read_write> (\w+):/g),
          ];
          expect(declared.map(([, , name]) => name).sort()).toEqual(Object.keys(dispatch.storage).sort());
          for (const [, binding, name] of declared)
            expect(dispatch.kernel.storage[Number(binding) - 1], `binding ${binding}`).toBe(name);
          expect(dispatch.source.includes('var<uniform> run: Run')).toBe(extra.dropout !== undefined);
          expect(dispatch.source).not.toMatch(/[#$]/);
        }
  });

  it.each<[MatMulForm, number, number, number, boolean[]]>([
    ['nn', 5, 4, 3, [false, true, true]],
    ['nt', 5, 4, 3, [false, false, true]],
    ['tn', 5, 4, 3, [false, true, true]],
    ['nn', 4, 3, 4, [true, false, false]],
    ['nt', 4, 3, 4, [true, true, false]],
    ['tn', 4, 3, 5, [true, false, false]],
  ])('read four at a time what has rows of fours: %s of (%i, %i, %i)', (form, m, n, k, wanted) => {
    const { source } = matMul(call({ form, m, n, k }));
    const byFour = (name: string): boolean => new RegExp(`read_write> ${name}: array<vec4`).test(source);
    expect([byFour('a'), byFour('b'), /alias Value = vec4/.test(source)]).toEqual(wanted);
  });

  it('refuses to do to partial sums what may be done once only', () => {
    for (const extra of extras.slice(1, 9))
      expect(() => matMul(call({ ...extra, chunks: 2 }))).toThrow(RangeError);
  });
});

describe('matMul costs', () => {
  // a of 100 x 40 and b of 40 x 70: 4,000 and 2,800 elements; c has 7,000.
  it.each<[string, Partial<MatMulCall>, number]>([
    ['two rows and columns of tiles', {}, 4 * (2 * 4000 + 2 * 2800 + 7000)],
    ['blocks of four', { tiled: false }, 4 * (18 * 4000 + 25 * 2800 + 7000)],
    ['bias and residual', { bias: slice(), residual: slice() }, 4 * (8000 + 5600 + 14_000 + 70)],
    ['c is added to', { residual: 'c' }, 4 * (8000 + 5600 + 14_000)],
    ['two parts', { form: 'tn', chunks: 2, columns: slice() }, 4 * (8000 + 5600 + 14_000 + 140)],
  ])('bytes: %s', (_, change, bytes) => {
    expect(matMul(call({ m: 100, n: 70, k: 40, ...change })).bytes).toBe(bytes);
  });

  it('bytes: the wide tile loads half', () => {
    const [m, n, k] = [65_536, 256, 64];
    expect(matMul(call({ m, n, k })).bytes).toBe(4 * (2 * m * k + 512 * n * k + m * n));
  });

  it('operations: two a product, one a sum', () => {
    expect(matMul(call({ m: 10, n: 20, k: 30 })).flops).toBe(12_000);
    expect(matMul(call({ m: 10, n: 20, k: 30, bias: slice() })).flops).toBe(12_200);
    expect(matMul(call({ m: 10, n: 20, k: 30, columns: slice() })).flops).toBe(12_600);
  });
});
