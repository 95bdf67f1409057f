// Plan: small files of the published layouts are joined by name, not by place; duplicates, gaps, stray cells and odd values are told and
// left alone; the map makes shared features in its units; files that do not belong together are refused. Then the published tables
// themselves, against counts of their provenance notes (skipped by name where they are absent).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SHARED_CLASSES, harmonise, readFeatureMap } from './harmonise.ts';
import { columnValues, takeCells } from './matrix.ts';
import { readHumanTable, readMouseTable } from './patch-seq.ts';
import type { TableText } from './patch-seq.ts';
import { refusal } from './testing/thrown.ts';
import type { FeatureTable } from './types.ts';

const text = (name: string, lines: readonly string[]): TableText => ({ name, text: lines.join('\n') });

const MOUSE = [
  text('features', [
    '"","vrest","tau","peak_v_ramp"',
    '"s1",-70,14,30',
    '"s2",-69,NA,20',
    '"s3",-300,10,25',
    '"s4",-60,9,1',
  ]),
  text('labels', [
    'cell,ttype,ttype_sub,layer',
    's4,Serpinf1,Serpinf1 A,1',
    's3,Vip,Vip B,5',
    's1,Sst,Sst C,6',
    's2,Sncg,Sncg D,2/3',
  ]),
  text('donors', ['donor_id,transcriptomics_sample_id', '11,s3', '12,s2', '12,s1', '13,other', '13,s4']),
] as const;
const HUMAN_FEATURES = text('features', ['specimen_id,v_baseline,tau', '1,-60,0.01', '2,,0.02']);
const HUMAN_HEADER =
  'specimen_id_x,Donor,Transcriptomic_type ,condition,Cortical_layer,Revised_subclass_label';
const humanMetadata = (...rows: readonly string[]): TableText => text('metadata', [HUMAN_HEADER, ...rows]);
const HUMAN_ROWS = [
  '2,H2,Inh B,culture,3,PVALB',
  '3,H1,Inh C,acute,3,SST',
  '1,H1,Inh A,acute,2,LAMP5/PAX6/Other',
  '3,H1,Inh C,acute,3,SST',
];
const MAP = text('map', [
  'name,mouse_A_expression,human_B_expression,unit,mouse_p50,human_p50',
  'tau,tau,tau*1000,ms,12,15',
  'v_rest,vrest,v_baseline,mV,-69,-0.06',
]);

describe('the mouse table', () => {
  it('joins features, labels and donors by cell', () => {
    const table = readMouseTable(...MOUSE);
    expect(table.cells).toEqual(['s1', 's2', 's3']);
    expect(table.classes).toEqual(['Sncg', 'Sst', 'Vip']);
    expect([...table.labels]).toEqual([1, 0, 2]);
    expect(table.donors).toEqual(['12', '12', '11']);
    expect(table.attributes['layer']).toEqual(['6', '2/3', '5']);
    expect(table.units).toEqual(['mV', 'ms', 'mV']);
    expect([...table.values.values]).toEqual([-70, 14, 30, -69, NaN, 20, -300, 10, 25]);
    expect(table.notes.join('\n')).toMatch(/1 of 4 cells are left out: Serpinf1/);
    expect(table.notes.join('\n')).toMatch(/1 of 9 values are missing, in 1 of 3 cells/);
    expect(table.notes.join('\n')).toMatch(/vrest lies outside -120 to 90 mV in one cell .*s3: -300/);
  });

  it('keeps a cell whose donor is not known as a donor of its own', () => {
    const [features, labels, donors] = MOUSE;
    const table = readMouseTable(features, labels, {
      ...donors,
      text: donors.text.replace('12,s1', '12,gone'),
    });
    expect(table.donors).toEqual(['of s1 alone', '12', '11']);
    expect(table.notes.at(-1)).toMatch(/1 of 3 cells have no known donor/);
  });

  it('refuses cells without a label, labels it does not know, and text where numbers belong', () => {
    const [features, labels, donors] = MOUSE;
    const change = (file: TableText, from: string, to: string): TableText => ({
      ...file,
      text: file.text.replace(from, to),
    });
    expect(refusal(() => readMouseTable(features, change(labels, 's3,', 's9,'), donors))).toMatch(
      /^E_CELLS_JOIN .*1 of 4 cells .*s3/,
    );
    expect(refusal(() => readMouseTable(features, change(labels, ',Vip,', ',Vipp,'), donors))).toMatch(
      /^E_CELLS_LABEL .*s3 is labelled "Vipp"/,
    );
    expect(refusal(() => readMouseTable(change(features, '14', '14 ms'), labels, donors))).toMatch(
      /^E_CELLS_NUMBER .*"14 ms".*tau of s1/,
    );
    expect(refusal(() => readMouseTable(features, donors, labels))).toMatch(
      /^E_CELLS_COLUMN .*"cell" .*donors/,
    );
  });
});

