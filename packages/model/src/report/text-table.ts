// Columns of text under a ruled header: what the tables of evaluation and of statistics are laid out by.

/** Rows of as many cells as there are titles; columns for which `left` holds are aligned left, the others right. */
export function textTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  left: (column: number) => boolean,
): string[] {
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (left(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [line(titles), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}
