// What the text table and the HTML document of a matrix both show: names of groups, rows of comparisons, one square a loss and figure.
import type {
  MatrixCellScores,
  MatrixComparison,
  MatrixDocument,
  MatrixGroup,
} from '../matrix/matrix-document.ts';
import { pairMeans } from '../matrix/summary.ts';

/** A figure of the squares: what it is called, its digits, and how it is coloured. */
export interface MatrixFigure {
  readonly title: string;
  readonly digits: number;
  /** Colours diverge from here; full at +/- `reach`. */
  readonly middle: number;
  readonly reach: number;
  readonly of: (cell: MatrixCellScores) => number | null;
}

export const MATRIX_FIGURES: readonly MatrixFigure[] = [
  {
    ...{ title: 'bits/spike over own rate', digits: 3, middle: 0, reach: 1 },
    of: ({ model }) => model.bitsPerSpike.value,
  },
  {
    ...{ title: 'bits/spike minus the best floor', digits: 3, middle: 0, reach: 1 },
    of: ({ difference }) => difference?.value ?? null,
  },
  {
    ...{ title: 'pooled ROC-AUC', digits: 3, middle: 0.5, reach: 0.5 },
    of: ({ model }) => model.rocAuc.value,
  },
];

/** (sources, targets) means over seeds; null where no cell is there. */
export function squareOf(
  { cells, recordings }: MatrixDocument,
  loss: string,
  figure: MatrixFigure,
): (number | null)[][] {
  const means = pairMeans(
    cells.filter((cell) => cell.loss === loss),
    figure.of,
  );
  return recordings.map((source) =>
    recordings.map((target) => means.get(`${source.name}.${target.name}`) ?? null),
  );
}

export function groupName({ sourceDomain, targetDomain, sameRecording }: MatrixGroup): string {
  if (sameRecording) return `${sourceDomain}, same recording`;
  return `${sourceDomain} -> ${targetDomain}${sourceDomain === targetDomain ? ', another recording' : ''}`;
}

export const figureText = (value: number | null, digits: number): string =>
  value === null ? '-' : value.toFixed(digits);

/** `0.254 +/- 0.013`; without an SD where there is one value. */
export function spreadText({ mean, sd }: MatrixGroup['rocAuc'], digits: number): string {
  const point = figureText(mean, digits);
  return sd === null ? point : `${point} +/- ${sd.toFixed(digits)}`;
}

export const METRIC_NAMES: Readonly<Record<MatrixComparison['metric'], string>> = {
  bitsPerSpike: 'bits/spike',
  rocAuc: 'ROC-AUC',
};

/** Three digits that are not all zeros. */
export function pText(p: number | null): string {
  if (p === null) return '-';
  return p < 0.001 ? p.toExponential(1) : p.toFixed(3);
}

/** What every table of a matrix has to say of itself, one sentence each. */
export function matrixNotes({ evaluation, seeds, missing }: MatrixDocument): string[] {
  const level = String(evaluation['level']);
  const pairing = String(evaluation['pairing']);
  return [
    `Level of target knowledge: ${level}. Pairing of units across recordings: ${pairing}; within one recording they are the same units.`,
    "bits/spike: over each target unit's training rate, recalibrated on source validation. Pooled ROC-AUC mostly tells which unit is busy.",
    `Mean +/- SD over pairs of source and target (n)${seeds.length > 1 ? `, each the mean of its ${String(seeds.length)} seeds` : ''}.`,
    "Losses: Wilcoxon's signed-rank test over pairs, exact, two-sided; Holm's correction over the rows of a metric. Pairs share sources " +
      'and targets, so p speaks of these recordings, not of others.',
    ...(missing.length === 0
      ? []
      : [`${String(missing.length)} cells are missing: every figure is of those that are there.`]),
  ];
}
