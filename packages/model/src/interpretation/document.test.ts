// Cells of lag tile the context; groups follow labels; the document adds up to what was seen.
import { describe, expect, it } from 'vitest';
import type { UnitInfo } from '../recording/types.ts';
import { interpretationDocument, interpretationDocumentSchema, lagCells, unitGroups } from './document.ts';
import type { Explanation } from './explain.ts';

const LAGS = 6;
const UNITS = 3;
const table = (scale: number) => Float64Array.from({ length: LAGS * UNITS }, (_, i) => scale * (1 + i));
const seen: Explanation = {
  ...{ windows: 7, lags: LAGS, units: UNITS, layers: 1, heads: 2 },
  attention: Float64Array.of(0.5, 0.5, 0, 0, 0, 0, 0, 0, 0, 0.5, 0.25, 0.25),
  tokens: Float64Array.of(1, 2, 3, 4, 5, 6),
  ...{ importance: table(1), throughAttention: table(0.5), product: table(0.1) },
  ofGroups: Float64Array.of(1, 2, 3, 4, 5, 6),
};
const columns: (UnitInfo | null)[] = [
  { id: 'a', cellClass: 'exc', layer: '4' },
  null,
  { id: 'c', cellClass: 'inh', layer: '4' },
];

describe('lag cells', () => {
  it.each([1, 2, 3, 5, 64, 100, 512, 15_625])('tile 1 ... %d', (context) => {
    const cells = lagCells(context);
    expect(cells[0].start).toBe(1);
    expect(cells[cells.length - 1].stop).toBe(context + 1);
    cells.forEach(({ start, stop }, i) => {
      expect(stop).toBeGreaterThan(start);
      if (i > 0) expect(start).toBe(cells[i - 1].stop);
    });
  });
  it('widen', () => {
    expect(lagCells(12).map(({ start }) => start)).toEqual([1, 2, 3, 4, 6, 8, 12]);
  });
});

describe('document', () => {
  const groups = unitGroups(columns);
  const document = interpretationDocument(seen, {
    ...{ configHash: 'c0', step: 3, source: 's', target: 't', pairing: 'within', binMilliseconds: 1 },
    ...{ columns, groups },
  });

  it('has a group a label, where there are two', () => {
    expect(groups).toEqual([
      { kind: 'class', name: 'exc', columns: [0] },
      { kind: 'class', name: 'inh', columns: [2] },
    ]);
  });

  it('is what its schema says, and adds up', () => {
    expect(interpretationDocumentSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
    // Cells of 1, 2, 3, and 4 to 5, and 6 bins back.
    expect(document.byLag.tokens).toEqual([1, 2, 3, 4.5, 6]);
    expect(document.byLag.importance).toEqual([1 + 3, 4 + 6, 7 + 9, (10 + 12 + 13 + 15) / 2, 16 + 18]);
    expect(document.heads.map(({ meanLag }) => meanLag)).toEqual([1.5, 0.5 * 4 + 0.25 * 5 + 0.25 * 6]);
    expect(document.units.map(({ id, importance }) => [id, importance])).toEqual([
      ['a', 1 + 4 + 7 + 10 + 13 + 16],
      ['c', 3 + 6 + 9 + 12 + 15 + 18],
    ]);
    expect(document.groups[0].importance).toEqual([
      [1, 3],
      [4, 6],
    ]);
    expect(document.groups[0].toAll).toEqual([51, 63]);
    expect(document.units[0].product).toBeCloseTo(5.1, 12);
  });
});
