// `celltype predict`: recordings into subclasses, each with its probability, an abstention where it is unsure, and what it rests on.
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CellCall, CellModel, Species } from '@spikebridge/model';
import {
  callCell,
  decodeCellModel,
  predictionDocument,
  SpikebridgeError,
  valuesOfCell,
} from '@spikebridge/model';
import { extractFile } from '../celltype/extraction.ts';
import type { CellRecord } from '../celltype/extraction.ts';
import { hostCall } from '../host/location.ts';
import type { GlobalFlags } from '../options.ts';
import { startProgress } from '../progress.ts';
import { formatTable, Terminal } from '../terminal.ts';
import { sweepOptions } from './celltype-extract.ts';
import type { SweepFlags } from './celltype-extract.ts';

export interface CellPredictFlags extends GlobalFlags, SweepFlags {
  readonly species: Species;
  readonly model?: string;
  readonly minAccuracy: number;
}

/** Features of a call that are shown to a person. */
const SHOWN = 6;

export async function predictCells(paths: readonly string[], flags: CellPredictFlags): Promise<void> {
  const terminal = Terminal.of(flags);
  const model = openModel(flags);
  const { minAccuracy } = flags;
  const progress = startProgress(terminal, 'reading', paths.length, 'cells');
  const called: { record: CellRecord; call: CellCall }[] = [];
  try {
    for (const path of paths) {
      const record = await extractFile(path, sweepOptions(flags));
      called.push({ record, call: callCell(model, valuesOfCell(model, record.features), { minAccuracy }) });
      progress.update(called.length);
    }
  } finally {
    progress.stop();
  }
  const document = predictionDocument(
    model,
    minAccuracy,
    called.map(({ record: { file, cell, donor, features, rejected }, call }) => ({
      ...{ file, cell, donor, call, notes: features.notes },
      rejected: [...rejected, ...features.rejected, ...features.absent],
    })),
  );
  terminal.result(
    called.map(({ record, call }) => sheet(record, call)).join('\n\n') +
      `\n\nmodel: ${model.card.name}, ${limitsOf(model)}`,
    document,
  );
}

/** @throws E_CELL_MODEL_MISSING, E_CELL_MODEL, E_SAFETENSORS */
function openModel({ model, species }: CellPredictFlags): CellModel {
  const shipped = fileURLToPath(new URL(`../../models/${species}.safetensors`, import.meta.url));
  const path = model ?? shipped;
  if (model === undefined && !existsSync(shipped))
    throw new SpikebridgeError('E_CELL_MODEL_MISSING', `no model for ${species} comes with the program`, {
      fix: `build one from your copy of the table: celltype train --species ${species} --tables FOLDER --out ${species}.safetensors; then --model ${species}.safetensors`,
      exitCode: 2,
    });
  const found = decodeCellModel(new Uint8Array(hostCall(path, () => readFileSync(path))), basename(path));
  if (found.species !== species)
    throw new SpikebridgeError('E_CELL_MODEL', `the model is of ${found.species} cells, not of ${species}`, {
      where: basename(path),
      fix: `say --species ${found.species}, or give another model`,
      exitCode: 2,
    });
  return found;
}

const limitsOf = (model: CellModel): string =>
  `held-out donors: macro-F1 ${model.card.heldOut.macroF1.toFixed(3)}, accuracy ${model.card.heldOut.accuracy.toFixed(3)} (n = ${String(model.card.heldOut.n)}). ${model.card.limits[0]}`;

function sheet({ cell, file, features, sweeps }: CellRecord, call: CellCall): string {
  const { likeliest, probability, probabilities, abstained, evidence, outside } = call;
  const head =
    call.call === null
      ? `${cell} (${file}): no call; likeliest ${likeliest} at ${probability.toFixed(2)}`
      : `${cell} (${file}): ${call.call}, ${probability.toFixed(2)}`;
  const others = Object.entries(probabilities)
    .sort(([, a], [, b]) => b - a)
    .map(([name, p]) => `${name} ${p.toFixed(2)}`);
  return [
    head,
    ...abstained.map(({ reason }) => `  ${reason}`),
    `  ${others.join(', ')}`,
    `  ${String(features.sweeps.length)} of ${String(sweeps)} sweeps, ${(100 * call.present).toFixed(0)} % of the features`,
    formatTable(
      ['looked at', 'value', `10-50-90 % of ${likeliest}`, 'weight'],
      evidence
        .slice(0, SHOWN)
        .map(({ feature, unit, value, ofClasses, weight }) => [
          unit === '' ? feature : `${feature}, ${unit}`,
          value.toPrecision(3),
          ofClasses[likeliest].map((one) => one.toPrecision(3)).join(' '),
          `${weight >= 0 ? '+' : ''}${weight.toFixed(2)}`,
        ]),
    ),
    ...outside.map(
      ({ feature, value, low, high }) =>
        `  ${feature} is ${value.toPrecision(3)}: training cells had ${low.toPrecision(3)} to ${high.toPrecision(3)}`,
    ),
  ].join('\n');
}
