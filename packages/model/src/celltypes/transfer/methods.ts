// Ways to learn the target species' classes, with and without the source species, as classifiers of the target. `target-only` and the ways of
// transfer stand on the same classifier, and each chooses of six candidates by the same rule.
import { RandomStream } from '../../engine/random.ts';
import { kernelRidge } from '../classifiers/kernel-ridge.ts';
import type { KernelRidgeOptions } from '../classifiers/kernel-ridge.ts';
import { majorityClass } from '../evaluation/floors.ts';
import type { SourceCells } from '../nets/transfer.ts';
import type { Classifier, FittedClassifier } from '../tables/types.ts';
import { SpikebridgeError } from '../../errors.ts';
import { ownScale } from './alignment.ts';
import type { Alignment } from './alignment.ts';
import type { TransferContender } from './learning-curve.ts';
import { pooled } from './pooled.ts';
import type { Pooling } from './pooled.ts';
import { selection } from './selection.ts';
import { fitSource, stacked, zeroShot } from './source-model.ts';

const kernel = (width: number, ridge: number): KernelRidgeOptions => ({ width, ridge, relevance: 0.5 });
const MIDDLE_KERNEL = kernel(0.4, 0.3);
const KERNELS = [MIDDLE_KERNEL, kernel(0.4, 1), kernel(0.15, 0.3)];
const ALIGNMENTS: readonly Alignment[] = ['standardised', 'coral'];
const PERMUTATION = 0x7065;

/** On feature tables, in seconds a fit. */
export const TABLE_TRANSFER: readonly TransferContender[] = [
  { name: 'target-only', against: null },
  ...['pooled-by-class', 'pooled', 'stacked', 'pooled-permuted', 'zero-shot'].map((name) => ({
    name,
    against: 'target-only',
  })),
  { name: 'majority-class', against: null },
];

/** Nets over feature families, in minutes a fit. */
export const FAMILY_TRANSFER: readonly TransferContender[] = [
  { name: 'family-net', against: null },
  ...['family-net-fine-tuned', 'family-net-joint'].map((name) => ({ name, against: 'family-net' })),
];

/** Contenders by name, each with the one it is held against. @throws E_USAGE for a name that none has */
export function transferContenders(names: readonly string[]): TransferContender[] {
  const all = [...TABLE_TRANSFER, ...FAMILY_TRANSFER];
  const asked = new Set(names);
  for (const name of names) {
    const found = all.find((one) => one.name === name);
    if (found === undefined)
      throw new SpikebridgeError('E_USAGE', `no way of transfer is called ${name}`, {
        where: '--method',
        fix: `choose of ${all.map((one) => one.name).join(', ')}`,
        exitCode: 2,
      });
    if (found.against !== null) asked.add(found.against);
  }
  return all.filter(({ name }) => asked.has(name));
}

/** The classifiers of `TABLE_TRANSFER`, of target cells with these features; columns and classes of the source are the target's. */
export function tableMethods(source: SourceCells): Classifier[] {
  const own = ownScale(source.x, source.labels, source.classes);
  let model: FittedClassifier | undefined;
  // Fitted when it is first asked for: it sees no target cell, and is the same for all.
  const sourceModel = (): FittedClassifier => (model ??= fitSource(own, source));
  const beside = (from: SourceCells, pooling: Pooling, options = MIDDLE_KERNEL): Classifier =>
    pooled(own, from, pooling, options);
  const wholly = (from: SourceCells): Classifier[] =>
    ALIGNMENTS.flatMap((alignment) =>
      [5, 15, 40].map((cells) => beside(from, { alignment, cells, halfway: Infinity })),
    );
  // The same path as the pooled ones take, without the source.
  const alone = (options: KernelRidgeOptions): Classifier =>
    beside(source, { alignment: 'standardised', cells: 0, halfway: Infinity }, options);
  return [
    majorityClass,
    zeroShot(own, sourceModel),
    selection('target-only', [
      ...KERNELS.map(alone),
      ...KERNELS.map((options) => kernelRidge(`width ${options.width}, ridge ${options.ridge}`, options)),
    ]),
    selection(
      'stacked',
      ALIGNMENTS.flatMap((alignment) =>
        KERNELS.map((options) => stacked(own, sourceModel, alignment, options)),
      ),
    ),
    selection('pooled', wholly(source)),
    selection('pooled-permuted', wholly(permuted(source))),
    // None of the source is a choice too: where target cells are many, it has little to add.
    selection('pooled-by-class', [
      alone(MIDDLE_KERNEL),
      alone(kernel(0.15, 0.3)),
      ...[15, 40].flatMap((cells) =>
        [3, 8].map((halfway) => beside(source, { alignment: 'standardised', cells, halfway })),
      ),
    ]),
  ];
}

/** Labels in another order: what source cells add by being there, without saying what they are. */
function permuted(source: SourceCells): SourceCells {
  return { ...source, labels: new RandomStream(1, PERMUTATION).shuffle(source.labels.slice()) };
}
