// `celltype train`: a model that calls subclasses, from a table of cells, in one file with its card.
import { join, dirname, basename } from 'node:path';
import { mkdirSync } from 'node:fs';
import type { CellModel } from '@spikebridge/model';
import {
  encodeCellModel,
  FEATURES,
  relativeParts,
  trainCellModel,
  withRelativeFeatures,
} from '@spikebridge/model';
import { openTable } from '../celltype/tables.ts';
import type { TableFlags } from '../celltype/tables.ts';
import { describeModel, LIMITS, PROVENANCE } from '../celltype/model-card.ts';
import { refuseToOverwrite, writeWhole } from '../host/files.ts';
import type { GlobalFlags } from '../options.ts';
import { startProgress } from '../progress.ts';
import { Terminal } from '../terminal.ts';

export interface CellTrainFlags extends GlobalFlags, TableFlags {
  readonly out: string;
  readonly seed: number;
  readonly folds: number;
  readonly force?: boolean;
}

/** @throws E_OUTPUT_EXISTS, E_USAGE, E_TABLES_MISSING, E_CELLS_*, E_CELLTYPE_* */
export async function trainCells(flags: CellTrainFlags): Promise<void> {
  const terminal = Terminal.of(flags);
  const { out, species, seed, folds } = flags;
  refuseToOverwrite(out, flags.force === true);
  const table = withRelativeFeatures(openTable(flags));
  for (const note of table.notes) terminal.note(`  ${note}`);
  // What the extractor does not measure the same way could not be told of a recording.
  const known = new Set(FEATURES.filter((one) => one.table === species).map(({ name }) => name));
  const measured = (name: string) => (relativeParts(name) ?? [name]).every((part) => known.has(part));
  const features = table.features.filter(measured);
  const left = table.features.filter((name) => !measured(name));
  if (left.length > 0)
    terminal.note(`  left out, since the extractor does not measure them: ${left.join(', ')}`);
  const progress = startProgress(terminal, 'training', folds + 1, 'folds');
  let model: CellModel;
  try {
    model = await trainCellModel(table, {
      ...{ species, features, seed, folds },
      about: {
        name: basename(out).replace(/\.safetensors$/, ''),
        ...(flags.tables === undefined
          ? { data: `${table.cells.length} cells of one's own`, licence: 'not stated' }
          : PROVENANCE[species]),
        limits: LIMITS[species],
      },
      onFold: (done) => progress.update(done),
    });
  } finally {
    progress.stop();
  }
  mkdirSync(dirname(out), { recursive: true });
  writeWhole(out, encodeCellModel(model));
  const card = describeModel(model);
  writeWhole(join(dirname(out), `${basename(out).replace(/\.safetensors$/, '')}.md`), card);
  terminal.result(card, {
    ...{ schema: 'spikebridge.celltype-training/1', out, species, classes: model.classes },
    features: model.features.map(({ name }) => name),
    coverage: model.coverage,
    ...model.card,
  });
}
