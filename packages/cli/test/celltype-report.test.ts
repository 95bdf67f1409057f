// `celltype report` as a user meets it: an evaluation, calls and extracted cells in one file, and what cannot be reported.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeCell } from './celltype-cell.ts';
import { json, run, runtime, scratch } from './harness.ts';

const folder = scratch();
afterAll(() => folder.remove());
const at = (...names: string[]) => join(folder.path, ...names);
const documents = fileURLToPath(new URL('../../model/src/report/cells/testing/', import.meta.url));

/** Tables of 30 cells a species by the names they were published under, and a map of two features. */
function writeTables(): void {
  mkdirSync(at('tables', 'human'), { recursive: true });
  const write = (name: string, head: string, row: (i: number) => string) =>
    writeFileSync(
      at('tables', name),
      `${[head, ...Array.from({ length: 30 }, (_, i) => row(i))].join('\n')}\n`,
    );
  const [mouse, human] = [
    ['Lamp5', 'Pvalb', 'Sst', 'Sncg'],
    ['LAMP5/PAX6/Other', 'PVALB', 'SST', 'VIP'],
  ];
  write('efeature_filtered.csv', ',tau,ri', (i) => `m${i},${10 + (i % 7)},${100 + 13 * (i % 11)}`);
  write('label_visual.csv', 'cell,ttype,ttype_sub,layer', (i) => `m${i},${mouse[i % 4]},x,5`);
  write(
    '20200711_patchseq_metadata_mouse.csv',
    'transcriptomics_sample_id,donor_id',
    (i) => `m${i},${i % 9}`,
  );
  write(
    'human/LeeDalley_ephys_fx.csv',
    'specimen_id,tau,input_resistance',
    (i) => `${i},${0.02 + 0.001 * (i % 5)},${150 + 17 * (i % 7)}`,
  );
  write(
    'human/LeeDalley_manuscript_metadata_v2.csv',
    'specimen_id_x,Donor,condition,Cortical_layer,Transcriptomic_type,Revised_subclass_label',
    (i) => `${i},d${i % 9},acute,3,x,${human[i % 4]}`,
  );
  writeFileSync(
    at('tables', 'feature_map.csv'),
    'name,unit,mouse_expression,human_expression\ntau,ms,tau,tau * 1000\nri,MOhm,ri,input_resistance\n',
  );
}