describe('the human table', () => {
  it('takes the revised labels, the culture and each repeated row once', () => {
    const table = readHumanTable(HUMAN_FEATURES, humanMetadata(...HUMAN_ROWS));
    expect(table.classes).toEqual(['LAMP5/PAX6/Other', 'PVALB']);
    expect([...table.labels]).toEqual([0, 1]);
    expect(table.donors).toEqual(['H1', 'H2']);
    expect(table.attributes['culture']).toEqual(['acute', 'cultured']);
    expect(table.attributes['tType']).toEqual(['Inh A', 'Inh B']);
    expect([...table.values.values]).toEqual([-60, 0.01, NaN, 0.02]);
    const notes = table.notes.join('\n');
    expect(notes).toMatch(/blanks around a column's name are dropped \("Transcriptomic_type "\)/);
    expect(notes).toMatch(/more than once and counts once \(3\)/);
    expect(notes).toMatch(/1 cells have no features/);
  });

  it('refuses one cell with two meanings, and a condition it does not know', () => {
    const twice = humanMetadata(...HUMAN_ROWS, '3,H1,Inh C,acute,3,VIP');
    expect(refusal(() => readHumanTable(HUMAN_FEATURES, twice))).toMatch(/^E_CELLS_TWICE .*"SST" and "VIP"/);
    const frozen = humanMetadata(...HUMAN_ROWS.map((row) => row.replace('culture', 'frozen')));
    expect(refusal(() => readHumanTable(HUMAN_FEATURES, frozen))).toMatch(
      /^E_CELLS_LABEL .*2 has the condition "frozen"/,
    );
  });
});

describe('what both species have', () => {
  const human = readHumanTable(HUMAN_FEATURES, humanMetadata(...HUMAN_ROWS));

  it('is evaluated by species, in the units of the map, with classes aligned', () => {
    const mouse = harmonise(readMouseTable(...MOUSE), readFeatureMap(MAP), 'mouse');
    expect(mouse.features).toEqual(['tau', 'v_rest']);
    expect([...mouse.values.values]).toEqual([14, -70, NaN, -69, 10, -300]);
    expect(mouse.classes).toEqual(SHARED_CLASSES);
    expect([...mouse.labels]).toEqual([2, 3, 3]);
    expect(mouse.notes.join('\n')).toMatch(/1 Sncg cells count as Vip/);
    const both = harmonise(human, readFeatureMap(MAP), 'human');
    expect([...both.values.values]).toEqual([10, -60, 20, NaN]);
    expect([...both.labels]).toEqual([0, 1]);
    expect(both.notes.join('\n')).toMatch(/LAMP5\/PAX6\/Other is called Lamp5 here, and is wider/);
    // -60 mV against a map that says -0.06: volts and millivolts.
    expect(both.notes.at(-1)).toMatch(/v_rest has a median of -60, where -0.06 mV was expected/);
  });

  it("refuses the other species' map, and a map that names a feature twice", () => {
    expect(refusal(() => harmonise(human, readFeatureMap(MAP), 'mouse'))).toMatch(
      /^E_CELLS_COLUMN .*"vrest".*v_rest, mouse/,
    );
    const twice = { ...MAP, text: MAP.text.replace('v_rest,', 'tau,') };
    expect(refusal(() => readFeatureMap(twice))).toMatch(/^E_CELLS_TWICE .*tau/);
  });

  it('cells are taken with all that is known of them', () => {
    const one = takeCells(human, [1]);
    expect([
      one.cells,
      one.donors,
      [...one.labels],
      one.attributes['culture'],
      [...one.values.values],
    ]).toEqual([['2'], ['H2'], [1], ['cultured'], [NaN, 0.02]]);
  });
});

const folder = join(
  process.env['SPIKEBRIDGE_DATA'] ?? join(import.meta.dirname, '../../../../../data'),
  'patchseq',
);
const file = (path: string): TableText => ({
  name: path.slice(path.lastIndexOf('/') + 1),
  text: readFileSync(join(folder, path), 'utf8'),
});
const counts = (table: FeatureTable): Record<string, number> =>
  Object.fromEntries(
    table.classes.map((name, c) => [name, table.labels.filter((label) => label === c).length]),
  );

describe.skipIf(!existsSync(folder))('the published tables (needs SPIKEBRIDGE_DATA)', () => {
  const mouse = (): FeatureTable =>
    readMouseTable(
      file('deepmanreg_mouse_visual_cortex/efeature_filtered.csv'),
      file('deepmanreg_mouse_visual_cortex/label_visual.csv'),
      file('allen_mouse_metadata_20200711/20200711_patchseq_metadata_mouse.csv'),
    );
  const human = (version = ''): FeatureTable =>
    readHumanTable(
      file('leedalley_human_gaba/LeeDalley_ephys_fx.csv'),
      file(`leedalley_human_gaba/LeeDalley_manuscript_metadata${version}.csv`),
    );

  it('mouse: 3,654 cells x 41, of which 43 are left out; no gaps; 931 donors', () => {
    const table = mouse();
    expect([table.values.rows, table.values.columns, new Set(table.donors).size]).toEqual([3611, 41, 931]);
    expect(counts(table)).toEqual({ Lamp5: 448, Pvalb: 719, Sncg: 214, Sst: 1546, Vip: 684 });
    expect(table.values.values.some(Number.isNaN)).toBe(false);
    expect(table.notes.join('\n')).toMatch(/43 of 3654 cells are left out: Serpinf1/);
    expect(table.notes.join('\n')).not.toMatch(/no known donor/);
  });

  it('human: 704 x 93, 109 donors, 247 acute, by either version of the metadata', () => {
    const table = human();
    expect([table.values.rows, table.values.columns, new Set(table.donors).size]).toEqual([704, 93, 109]);
    expect(counts(table)).toEqual({ 'LAMP5/PAX6/Other': 67, PVALB: 370, SST: 156, VIP: 111 });
    expect(table.attributes['culture'].filter((how) => how === 'acute')).toHaveLength(247);
    expect(table.attributes['culture'].filter((how) => how === 'cultured')).toHaveLength(457);
    expect(table.notes.join('\n')).toMatch(/7621 of 65472 values are missing, in 690 of 704 cells/);
    const other = human('_v2');
    expect({ ...other, notes: [] }).toEqual({ ...table, notes: [] });
    expect(other.notes.join('\n')).toMatch(/counts once \(819133824\)/);
    expect(table.notes.join('\n')).not.toMatch(/819133824/);
  });

  it('both: the medians of the 25 shared features are those of the map', () => {
    const map = readFeatureMap(file('feature_map.csv'));
    expect(map).toHaveLength(25);
    for (const [species, table] of [
      ['mouse', mouse()],
      ['human', human()],
    ] as const) {
      const shared = harmonise(table, map, species);
      map.forEach((feature, f) => {
        const values = columnValues(shared.values, f)
          .filter((value) => !Number.isNaN(value))
          .sort();
        // The map rounds to three decimals at the finest, and counts the mouse cells that are left out here as well.
        const error = Math.abs(values[values.length >> 1] - feature.medians[species]);
        expect(error, `${species} ${feature.name}`).toBeLessThan(
          5e-4 + 0.01 * Math.abs(feature.medians[species]),
        );
      });
      expect(shared.notes.join('\n')).not.toMatch(/another unit/);
    }
  });
});
