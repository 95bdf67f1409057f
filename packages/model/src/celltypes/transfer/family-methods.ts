// The family net with and without the source species. All three get as many updates on target rows, whatever their number, and the same stop rule.
import type { Backend } from '../../engine/backend.ts';
import { BILSTM, bilstm } from '../nets/bilstm.ts';
import type { BilstmConfig } from '../nets/bilstm.ts';
import { scalarFamilies } from '../nets/families.ts';
import { transferBilstm } from '../nets/transfer.ts';
import type { SourceCells, SourceLearning } from '../nets/transfer.ts';
import { fitImputation, impute } from '../tables/imputation.ts';
import type { Classifier, Matrix } from '../tables/types.ts';

/** Updates on batches of target rows, at the most; patience is the published share of them. */
const UPDATES = 400;
const BATCH = 32;
const PATIENCE = 7 / 50;
/** Over the source, once for all folds. */
const SOURCE_EPOCHS = 8;
/** One start for all folds, so that the source is learned once. */
const SEED = 1;

/** The classifiers of `FAMILY_TRANSFER`, on a backend that answers at once. */
export function familyMethods(
  backend: Backend,
  source: SourceCells,
  features: readonly string[],
): Classifier[] {
  const families = scalarFamilies(features);
  const learning: SourceLearning = { epochs: SOURCE_EPOCHS, kept: new Map() };
  return [
    budgeted('family-net', (config) => bilstm(backend, families, config)),
    ...(['fine-tuned', 'joint'] as const).map((way) =>
      budgeted(`family-net-${way}`, (config) =>
        transferBilstm(backend, families, source, way, config, learning),
      ),
    ),
  ];
}

function budgeted(name: string, of: (config: BilstmConfig) => Classifier): Classifier {
  return {
    name,
    fit: (x, labels, options) => {
      const epochs = Math.ceil(UPDATES / Math.ceil(((1 - BILSTM.heldOut) * x.rows) / BATCH));
      const optimiser = { ...BILSTM.optimiser, batch: BATCH };
      const config = { ...BILSTM, members: 1, optimiser, epochs, patience: Math.ceil(PATIENCE * epochs) };
      // Without gaps, nets of all folds have the same widths, and one encoder of the source fits them all.
      const imputation = fitImputation(x);
      const fitted = of(config).fit(impute(imputation, x), labels, { ...options, seed: SEED });
      return { probabilities: (test: Matrix) => fitted.probabilities(impute(imputation, test)) };
    },
  };
}
