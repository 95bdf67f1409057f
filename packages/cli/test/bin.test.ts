// `bin`: the array on disk holds each spike in its bin and unit, both layouts agree, and nothing is overwritten.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { json, run, runtime, scratch } from './harness.ts';

const folder = scratch();
afterAll(() => folder.remove());

/** Three units, spikes at bin edges: 0.9994 s stays in bin 999, 1.0 s begins bin 1000, the last one ends a whole bin. */
const spikes: readonly (readonly [unit: string, seconds: number])[] = [
  ['a', 0],
  ['b', 0.0009],
  ['a', 0.001],
  ['c', 0.9994],
  ['b', 1],
  ['b', 1.0004],
  ['c', 1.499999],
];
const csv = folder.file(
  'edges.csv',
  `unit,time\n${spikes.map(([unit, time]) => `${unit},${String(time)}`).join('\n')}\n`,
);

/** Shape and values of a version 1 .npy file of bytes. */
function readNpy(path: string): { shape: number[]; data: Uint8Array } {
  const bytes = readFileSync(path);
  const length = bytes.readUInt16LE(8);
  const header = bytes.subarray(10, 10 + length).toString('latin1');
  expect(header).toContain("'descr': '|u1', 'fortran_order': False");
  const shape = /\(([^)]*)\)/.exec(header)?.[1].split(',').map(Number) ?? [];
  return { shape, data: bytes.subarray(10 + length) };
}

describe(`on ${runtime}`, () => {
  const expected = new Set(spikes.map(([unit, time]) => `${String(Math.floor(time * 1000 + 1e-9))} ${unit}`));

  test('bytes: one where a unit fired, zero elsewhere; units named in the order of columns', async () => {
    const out = join(folder.path, 'bytes.npy');
    const document = (await json(['bin', csv, '--out', out, '--layout', 'bytes'])) as {
      units: { id: string }[];
      shape: number[];
      spikesSharingABin: number;
    };
    const { shape, data } = readNpy(out);
    expect(shape).toEqual(document.shape);
    expect(shape[1]).toBe(3);
    expect(document.spikesSharingABin).toBe(1);
    const found = new Set<string>();
    data.forEach((value, index) => {
      if (value !== 0) found.add(`${String(Math.floor(index / 3))} ${document.units[index % 3].id}`);
    });
    expect(found).toEqual(expected);
    expect(JSON.parse(readFileSync(join(folder.path, 'bytes.json'), 'utf8'))).toEqual(document);
  });

  test('packed: the bit order stated beside it gives the same raster', async () => {
    const out = join(folder.path, 'packed.npy');
    const document = (await json(['bin', csv, '--out', out])) as {
      units: { id: string }[];
      bitOrder: string;
    };
    expect(document.bitOrder).toBe('little: bit b of byte k is unit 8 k + b');
    const { shape, data } = readNpy(out);
    const found = new Set<string>();
    for (let bin = 0; bin < shape[0]; bin += 1)
      document.units.forEach((unit, index) => {
        if ((data[bin * shape[1] + (index >> 3)] >> (index & 7)) & 1) found.add(`${String(bin)} ${unit.id}`);
      });
    expect(found).toEqual(expected);
  });

  test('wider bins and a span of time', async () => {
    const out = join(folder.path, 'wide.npy');
    await json([
      'bin',
      csv,
      '--out',
      out,
      '--layout',
      'bytes',
      '--bin-ms',
      '100',
      '--start',
      '0.5',
      '--stop',
      '1.3',
    ]);
    const { shape, data } = readNpy(out);
    expect(shape).toEqual([8, 3]);
    expect([...data].flatMap((value, index) => (value === 0 ? [] : [index]))).toEqual([4 * 3 + 2, 5 * 3 + 1]);
  });

  test('an output that exists is kept without --force', async () => {
    const out = join(folder.path, 'kept.npy');
    await json(['bin', csv, '--out', out]);
    const before = readFileSync(out);
    const refused = await run(['bin', csv, '--out', out, '--layout', 'bytes']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^error E_OUTPUT_EXISTS: /m);
    expect(readFileSync(out).equals(before)).toBe(true);
    expect((await run(['bin', csv, '--out', out, '--layout', 'bytes', '--force'])).code).toBe(0);
    expect(readFileSync(out).equals(before)).toBe(false);
  });

  test('integers without a clock are asked about, not guessed; nothing is written', async () => {
    const ticks = folder.file('ticks.csv', 'unit,sample\n1,30\n1,3000\n2,45\n');
    const out = join(folder.path, 'ticks.npy');
    const refused = await run(['bin', ticks, '--out', out]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^error E_CLOCK_UNKNOWN: ticks\.csv/m);
    expect(refused.stderr).toMatch(/--fs 30000/);
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(folder.path).filter((name) => name.includes('.tmp'))).toEqual([]);
    expect(await json(['bin', ticks, '--out', out, '--fs', '30000'])).toMatchObject({ shape: [100, 4] });
    const shown = await json(['inspect', ticks]);
    expect(shown).toMatchObject({ clock: null, durationSeconds: null });
  });

  test('a time that is no number is refused with its place', async () => {
    const broken = folder.file('broken.csv', 'unit,time\n1,0.5\n1,soon\n');
    const refused = await run(['bin', broken, '--out', join(folder.path, 'broken.npy')]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^error E_\w+: broken\.csv/m);
  });
});
