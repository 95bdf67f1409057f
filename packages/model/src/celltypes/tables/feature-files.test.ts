// Plan: cells written as npz and Parquet come back with the values of the species that is asked for, gaps as gaps; a CSV that names its
// columns as the published tables do needs no map; what holds no feature, or is no such file, is refused with its code.
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../formats/bytes.ts';
import { extractCell, extractedNpz, extractedParquet, FEATURES } from '../features/index.ts';
import type { ExtractedCell } from '../features/index.ts';
import { knownSweeps, longSquare, ramp, shortSquare } from '../testing/sampledSweep.ts';
import { namesFeatures, readFeatureCsv, readFeatureNpz, readFeatureParquet } from './feature-files.ts';
import type { FeatureTable } from './types.ts';

const cellOf = (...protocols: Parameters<typeof knownSweeps>[0]) =>
  extractCell(knownSweeps(protocols, { samplingRate: 10_000 }).map(({ sweep }) => sweep));
const CELLS: readonly ExtractedCell[] = [
  {
    ...{ cell: 'one', donor: 'D1', species: 'mouse' },
    features: cellOf(longSquare(-70), longSquare(130), longSquare(170), shortSquare(1000), ramp(100, 1.5)),
  },
  { cell: 'zwei-ä', features: cellOf(longSquare(130), longSquare(150)) },
];
const expected = (species: string): number[] =>
  CELLS.flatMap(({ features }) =>
    FEATURES.flatMap(({ table }, k) => (table === species ? [features.scalars[k]] : [])),
  );

function check(table: FeatureTable, species: 'mouse' | 'human'): void {
  expect(table.cells).toEqual(['one', 'zwei-ä']);
  expect(table.donors).toEqual(['D1', 'of zwei-ä alone']);
  expect(table.features).toEqual(FEATURES.filter((one) => one.table === species).map(({ name }) => name));
  expect([...table.values.values]).toEqual(expected(species));
  expect(expected(species).some(Number.isNaN)).toBe(true);
  expect([...table.labels]).toEqual([-1, -1]);
}

describe('extracted cells as a table', () => {
  it('come back from npz and Parquet, by species', async () => {
    for (const species of ['mouse', 'human'] as const) {
      check(readFeatureNpz(memorySource('cells.npz', extractedNpz(CELLS)), species), species);
      check(
        await readFeatureParquet(memorySource('cells.parquet', extractedParquet(CELLS)), species),
        species,
      );
    }
  });

  it('are refused where the file is something else', async () => {
    const nothing = memorySource('x.parquet', new TextEncoder().encode('PAR1 but no more than that PAR1'));
    await expect(readFeatureParquet(nothing, 'mouse')).rejects.toMatchObject({ code: 'E_PARQUET' });
    expect(() => readFeatureNpz(memorySource('x.npz', new Uint8Array(100)), 'mouse')).toThrow(
      expect.objectContaining({ code: 'E_FILE_TRUNCATED' }),
    );
  });
});

describe('a CSV that says itself what its columns are', () => {
  const text = 'specimen_id,donor_id,subclass,tau,ri,other\nc1,d1,Pvalb,8.5,120,3\nc2,,,,90,4\n';

  it('needs no map', () => {
    const table = readFeatureCsv({ name: 'cells.csv', text }, 'mouse');
    expect(table).toMatchObject({
      ...{ cells: ['c1', 'c2'], features: ['ri', 'tau'], units: ['MOhm', 'ms'], classes: ['Pvalb'] },
      donors: ['d1', 'of c2 alone'],
    });
    expect([...table.values.values]).toEqual([120, 8.5, 90, NaN]);
    expect([...table.labels]).toEqual([0, -1]);
  });

  it('may have both species side by side', () => {
    const both = { name: 'both.csv', text: 'cell,mouse_tau,human_tau\nc,8,0.009\n' };
    expect([...readFeatureCsv(both, 'mouse').values.values]).toEqual([8]);
    expect([...readFeatureCsv(both, 'human').values.values]).toEqual([0.009]);
  });

  it('is told from a trace, and refused without a feature of the species', () => {
    expect(namesFeatures(['cell', 'human_tau'])).toBe(true);
    expect(namesFeatures(['time_s', 'voltage_mV', 'current_pA'])).toBe(false);
    expect(() => readFeatureCsv({ name: 'a.csv', text: 'cell,human_tau\nc,1\n' }, 'mouse')).toThrow(
      expect.objectContaining({ code: 'E_CELLS_FEATURES' }),
    );
  });
});
