// matrix.csv: one row a judged cell, for spreadsheets and data frames.
import { METRIC_KEYS } from '../evaluation/uncertainty/bootstrap.ts';
import { FLOOR_KEYS } from '../evaluation/floors/fit.ts';
import type { MatrixCellScores, MatrixDocument } from './matrix-document.ts';

type Value = string | number | null | undefined;
interface Column {
  readonly name: string;
  readonly value: (cell: MatrixCellScores, document: MatrixDocument) => Value;
}

const domainOf = ({ recordings }: MatrixDocument, name: string): Value =>
  recordings.find((recording) => recording.name === name)?.domain;

const COLUMNS: readonly Column[] = [
  { name: 'source', value: (cell) => cell.source },
  { name: 'source_domain', value: (cell, document) => domainOf(document, cell.source) },
  { name: 'target', value: (cell) => cell.target },
  { name: 'target_domain', value: (cell, document) => domainOf(document, cell.target) },
  { name: 'loss', value: (cell) => cell.loss },
  { name: 'seed', value: (cell) => cell.seed },
  { name: 'pairing', value: (cell) => cell.pairing },
  { name: 'level', value: (cell) => cell.level },
  { name: 'target_training_seconds', value: (cell) => cell.targetTrainingSeconds },
  { name: 'bins', value: (cell) => cell.scored.bins },
  { name: 'units', value: (cell) => cell.scored.units },
  { name: 'spikes', value: (cell) => cell.scored.spikes },
  { name: 'density', value: (cell) => cell.scored.density },
  ...METRIC_KEYS.flatMap((key) =>
    (['value', 'low', 'high'] as const).map((part) => ({
      name: part === 'value' ? key : `${key}_${part}`,
      value: (cell: MatrixCellScores) => cell.model[key][part],
    })),
  ),
  { name: 'best_floor', value: (cell) => cell.bestFloor },
  { name: 'minus_best_floor', value: (cell) => cell.difference?.value },
  { name: 'minus_best_floor_low', value: (cell) => cell.difference?.low },
  { name: 'minus_best_floor_high', value: (cell) => cell.difference?.high },
  ...FLOOR_KEYS.map((key) => ({
    name: `floor_${key}`,
    value: (cell: MatrixCellScores) => cell.floors[key],
  })),
  { name: 'cell', value: (cell) => cell.id },
];

/** Header and rows; an undefined figure is an empty field. No field needs quoting: names are letters, digits, - and _. */
export function matrixCsv(document: MatrixDocument): string {
  const rows = document.cells.map((cell) =>
    COLUMNS.map(({ value }) => String(value(cell, document) ?? '')).join(','),
  );
  return [COLUMNS.map(({ name }) => name).join(','), ...rows, ''].join('\n');
}
