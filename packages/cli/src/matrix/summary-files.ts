// From the judged cells of a folder to matrix.json, matrix.csv and matrix.html: those that are there, with the others named as missing.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JudgedCell, MatrixCellScores, MatrixDocument, MatrixPlan } from '@spikebridge/model';
import {
  cellScores,
  judgedCellSchema,
  matrixCsv,
  matrixDocument,
  matrixReport,
  SpikebridgeError,
} from '@spikebridge/model';
import { writeWhole } from '../host/files.ts';
import { hostCall } from '../host/location.ts';
import { cellFile } from './judge.ts';
import { printsOf } from './recordings.ts';
import type { MatrixSetup } from './recordings.ts';

/** Reads every judged cell that is there and writes the three files. */
export async function writeSummary(setup: MatrixSetup, plan: MatrixPlan): Promise<MatrixDocument> {
  const cells: MatrixCellScores[] = [];
  const missing: string[] = [];
  for (const cell of plan.cells) {
    if (cell.kind !== 'judged') continue;
    const found = readCell(setup.out, cell);
    if (found === undefined) missing.push(cell.id);
    else cells.push(found);
  }
  const document = matrixDocument({
    ...{ manifest: setup.manifest, fingerprints: printsOf(setup), cells, missing },
  });
  writeWhole(join(setup.out, 'matrix.json'), `${JSON.stringify(document, null, 2)}\n`);
  writeWhole(join(setup.out, 'matrix.csv'), matrixCsv(document));
  writeWhole(join(setup.out, 'matrix.html'), await matrixReport(document));
  return document;
}

/** @throws E_MATRIX_DAMAGED where the file is not what this program writes */
function readCell(out: string, cell: JudgedCell): MatrixCellScores | undefined {
  const file = cellFile(out, cell);
  if (!existsSync(file)) return undefined;
  const text = hostCall(file, () => readFileSync(file, 'utf8'));
  try {
    return cellScores(cell, judgedCellSchema.parse(JSON.parse(text)).pair);
  } catch (cause) {
    throw new SpikebridgeError('E_MATRIX_DAMAGED', 'this is no judged cell of this version', {
      where: file,
      fix: 'remove the file and run the same command again: the cell will be computed anew',
      cause,
    });
  }
}
