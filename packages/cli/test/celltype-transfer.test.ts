// `celltype transfer` as a user meets it, on small files of the published layouts: a curve with gains, kept from run to run, and refusals.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, run, runtime, scratch, start } from './harness.ts';

const folder = scratch();
afterAll(() => folder.remove());
const at = (...names: string[]) => join(folder.path, ...names);

const MOUSE = ['Lamp5', 'Pvalb', 'Sst', 'Vip'];
const HUMAN = ['LAMP5/PAX6/Other', 'PVALB', 'SST', 'VIP'];
/** Resting potential (mV) and time constant (ms) of a class, and what a cell has of its own. */
const restOf = (label: number, cell: number) => -70 + 4 * (label % 2) + ((cell * 7) % 11) / 5;
const tauOf = (label: number, cell: number) => 12 + 8 * (label >> 1) + ((cell * 5) % 13) / 3;

/** 80 mouse cells and 64 human ones, four a donor. */
function writeTables(): void {
  mkdirSync(at('tables', 'deeper'), { recursive: true });
  const write = (name: string, lines: readonly string[]) =>
    writeFileSync(at('tables', 'deeper', name), lines.join('\n'));
  const mouse = Array.from({ length: 80 }, (_, cell) => ({ cell, label: (cell * 3) % 4 }));
  write('efeature_filtered.csv', [
    '"","vrest","tau"',
    ...mouse.map(
      ({ cell, label }) => `"m${String(cell)}",${String(restOf(label, cell))},${String(tauOf(label, cell))}`,
    ),
  ]);
  write('label_visual.csv', [
    'cell,ttype,ttype_sub,layer',
    ...mouse.map(({ cell, label }) => `m${String(cell)},${MOUSE[label]},${MOUSE[label]} A,5`),
  ]);
  write('20200711_patchseq_metadata_mouse.csv', [
    'donor_id,transcriptomics_sample_id',
    ...mouse.map(({ cell }) => `d${String(cell >> 2)},m${String(cell)}`),
  ]);
  const human = Array.from({ length: 64 }, (_, cell) => ({ cell, label: (cell * 3 + (cell >> 2)) % 4 }));
  write('LeeDalley_ephys_fx.csv', [
    'specimen_id,v_baseline,tau',
    ...human.map(
      ({ cell, label }) =>
        `${String(cell)},${String(restOf(label, cell) + 5)},${String(tauOf(label, cell) / 500)}`,
    ),
  ]);
  write('LeeDalley_manuscript_metadata_v2.csv', [
    'specimen_id_x,Donor,Transcriptomic_type ,condition,Cortical_layer,Revised_subclass_label',
    ...human.map(
      ({ cell, label }) =>
        `${String(cell)},H${String(cell >> 2)},Inh,${cell % 8 < 4 ? 'acute' : 'culture'},3,${HUMAN[label]}`,
    ),
  ]);
  write('feature_map.csv', [
    'name,mouse_A_expression,human_B_expression,unit,mouse_p50,human_p50',
    'tau,tau,tau*1000,ms,16,32',
    'v_rest,vrest,v_baseline,mV,-67,-62',
  ]);
}

interface Estimate {
  value: number;
  low: number;
  high: number;
  n: number;
}
interface Figures {
  macroF1: Estimate;
  accuracy: Estimate;
  gain: Estimate | null;
  against: string | null;
  apart: Record<string, Figures>;
}
interface Curve {
  configHash: string;
  seeds: { repeats: number[] };
  target: { cells: number; donors: number; notes: string[] };
  curve: { fraction: number; donors: number; methods: Record<string, Figures> }[];
}

describe(`on ${runtime}`, () => {
  beforeAll(writeTables);
  const args = (...more: string[]) => ['celltype', 'transfer', '--tables', at('tables'), ...more];
  const few = (out: string) =>
    args(
      '--fractions',
      '100,10',
      '--method',
      'pooled',
      '--folds',
      '4',
      '--repeats',
      '2',
      '--draws',
      '50',
      '--out',
      out,
    );

  test('shows by fraction what each way gains, apart by culture, and goes on from what is kept', async () => {
    const first = (await json(few(at('kept')))) as Curve;
    expect(first.configHash).toMatch(/^[0-9a-f]{64}$/);
    expect(first.seeds.repeats).toHaveLength(2);
    expect(first.target).toMatchObject({ cells: 64, donors: 16 });
    expect(first.target.notes.join('\n')).toMatch(/LAMP5\/PAX6\/Other is called Lamp5 here, and is wider/);
    expect(first.curve.map(({ fraction, donors }) => [fraction, donors])).toEqual([
      [0.1, 1],
      [1, 12],
    ]);
    for (const { methods } of first.curve) {
      // The one it is held against comes unasked.
      expect(Object.keys(methods)).toEqual(['target-only', 'pooled']);
      const { gain, against, apart, macroF1 } = methods['pooled'];
      expect(against).toBe('target-only');
      expect(gain?.value).toBeCloseTo(macroF1.value - methods['target-only'].macroF1.value, 12);
      expect(Object.entries(apart).map(([name, { accuracy }]) => [name, accuracy.n])).toEqual([
        ['acute', 32],
        ['cultured', 32],
      ]);
    }
    const { low, high, value } = first.curve[1].methods['pooled'].macroF1;
    expect([low <= value, value <= high, value > 0.9]).toEqual([true, true, true]);
    const folds = readdirSync(at('kept', 'folds'));
    expect(folds).toHaveLength(2 * 2 * 4 * 2);
    expect(await json(few(at('kept')))).toEqual(first);
    expect(readdirSync(at('kept', 'folds'))).toEqual(folds);
    expect(JSON.parse(readFileSync(at('kept', 'transfer.json'), 'utf8'))).toEqual(first);
    const told = await run(few(at('kept')));
    expect(told.stdout).toMatch(/10 % \(1 donors, 4 cells\).*\n.*pooled .*\+0\.\d{3} \[/);
    expect(told.stdout).toMatch(/LAMP5\/PAX6\/Other, wider than the mouse class/);
  });

  test('Ctrl-C keeps the folds that are done', async () => {
    const started = start([...few(at('cut')), '--repeats', '40', '--jobs', '1']);
    const kept = () => (existsSync(at('cut', 'folds')) ? readdirSync(at('cut', 'folds')).length : 0);
    const deadline = Date.now() + 60_000;
    while (kept() < 2 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
    started.child.kill('SIGINT');
    const ended = await started.finished;
    expect(ended.code).toBe(130);
    expect(ended.stdout).toMatch(/interrupted; folds that are done are kept/);
    expect(kept()).toBeGreaterThanOrEqual(2);
    expect(existsSync(at('cut', 'transfer.json'))).toBe(false);
  });

  test('refuses ways there are none of, percentages that are none, and a folder without the tables', async () => {
    const refused = async (more: string[], wanted: RegExp) => {
      const { code, stderr } = await run(more);
      expect(stderr).toMatch(wanted);
      expect(code).toBe(2);
    };
    await refused(args('--method', 'magic'), /^error E_USAGE: .*magic/m);
    await refused(args('--fractions', '0,50'), /0,50.*percentages/);
    mkdirSync(at('empty'));
    await refused(
      ['celltype', 'transfer', '--tables', at('empty')],
      /^error E_TABLES_MISSING: .*feature_map\.csv/m,
    );
  });
});
