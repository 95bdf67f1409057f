// The classifiers of feature tables by name, with the settings they were found to work best with on both published tables.
import type { Classifier } from '../tables/types.ts';
import { discriminant } from './discriminant.ts';
import { BALANCED_FOREST, EXTRA_TREES, forest } from './forest.ts';
import { kernelRidge } from './kernel-ridge.ts';
import { mixture } from './mixture.ts';
import { PERCEPTRONS, perceptrons } from './perceptron.ts';

const balancedForest = forest('balanced-forest', BALANCED_FOREST);
const extraTrees = forest('extra-trees', EXTRA_TREES);
const narrowKernel = kernelRidge('kernel-ridge', { width: 1.2, ridge: 0.2, relevance: 0.5 });
const wideKernel = kernelRidge('kernel-ridge-wide', { width: 0.4, ridge: 0.3, relevance: 0.5 });
const linear = discriminant('discriminant', { shrinkage: 0.05 });
const nets = perceptrons('perceptrons', PERCEPTRONS);

/** Every classifier of feature tables; the first is what the others are compared with. */
export const TABLE_CLASSIFIERS: readonly Classifier[] = [
  balancedForest,
  extraTrees,
  linear,
  narrowKernel,
  wideKernel,
  nets,
  mixture('balanced-forest-calibrated', [balancedForest]),
  mixture('mixture', [extraTrees, narrowKernel, wideKernel, nets]),
];
