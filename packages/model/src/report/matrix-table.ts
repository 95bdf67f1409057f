// A matrix as text for a terminal: groups, squares, and losses against one another. Data in, string out.
import type { MatrixDocument } from '../matrix/matrix-document.ts';
import {
  figureText,
  groupName,
  MATRIX_FIGURES,
  matrixNotes,
  METRIC_NAMES,
  pText,
  spreadText,
  squareOf,
} from './matrix-view.ts';
import { textTable } from './text-table.ts';

export function matrixTable(document: MatrixDocument): string {
  const { groups, comparisons, losses, recordings, cells } = document;
  if (cells.length === 0) return 'no cell is judged yet';
  const names = recordings.map(({ name }) => name);
  const lines = textTable(
    ['source -> target', 'loss', 'n', 'bits/spike', '- best floor', '- plug-in', 'ROC-AUC', 'AP'],
    groups.map((group) => [
      groupName(group),
      group.loss,
      String(group.bitsPerSpike.n),
      spreadText(group.bitsPerSpike, 3),
      spreadText(group.minusBestFloor, 3),
      spreadText(group.minusPlugIn, 3),
      spreadText(group.rocAuc, 3),
      spreadText(group.averagePrecision, 4),
    ]),
    (column) => column < 2,
  );
  for (const loss of losses)
    for (const figure of MATRIX_FIGURES.filter(({ middle }) => middle === 0)) {
      const square = squareOf(document, loss, figure);
      if (square.every((row) => row.every((value) => value === null))) continue;
      lines.push(
        ...['', `${loss}: ${figure.title} (sources down, targets across)`, ''],
        ...textTable(
          ['', ...names],
          square.map((row, i) => [names[i], ...row.map((value) => figureText(value, figure.digits))]),
          (column) => column === 0,
        ),
      );
    }
  if (comparisons.length > 0)
    lines.push(
      '',
      ...textTable(
        ['metric', 'loss - loss', 'pairs', 'n', 'higher in', 'mean', 'median', 'p', 'p (Holm)'],
        comparisons.map((row) => [
          METRIC_NAMES[row.metric],
          `${row.loss} - ${row.against}`,
          row.cells,
          String(row.n),
          String(row.higher),
          figureText(row.meanDifference, 4),
          figureText(row.medianDifference, 4),
          pText(row.p),
          pText(row.pHolm),
        ]),
        (column) => column < 3,
      ),
    );
  return [...lines, '', ...matrixNotes(document)].join('\n');
}
