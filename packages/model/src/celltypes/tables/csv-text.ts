// Tables of cells as text: a header line, one row a cell. Names and values are trimmed; what that changed is told.
// Only so do packages that compile these sources find the declaration too.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference
/// <reference path="./d3-dsv.d.ts" />
import { dsvFormat } from 'd3-dsv';
import { SpikebridgeError } from '../../errors.ts';
import { nearestName } from '../../config/nearest.ts';

/** A CSV file as text. Row r stands in record r + 2 of the file, the header being the first. */
export interface CsvText {
  readonly file: string;
  readonly columns: readonly string[];
  /** As many cells in each as there are columns. */
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** Rows as comma separated text, quoted where that is needed, with a line break at the end. */
export const formatCsv = (rows: readonly (readonly string[])[]): string =>
  `${dsvFormat(',').formatRows(rows.map((row) => [...row]))}\n`;

/**
 * Reads comma, semicolon or tab separated text (the one that the header holds most of), quotes as in RFC 4180.
 * @throws E_CELLS_EMPTY without a row, E_CELLS_QUOTE, E_CELLS_RAGGED, E_CELLS_COLUMN_TWICE
 */
export function readCsv(text: string, file: string): CsvText {
  // An odd one swallows the rest of the file, so that rows would be lost without a word.
  if ((text.split('"').length - 1) % 2 === 1)
    throw new SpikebridgeError('E_CELLS_QUOTE', 'a quotation mark is opened and never closed', {
      where: file,
      fix: 'Close it, or write a mark inside a quoted cell twice.',
    });
  const plain = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const records = dsvFormat(delimiterOf(plain.split(/[\r\n]/, 1)[0])).parseRows(plain);
  const filled = records.map((record, r) => ({ r, cells: record.map((cell) => cell.trim()) }));
  const rows = filled.slice(1).filter(({ cells }) => cells.some((cell) => cell !== ''));
  if (rows.length === 0)
    throw new SpikebridgeError(
      'E_CELLS_EMPTY',
      `the table has ${records.length === 0 ? 'no header' : 'no rows'}`,
      {
        where: file,
        fix: 'Give a header line with the names of the columns, then one line a cell.',
      },
    );
  const columns = filled[0].cells;
  for (const { r, cells } of rows)
    if (cells.length !== columns.length)
      throw new SpikebridgeError(
        'E_CELLS_RAGGED',
        `record ${r + 1} (${cells[0]}) has ${cells.length} cells under ${columns.length} columns`,
        { where: file, fix: 'Give each line as many cells as the header has; is the file whole?' },
      );
  const twice = columns.find((name, i) => columns.indexOf(name) < i);
  if (twice !== undefined)
    throw new SpikebridgeError('E_CELLS_COLUMN_TWICE', `two columns are called "${twice}"`, {
      where: file,
      fix: 'Rename one of them.',
    });
  const padded = records[0].filter((name) => name !== name.trim());
  return {
    file,
    columns,
    rows: rows.map(({ cells }) => cells),
    notes:
      padded.length === 0
        ? []
        : [
            `${file}: blanks around a column's name are dropped (${padded.map((name) => JSON.stringify(name)).join(', ')}).`,
          ],
  };
}

/** Index of the first of these names that is there. @throws E_CELLS_COLUMN */
export function columnOf(table: CsvText, ...names: readonly string[]): number {
  const found = names.find((name) => table.columns.includes(name));
  if (found !== undefined) return table.columns.indexOf(found);
  const nearest = nearestName(names[0], table.columns);
  throw new SpikebridgeError('E_CELLS_COLUMN', `no column is called "${names.join('" or "')}"`, {
    where: table.file,
    fix: nearest === undefined ? 'Name it in the header.' : `Did you mean "${nearest}"?`,
  });
}

/**
 * Rows by what stands in one column. A row that stands there twice with the same values counts once and is noted.
 * @throws E_CELLS_ID where that is empty, E_CELLS_TWICE where two rows of one cell differ
 */
export function rowsById(
  table: CsvText,
  column: number,
): { readonly rows: ReadonlyMap<string, readonly string[]>; readonly notes: readonly string[] } {
  const rows = new Map<string, readonly string[]>();
  const repeated = new Set<string>();
  table.rows.forEach((row, r) => {
    const id = row[column];
    if (id === '')
      throw new SpikebridgeError('E_CELLS_ID', `row ${r + 1} has nothing under "${table.columns[column]}"`, {
        where: table.file,
        fix: 'Give each cell a name of its own.',
      });
    const before = rows.get(id);
    if (before === undefined) return rows.set(id, row);
    const differs = row.findIndex((cell, c) => cell !== before[c]);
    if (differs >= 0)
      throw new SpikebridgeError(
        'E_CELLS_TWICE',
        `${id} stands there twice, with "${before[differs]}" and "${row[differs]}" under "${table.columns[differs]}"`,
        { where: table.file, fix: 'Keep one row a cell.' },
      );
    return repeated.add(id);
  });
  const notes =
    repeated.size === 0
      ? []
      : [
          `${table.file}: the same row stands there more than once and counts once (${[...repeated].join(', ')}).`,
        ];
  return { rows, notes };
}

const GAPS = new Set(['', 'na', 'n/a', 'nan', 'null', 'none']);

/** Number in a cell, NaN where it is empty, NA, NaN, null or none. @throws E_CELLS_NUMBER */
export function numberIn(text: string, where: string): number {
  if (GAPS.has(text.toLowerCase())) return NaN;
  const value = Number(text);
  if (!Number.isFinite(value))
    throw new SpikebridgeError('E_CELLS_NUMBER', `"${text}" is no finite number`, {
      where,
      fix: 'Use a point for decimals and no thousands separators; leave the cell empty where nothing was measured.',
    });
  return value;
}

function delimiterOf(header: string): string {
  const counts = [',', ';', '\t'].map((d) => [d, header.split(d).length - 1] as const);
  return counts.reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}
