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

  /** Cells of two classes: A is the integrate-and-fire cell of the recordings, B rests higher and is faster. Donors of four cells. */
  function writeTable(): void {
    /** Evenly from -1 to 1, as good as drawn. */
    const noise = (i: number, k: number) => {
      const big = Math.sin(12.9898 * (i + 1) + 78.233 * (k + 1)) * 43_758.5453;
      return 2 * (big - Math.floor(big)) - 1;
    };
    const rows = Array.from({ length: 80 }, (_, i) => {
      const b = i % 2 === 1;
      const values = [b ? -60 : -70, b ? 120 : 200, b ? 10 : 20, b ? 300 : 130, b ? 0.3 : 0];
      const scales = [6, 40, 5, 60, 0.1];
      return [
        `c${String(i)}`,
        `d${String(i >> 2)}`,
        b ? 'B' : 'A',
        ...values.map((v, k) => v + scales[k] * noise(i, k)),
      ].join(',');
    });
    writeFileSync(
      at('table.csv'),
      `cell,donor,label,vrest,ri,tau,threshold_i_long_square,sag\n${rows.join('\n')}\n`,
    );
    writeFileSync(
      at('map.yaml'),
      'cell: cell\ndonor: donor\nlabel: label\nfeatures: { vrest: vrest, ri: ri, tau: tau, threshold_i_long_square: threshold_i_long_square, sag: sag }\n',
    );
  }
  const own = () => ['--species', 'mouse', '--table', at('table.csv'), '--map', at('map.yaml')];

  test("a model of one's own table calls the recording, says how sure and what it looked at", async () => {
    writeTable();
    const model = at('own.safetensors');
    const trained = await json(['celltype', 'train', ...own(), '--out', model]);
    expect(trained).toMatchObject({
      schema: 'spikebridge.celltype-training/1',
      cells: 80,
      donors: 20,
      classes: ['A', 'B'],
    });
    expect((trained as { heldOut: { accuracy: number } }).heldOut.accuracy).toBeGreaterThan(0.9);
    expect(readFileSync(at('own.md'), 'utf8')).toContain('Not validated on raw recordings');
    const again = await run(['celltype', 'train', ...own(), '--out', model]);
    expect(again.stderr).toMatch(/^error E_OUTPUT_EXISTS: /m);
    const bytes = readFileSync(model);
    await json(['celltype', 'train', ...own(), '--out', model, '--force']);
    expect(readFileSync(model).equals(bytes)).toBe(true);

    const predicted = (await json([
      'celltype',
      'predict',
      at('cells', 'deeper', 'two.nwb'),
      '--species',
      'mouse',
      '--model',
      model,
    ])) as {
      cells: {
        cell: string;
        call: string;
        probability: number;
        probabilities: Record<string, number>;
        evidence: { feature: string; value: number }[];
      }[];
    };
    const [cell] = predicted.cells;
    expect(cell).toMatchObject({ cell: 'two', call: 'A', abstained: [] });
    expect(cell.probability).toBeGreaterThan(0.8);
    expect(cell.probabilities['A'] + cell.probabilities['B']).toBeCloseTo(1, 9);
    expect(cell.evidence.map(({ feature }) => feature).sort()).toEqual([
      'ri',
      'sag',
      'tau',
      'threshold_i_long_square',
      'vrest',
    ]);
    expect(cell.evidence.find(({ feature }) => feature === 'vrest')?.value).toBeCloseTo(-70, 1);
    writeFileSync(at('calls.json'), JSON.stringify(predicted));
    const out = at('calls.html');
    expect(await json(['celltype', 'report', at('calls.json'), '--out', out])).toMatchObject({ calls: 1 });
    expect(readFileSync(out, 'utf8')).toContain(`<data value="${String(cell.probability)}">`);
  });

  test('the model that comes with the program does not call a cell unlike those it knows', async () => {
    // It rests at -90 mV, needs 70 mV to fire, and takes 60 ms to get there.
    await writeCell(at('odd.nwb'), 'odd', { rest: -90, threshold: -20, resistance: 0.35, tau: 0.06 });
    const predicted = (await json(['celltype', 'predict', at('odd.nwb'), '--species', 'mouse'])) as {
      model: { classes: string[]; limits: string[] };
      cells: {
        call: string | null;
        likeliest: string;
        abstained: { code: string }[];
        distance: { value: number; limit: number };
      }[];
    };
    expect(predicted.model.classes).toEqual(['Lamp5', 'Pvalb', 'Sncg', 'Sst', 'Vip']);
    const [cell] = predicted.cells;
    expect(cell.call).toBeNull();
    expect(cell.abstained.map(({ code }) => code)).toContain('unlike');
    expect(cell.distance.value).toBeGreaterThan(cell.distance.limit);
    const human = await run(['celltype', 'predict', at('odd.nwb'), '--species', 'human']);
    expect(human.stderr).toMatch(/^error E_CELL_MODEL_MISSING: .*human/m);
    expect(human.stderr).toContain('celltype train --species human');
    expect(human.code).toBe(2);
  });

  test('evaluates classifiers on donors they have not seen, and goes on from what is kept', async () => {
    writeTable();
    const args = [
      'celltype',
      'evaluate',
      ...own(),
      '--model',
      'discriminant',
      '--model',
      'balanced-forest-calibrated',
    ];
    const few = [...args, '--repeats', '2', '--folds', '4', '--draws', '50', '--out', at('judged')];
    const first = (await json(few)) as {
      models: Record<
        string,
        {
          macroF1: { value: number; low: number; high: number; n: number };
          perClass: Record<string, unknown>;
        }
      >;
      floors: Record<string, { macroF1: { value: number } }>;
    };
    expect(Object.keys(first.models)).toEqual(['discriminant', 'balanced-forest-calibrated']);
    for (const { macroF1, perClass } of Object.values(first.models)) {
      expect(macroF1.value).toBeGreaterThan(0.9);
      expect(macroF1.low).toBeLessThanOrEqual(macroF1.value);
      expect(macroF1.high).toBeGreaterThanOrEqual(macroF1.value);
      expect(macroF1.n).toBe(80);
      expect(Object.keys(perClass)).toEqual(['A', 'B']);
    }
    for (const { macroF1 } of Object.values(first.floors)) expect(macroF1.value).toBeLessThan(0.65);
    const folds = readdirSync(at('judged', 'folds'));
    expect(folds).toHaveLength(2 * 2 * 4);
    expect(await json(few)).toEqual(first);
    expect(readdirSync(at('judged', 'folds'))).toEqual(folds);
    expect(JSON.parse(readFileSync(at('judged', 'evaluation.json'), 'utf8'))).toEqual(first);
    expect(await json(['celltype', 'report', at('judged')])).toMatchObject({ evaluations: 1 });
    const { value } = first.models['discriminant'].macroF1;
    expect(readFileSync(at('judged', 'report.html'), 'utf8')).toContain(`<data value="${String(value)}">`);
    const net = ['celltype', 'evaluate', ...own(), '--model', 'family-net-paper', ...few.slice(args.length)];
    const looked = (await json([...net.slice(0, -1), at('nets')])) as {
      models: Record<string, { attention: { families: string[]; mean: number[][]; sd: number[][] } }>;
    };
    const { attention } = looked.models['family-net-paper'];
    for (const row of attention.mean) expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    for (const row of attention.sd) expect(row).toHaveLength(attention.families.length);
    expect(await json([...net.slice(0, -1), at('nets')])).toEqual(looked);
    expect(await json(['celltype', 'report', at('nets')])).toMatchObject({ evaluations: 1 });
    expect(readFileSync(at('nets', 'report.html'), 'utf8')).toContain('Attention');
    const unknown = await run([...args, '--model', 'forrest']);
    expect(unknown.stderr).toMatch(/^error E_USAGE: .*forrest/m);
    expect(unknown.code).toBe(2);
  });
});
