// Ways to learn the target species' classes, with and without the source species, as classifiers of the target. `target-only` and the ways of
// transfer stand on the same classifier, and each chooses of six candidates by the same rule.
import { kernelRidge } from '../classifiers/kernel-ridge.ts';
import type { KernelRidgeOptions } from '../classifiers/kernel-ridge.ts';
import type { SourceCells } from '../nets/transfer.ts';
import type { Classifier, FittedClassifier } from '../tables/types.ts';
import { ownScale } from './alignment.ts';
import type { Alignment } from './alignment.ts';
import { pooled } from './pooled.ts';
import { selection } from './selection.ts';
import { fitSource, stacked, zeroShot } from './source-model.ts';

const kernel = (width: number, ridge: number): KernelRidgeOptions => ({ width, ridge, relevance: 0.5 });
const MIDDLE_KERNEL = kernel(0.4, 0.3);
const STACKED_KERNELS = [MIDDLE_KERNEL, kernel(0.4, 1), kernel(0.15, 0.3)];
const KERNELS = [...STACKED_KERNELS, kernel(0.15, 1), kernel(1.2, 0.3), kernel(1.2, 1)];
const ALIGNMENTS: readonly Alignment[] = ['standardised', 'coral'];

const plain = (options: KernelRidgeOptions): Classifier =>
  kernelRidge(`width ${options.width}, ridge ${options.ridge}`, options);

/** Of the target alone. */
export const targetOnly: Classifier = selection('target-only', KERNELS.map(plain));

/** Classifiers of the target that learn from these cells of the source too; columns and classes are the target's. */
export function transferMethods(source: SourceCells): Classifier[] {
  const own = ownScale(source.x, source.labels, source.classes);
  let model: FittedClassifier | undefined;
  // Fitted when it is first asked for: it sees no target cell, and is the same for all.
  const sourceModel = (): FittedClassifier => (model ??= fitSource(own, source));
  const added = (alignment: Alignment, cells: number, halfway: number): Classifier =>
    pooled(own, source, { alignment, cells, halfway }, MIDDLE_KERNEL);
  return [
    zeroShot(own, sourceModel),
    selection(
      'stacked',
      ALIGNMENTS.flatMap((alignment) =>
        STACKED_KERNELS.map((options) => stacked(own, sourceModel, alignment, options)),
      ),
    ),
    selection(
      'pooled',
      ALIGNMENTS.flatMap((alignment) => [5, 15, 40].map((cells) => added(alignment, cells, Infinity))),
    ),
    // None of the source is a choice too: where target cells are many, it has nothing to add.
    selection('pooled-by-class', [
      plain(MIDDLE_KERNEL),
      plain(kernel(0.15, 0.3)),
      ...[15, 40].flatMap((cells) => [3, 8].map((halfway) => added('standardised', cells, halfway))),
    ]),
  ];
}
