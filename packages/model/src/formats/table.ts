// Small text tables: tsv and csv with a header line, quotes, comments. Numbers stay text until a reader asks.
import { SpikebridgeError } from '../errors.ts';

/** Rows of text under named columns (names lower case, trimmed). */
export interface TextTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Line of each row in the file, from 1, for messages. */
  readonly lines: readonly number[];
}

/**
 * Parses a table. The delimiter is the one of tab, comma, semicolon that the header line holds most of, else blanks. Lines that start
 * with # and empty lines are skipped; a header may itself start with #. Quoted cells may hold delimiters, not line breaks.
 * @throws E_TABLE_RAGGED when a row has more cells than the header.
 */
export function parseTable(text: string, file: string): TextTable {
  const rows: string[][] = [];
  const lines: number[] = [];
  let columns: string[] | undefined;
  let delimiter = '';
  let lastComment: string | undefined;
  text.split(/\r\n|\r|\n/).forEach((line, i) => {
    if (line.trim() === '') return;
    if (line.trimStart().startsWith('#')) {
      lastComment = line.trimStart().slice(1);
      return;
    }
    if (columns === undefined) {
      // "# unit,time_s" before numbers is a header written by numpy.savetxt.
      const header = isNumeric(line) && lastComment !== undefined ? lastComment : line;
      delimiter = delimiterOf(header);
      columns = cells(header, delimiter).map((c) => c.toLowerCase());
      if (header === line) return;
    }
    const row = cells(line, delimiter);
    if (row.length > columns.length) {
      throw new SpikebridgeError(
        'E_TABLE_RAGGED',
        `Line ${i + 1} has ${row.length} cells under ${columns.length} columns (${columns.join(', ')}).`,
        { where: file, fix: 'Give each line as many cells as the header has.' },
      );
    }
    rows.push(row);
    lines.push(i + 1);
  });
  return { columns: columns ?? [], rows, lines };
}

/** Number in a cell. @throws E_TABLE_NUMBER naming line and column. */
export function cellNumber(table: TextTable, row: number, column: number, file: string): number {
  const text = table.rows[row].at(column) ?? '';
  const value = text === '' ? NaN : Number(text);
  if (Number.isNaN(value) && !/^nan$/i.test(text)) {
    throw new SpikebridgeError(
      'E_TABLE_NUMBER',
      `Line ${table.lines[row]}: "${text}" under ${table.columns[column]} is no number.`,
      { where: file, fix: 'Use a point for decimals and no thousands separators.' },
    );
  }
  return value;
}

function delimiterOf(header: string): string {
  const counts = ['\t', ',', ';'].map((d) => [d, header.split(d).length - 1] as const);
  const most = counts.reduce((a, b) => (b[1] > a[1] ? b : a));
  return most[1] > 0 ? most[0] : ' ';
}

function cells(line: string, delimiter: string): string[] {
  if (delimiter === ' ') return line.trim().split(/\s+/);
  if (!line.includes('"')) return line.split(delimiter).map((c) => c.trim());
  const out: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    if (c === '"' && quoted && line.charAt(i + 1) === '"') {
      cell += '"';
      i++;
    } else if (c === '"') quoted = !quoted;
    else if (c === delimiter && !quoted) {
      out.push(cell.trim());
      cell = '';
    } else cell += c;
  }
  out.push(cell.trim());
  return out;
}

function isNumeric(line: string): boolean {
  return /^[\s\d.,;eE+-]+$/.test(line);
}
