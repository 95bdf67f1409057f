// Classifiers of feature tables.
export { BALANCED_FOREST, EXTRA_TREES, FittedForest, fitForest, forest } from './forest.ts';
export type { ForestOptions, GrowthJob, TreeCrew } from './forest.ts';
export { growTrees } from './tree-grower.ts';
export type { GrowthData, TreeBlock } from './tree-grower.ts';
export { kernelRidge } from './kernel-ridge.ts';
export type { KernelRidgeOptions } from './kernel-ridge.ts';
export { discriminant } from './discriminant.ts';
export type { DiscriminantOptions } from './discriminant.ts';
export { perceptrons } from './perceptron.ts';
export type { PerceptronOptions } from './perceptron.ts';
export { mixture } from './mixture.ts';
export type { FittedClassifierMixture, ClassifierMixture } from './mixture.ts';
export { calibrate, fitCalibration, fitSharpness, logLoss, sharpen } from './temperature.ts';
export { relativeParts, withRelativeFeatures } from './relative-features.ts';
export { TABLE_CLASSIFIERS } from './models.ts';
