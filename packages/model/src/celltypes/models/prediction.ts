// Calls of many cells as one document, the same for every host, and as a table.
import type { Rejection } from '../sweeps/index.ts';
import { formatCsv } from '../tables/csv-text.ts';
import type { CellCall, CellJudgement, CellModel } from './cell-model.ts';

/** A cell that was called; it came out of a recording or of a row of a table. */
export interface CalledCell {
  readonly file: string;
  readonly cell: string;
  readonly donor?: string | undefined;
  readonly call: CellCall;
  /** Sweeps and families that were left out, each with why. */
  readonly rejected: readonly Rejection[];
  readonly notes: readonly string[];
}

/** What `celltype predict --json` prints. */
export function predictionDocument(
  { species, card, classes }: CellModel,
  minAccuracy: number,
  cells: readonly CalledCell[],
) {
  return {
    ...{ schema: 'spikebridge.celltype-prediction/1' as const, species, minAccuracy },
    model: { name: card.name, configHash: card.configHash, classes, limits: card.limits },
    cells: cells.map(({ file, cell, donor, call, rejected, notes }) => ({
      ...{ file, cell, donor: donor ?? null },
      ...call,
      ...{ rejected, notes },
    })),
  };
}

/** A row a cell: its call (empty where there is none), why there is none, and the probability of each class. */
export function callsCsv(
  { classes }: CellModel,
  cells: readonly (Pick<CalledCell, 'file' | 'cell' | 'donor'> & { readonly call: CellJudgement })[],
): string {
  const head = [
    'file',
    'cell',
    'donor',
    'call',
    'likeliest',
    'probability',
    'abstained',
    'present',
    'distance',
  ];
  const rows = cells.map(({ file, cell, donor = '', call }) => [
    ...[file, cell, donor, call.call ?? '', call.likeliest, String(call.probability)],
    ...[call.abstained.map(({ code }) => code).join(' '), String(call.present), String(call.distance.value)],
    ...classes.map((name) => String(call.probabilities[name])),
  ]);
  return formatCsv([[...head, ...classes.map((name) => `p ${name}`)], ...rows]);
}