describe(`on ${runtime}`, () => {
  beforeAll(async () => {
    await writeCell(at('one.nwb'), 'one');
    await json(['celltype', 'extract', at('one.nwb'), '--out', at('features')]);
    mkdirSync(at('judged'));
    cpSync(join(documents, 'evaluation.json'), at('judged', 'evaluation.json'));
    cpSync(join(documents, 'prediction.json'), at('calls.json'));
    writeTables();
  });

  const report = (...words: string[]) => run(['celltype', 'report', ...words]);

  test('all three in one file: figures, the cell once with its call and its spikes', async () => {
    const out = at('cells.html');
    const told = await json([
      'celltype',
      'report',
      at('judged'),
      at('features'),
      at('calls.json'),
      '--out',
      out,
    ]);
    const html = readFileSync(out, 'utf8');
    expect(told).toEqual({
      ...{
        schema: 'spikebridge.celltype-report/1',
        out,
        evaluations: 1,
        transfers: 0,
        calls: 2,
        extracted: 1,
        onPlane: 0,
      },
      bytes: Buffer.byteLength(html),
    });
    expect(html).toContain('<title>Cell types: judged, features, calls.json</title>');
    expect(html).toContain('judged: human, held-out donors');
    expect(html).toContain('<data value="0.8012345">0.801</data>');
    expect(html.match(/<h3 id="cell-/g)).toHaveLength(2);
    expect(html).toContain('one: calibrated probability of each class');
    expect(html).toContain('one: peaks of the spikes found, by sweep');
    expect(html).toContain('<summary>13 feature families</summary>');
    expect(html).not.toContain(folder.path);
    const kept = await report(at('judged'), at('features'), '--out', out);
    expect([kept.code, kept.stdout]).toEqual([2, '']);
    expect(kept.stderr).toContain('E_OUTPUT_EXISTS');
    expect((await report(at('judged'), at('features'), '--out', out, '--force')).code).toBe(0);
  });

  test('a transfer beside an evaluation in one folder: both are told', async () => {
    cpSync(at('judged'), at('both'), { recursive: true });
    const figures = (value: number, against: string | null) => {
      const one = { value, low: value - 0.1, high: value + 0.1, n: 40 };
      return { macroF1: one, accuracy: one, gain: against === null ? null : one, against };
    };
    const document = {
      ...{
        schema: 'spikebridge.celltype-transfer/1',
        configHash: 'ab',
        features: ['tau'],
        folds: 5,
        repeats: 2,
      },
      ...{
        source: { cells: 90, donors: 30 },
        target: { cells: 40, donors: 12 },
        draws: 50,
        seeds: { base: 1 },
      },
      curve: [0.1, 1].map((fraction) => ({
        ...{ fraction, donors: 9, cells: 30 },
        methods: { alone: figures(0.5, null), joint: figures(0.625, 'alone') },
      })),
    };
    writeFileSync(at('both', 'transfer.json'), JSON.stringify(document));
    expect(await json(['celltype', 'report', at('both')])).toMatchObject({ evaluations: 1, transfers: 1 });
    const html = readFileSync(at('both', 'report.html'), 'utf8');
    expect(html).toContain('both: what another species adds');
    expect(html).toContain('<data value="0.625">0.625</data>');
  });

  test('of one folder it lies in it, and is made anew', async () => {
    for (let i = 0; i < 2; i++) expect((await report(at('features'))).stdout).toContain('1 extracted cell');
    expect(readFileSync(at('features', 'report.html'), 'utf8')).toContain('Cell one');
  });

  test('both species of the tables on a plane, the same for the same seed', async () => {
    const plane = async (name: string, seed: string) => {
      const told = await json([
        'celltype',
        'report',
        '--tables',
        at('tables'),
        '--out',
        at(name),
        '--seed',
        seed,
      ]);
      expect(told).toMatchObject({ evaluations: 0, calls: 0, extracted: 0, onPlane: 60 });
      return readFileSync(at(name), 'utf8');
    };
    const first = await plane('first.html', '5');
    expect(first).toContain('mouse: 30 cells by 2 features, UMAP; cells of the other species in grey');
    // Sncg counts as Vip.
    expect(first).toContain('human cells on the common plane: 8 Lamp5, 8 Pvalb, 7 Sst, 7 Vip');
    expect(first).toContain('mouse cells on the common plane: 8 Lamp5, 8 Pvalb, 7 Sst, 7 Vip');
    expect(await plane('again.html', '5')).toBe(first);
    expect(await plane('other.html', '6')).not.toBe(first);
  });

  test('refusals: nothing named, one twice, none of these, not whole, another document', async () => {
    const refused = async (...words: string[]) => {
      const { code, stdout, stderr } = await report(...words);
      expect([code, stdout]).toEqual([2, '']);
      return stderr;
    };
    expect(await refused()).toContain('there is nothing to report');
    expect(await refused(at('judged'), at('judged'))).toContain('named twice');
    expect(await refused(at('nowhere'))).toContain('E_FILE_MISSING');
    mkdirSync(at('empty'), { recursive: true });
    expect(await refused(at('empty'))).toMatch(/E_CELL_REPORT.*neither an evaluation nor a transfer/);
    writeFileSync(at('text.json'), 'no JSON');
    expect(await refused(at('text.json'))).toMatch(/E_CELL_REPORT.*no JSON/);
    const whole = JSON.parse(readFileSync(at('calls.json'), 'utf8')) as { cells: { probability?: number }[] };
    delete whole.cells[1].probability;
    writeFileSync(at('cut.json'), JSON.stringify(whole));
    expect(await refused(at('cut.json'))).toContain('not whole: cells.1.probability');
    writeFileSync(at('other.json'), JSON.stringify({ schema: 'spikebridge.evaluation/2' }));
    expect(await refused(at('other.json'))).toContain('schema spikebridge.evaluation/2');
    expect(existsSync('report.html')).toBe(false);
  });
});
