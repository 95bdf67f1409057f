// Plan: quotes, other separators and a byte order mark are read; every way in which a file would lose or mix up rows is refused by
// name; rows that stand twice count once if they are the same.
import { describe, expect, it } from 'vitest';
import { columnOf, numberIn, readCsv, rowsById } from './csv-text.ts';
import { refusal } from './testing/thrown.ts';

describe('a CSV file of cells', () => {
  it('with quotes, line breaks in them, blanks and a byte order mark', () => {
    const table = readCsv('\uFEFFcell,"a ""b"", c", d\r\nx," 1\n2",\r\n\r\ny,3,4\r\n', 'f.csv');
    expect(table.columns).toEqual(['cell', 'a "b", c', 'd']);
    expect(table.rows).toEqual([
      ['x', '1\n2', ''],
      ['y', '3', '4'],
    ]);
    expect(table.notes).toEqual(['f.csv: blanks around a column\'s name are dropped (" d").']);
  });

  it.each([';', '\t'])('separated by %j', (by) => {
    expect(readCsv(`cell${by}a${by}b\nx${by}1,5${by}2`, 'f').rows).toEqual([['x', '1,5', '2']]);
  });

  it.each([
    ['', /^E_CELLS_EMPTY .*no header/],
    ['cell,a\n\n', /^E_CELLS_EMPTY .*no rows/],
    ['cell,a\nx,1\ny\nz,2', /^E_CELLS_RAGGED .*record 3 \(y\) has 1 cells under 2/],
    ['cell,a\nx,1,2', /^E_CELLS_RAGGED .*record 2 \(x\) has 3/],
    ['cell,"a\nx,1\ny,2', /^E_CELLS_QUOTE/],
    ['cell,a\n"x" ,1', /^E_CELLS_RAGGED/],
    ['cell,a,a \nx,1,2', /^E_CELLS_COLUMN_TWICE .*"a"/],
  ])('%j is refused', (text, message) => {
    expect(refusal(() => readCsv(text, 'f.csv'))).toMatch(message);
  });

  it('a column that is not there is told with the nearest', () => {
    const table = readCsv('cell_id,tau\nx,1', 'f.csv');
    expect(columnOf(table, 'cell', 'cell_id')).toBe(0);
    expect(refusal(() => columnOf(table, 'Tua'))).toBe(
      'E_CELLS_COLUMN | no column is called "Tua" | f.csv | Did you mean "tau"?',
    );
  });

  it('a row that stands there twice counts once, two that differ are refused', () => {
    const found = rowsById(readCsv('cell,a\nx,1\ny,2\nx,1', 'f.csv'), 0);
    expect([...found.rows.keys()]).toEqual(['x', 'y']);
    expect(found.notes).toEqual(['f.csv: the same row stands there more than once and counts once (x).']);
    expect(refusal(() => rowsById(readCsv('cell,a\nx,1\nx,2', 'f.csv'), 0))).toMatch(
      /^E_CELLS_TWICE .*x stands there twice, with "1" and "2" under "a"/,
    );
    expect(refusal(() => rowsById(readCsv('cell,a\nx,1\n,2', 'f.csv'), 0))).toMatch(/^E_CELLS_ID .*row 2/);
  });

  it('numbers, gaps and what is neither', () => {
    expect(['1e-3', '-4', '', 'NA', 'nan', 'NULL'].map((text) => numberIn(text, 'f'))).toEqual([
      0.001,
      -4,
      NaN,
      NaN,
      NaN,
      NaN,
    ]);
    for (const text of ['1,5', '12 mV', 'inf', '1e999', '-'])
      expect(refusal(() => numberIn(text, 'f.csv: a of x'))).toContain(
        `"${text}" is no finite number | f.csv: a of x`,
      );
  });
});
