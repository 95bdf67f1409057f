// What is written comes back: npz through the project's reader, Parquet through an independent one.
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { beforeAll, describe, expect, it } from 'vitest';
import { memorySource } from '../../formats/bytes.ts';
import { readNpyLabels, readNpyNumbers } from '../../formats/npy.ts';
import { openNpz } from '../../formats/npz.ts';
import { knownSweeps, longSquare, ramp, shortSquare } from '../testing/sampledSweep.ts';
import { extractCell } from './extract-cell.ts';
import { extractedNpz, extractedParquet, scalarColumn, type ExtractedCell } from './extracted-files.ts';
import { FEATURES } from './feature-list.ts';
import { FAMILIES, FAMILY_LENGTH, familyMask } from './types.ts';

const cellOf = (...protocols: Parameters<typeof knownSweeps>[0]) =>
  extractCell(knownSweeps(protocols, { samplingRate: 10_000 }).map(({ sweep }) => sweep));
const whole = cellOf(
  ...[-70, -30, 130, 170].map((amplitude) => longSquare(amplitude)),
  shortSquare(1000),
  ramp(100, 1.5),
);
const partial = cellOf(longSquare(130), longSquare(150));
const CELLS: readonly ExtractedCell[] = [
  { cell: 'H21.03.001', donor: 'H21.03', species: 'human', features: whole },
  { cell: 'zelle-ä', features: partial },
];

describe('npz', () => {
  const archive = openNpz(memorySource('cells.npz', extractedNpz(CELLS)));
  const numbers = (name: string) => readNpyNumbers(archive.array(name));

  it('holds cells, scalars, families and masks', () => {
    expect(readNpyLabels(archive.array('cells'))).toEqual(['H21.03.001', 'zelle-ä']);
    expect(readNpyLabels(archive.array('donors'))).toEqual(['H21.03', '']);
    expect(readNpyLabels(archive.array('scalar_names'))).toEqual(FEATURES.map(scalarColumn));
    expect(readNpyLabels(archive.array('family_names'))).toEqual(FAMILIES.map(({ name }) => name));
    expect([...numbers('scalars').data]).toEqual([...whole.scalars, ...partial.scalars]);
    expect([...numbers('family_mask').data]).toEqual([...familyMask(whole), ...familyMask(partial)]);
    for (const { name } of FAMILIES) {
      const length = FAMILY_LENGTH[name];
      const nothing = new Float32Array(length).fill(NaN);
      const expected = [whole, partial].map(({ families }) => Float32Array.from(families[name] ?? nothing));
      expect([...numbers(name).data], name).toEqual([...expected[0], ...expected[1]]);
    }
  });

  it('may hold no cell', () => {
    const empty = openNpz(memorySource('none.npz', extractedNpz([])));
    expect(readNpyNumbers(empty.array('first_ap_v')).data.length).toBe(0);
  });
});

describe('Parquet', () => {
  const bytes = extractedParquet(CELLS);
  const file = bytes.slice().buffer;
  let rows: Record<string, unknown>[] = [];
  beforeAll(async () => {
    rows = await parquetReadObjects({ file });
  });

  it('holds a row a cell, null where something is missing', () => {
    expect(rows.map(({ cell, donor, species }) => [cell, donor, species])).toEqual([
      ['H21.03.001', 'H21.03', 'human'],
      ['zelle-ä', null, null],
    ]);
    [whole, partial].forEach((features, row) => {
      FEATURES.forEach((feature, k) => {
        const value = features.scalars[k];
        expect(rows[row][scalarColumn(feature)], feature.name).toBe(Number.isNaN(value) ? null : value);
      });
      for (const { name } of FAMILIES) {
        const values = features.families[name];
        const expected = values && Array.from(values, (v) => (Number.isNaN(v) ? null : Math.fround(v)));
        // Its reader gives undefined for a list that is null.
        expect(rows[row][name] ?? null, name).toEqual(expected ?? null);
      }
    });
    expect(partial.families.step_subthresh).toBeUndefined();
    expect(rows[1]['reasons']).toContain('No short square can be used: what rests on them is missing.');
    expect((rows[1]['reasons'] as string[]).some((reason) => reason.startsWith('step_subthresh: '))).toBe(
      true,
    );
  });

  it('says in its metadata what each column is', () => {
    const entries = parquetMetadata(file).key_value_metadata ?? [];
    const features = entries.find(({ key }) => key === 'spikebridge.features')?.value ?? '';
    expect(JSON.parse(features)).toEqual(FEATURES);
  });

  it('may hold no cell', async () => {
    expect(await parquetReadObjects({ file: extractedParquet([]).slice().buffer })).toEqual([]);
  });
});
