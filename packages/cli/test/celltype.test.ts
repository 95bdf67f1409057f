// `celltype` as a user meets it: features of recordings as tables, kept from run to run, and what cannot be read told file by file.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SWEEPS, writeCell } from './celltype-cell.ts';
import { json, run, runtime, scratch, start } from './harness.ts';

const folder = scratch();
afterAll(() => folder.remove());
const at = (...names: string[]) => join(folder.path, ...names);

interface Extraction {
  status: string;
  files: number;
  extracted: number;
  unchanged: number;
  tables: string[];
  cells: {
    cell: string;
    donor: string;
    usedSweeps: number;
    sweeps: number;
    spikes: number;
    families: string[];
  }[];
  failed: { file: string; code: string }[];
}

describe(`on ${runtime}`, () => {
  beforeAll(async () => {
    mkdirSync(at('cells', 'deeper'), { recursive: true });
    await writeCell(at('cells', 'one.nwb'), 'one');
    await writeCell(at('cells', 'deeper', 'two.nwb'), 'two');
    writeFileSync(at('cells', 'broken.nwb'), 'this is no recording');
    writeFileSync(at('cells', 'notes.txt'), 'not looked at');
  });

  const extract = (...more: string[]) =>
    json(['celltype', 'extract', at('cells'), '--out', at('features'), ...more]) as Promise<Extraction>;

  test('takes features of every recording below a folder, and tells of the one that is none', async () => {
    const found = await extract();
    expect(found).toMatchObject({ status: 'completed', files: 3, extracted: 2, unchanged: 0 });
    expect(found.failed.map(({ file, code }) => [file, code])).toEqual([['broken.nwb', 'E_SWEEP_FORMAT']]);
    const [two, one] = found.cells;
    expect([one.cell, two.cell]).toEqual(['one', 'two']);
    expect(one.donor).toBe('donor of one');
    expect(one.sweeps).toBe(SWEEPS);
    expect(one.usedSweeps).toBe(SWEEPS);
    expect(one.families).toHaveLength(13);
    expect(one.spikes).toBeGreaterThan(20);
    expect(found.tables).toEqual(['features.npz', 'features.parquet']);
    expect(readFileSync(at('features', 'features.npz')).subarray(0, 2).toString()).toBe('PK');
    expect(readFileSync(at('features', 'features.parquet')).subarray(0, 4).toString()).toBe('PAR1');
    expect(JSON.parse(readFileSync(at('features', 'extraction.json'), 'utf8'))).toEqual(found);
  });

  test('what is there and unchanged is not extracted again; the tables come out byte for byte', async () => {
    const before = readFileSync(at('features', 'features.npz'));
    rmSync(at('features', 'features.npz'));
    expect(await extract()).toMatchObject({ extracted: 2, unchanged: 2 });
    expect(readFileSync(at('features', 'features.npz')).equals(before)).toBe(true);
    await writeCell(at('cells', 'one.nwb'), 'uno');
    const changed = await extract();
    expect(changed).toMatchObject({ extracted: 2, unchanged: 1 });
    expect(changed.cells.map(({ cell }) => cell)).toEqual(['two', 'uno']);
  });

  test('Ctrl-C keeps the cells that are done, and the same command goes on', async () => {
    mkdirSync(at('many'), { recursive: true });
    for (let i = 0; i < 6; i++) await writeCell(at('many', `cell-${String(i)}.nwb`), `cell ${String(i)}`);
    const args = ['celltype', 'extract', at('many'), '--out', at('cut'), '--jobs', '1'];
    const started = start(args);
    const kept = () =>
      existsSync(at('cut', 'cells'))
        ? readdirSync(at('cut', 'cells')).filter((name) => name.endsWith('.json'))
        : [];
    const deadline = Date.now() + 60_000;
    while (kept().length === 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
    started.child.kill('SIGINT');
    const ended = await started.finished;
    expect(ended.code).toBe(130);
    expect(ended.stdout).toMatch(/interrupted: the same command goes on/);
    const done = kept().length;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(6);
    expect(existsSync(at('cut', 'features.npz'))).toBe(false);
    const whole = (await json(args)) as Extraction;
    expect(whole).toMatchObject({ status: 'completed', extracted: 6, unchanged: done });
  });

  test('refusals: nothing there, no recording below, none that can be read', async () => {
    const asked = (path: string) => run(['celltype', 'extract', path, '--out', at('none')]);
    const missing = await asked(at('nowhere.nwb'));
    expect(missing.stderr).toMatch(/^error E_FILE_MISSING: /m);
    expect(missing.code).toBe(2);
    mkdirSync(at('empty'));
    const empty = await asked(at('empty'));
    expect(empty.stderr).toMatch(/^error E_EXTRACT_EMPTY: /m);
    expect(empty.code).toBe(2);
    const unreadable = await asked(at('cells', 'broken.nwb'));
    expect(unreadable.code).toBe(1);
    expect(unreadable.stdout).toMatch(/broken\.nwb: E_SWEEP_FORMAT/);
  });
});
