// Cell types: from tables of features, or sweeps, to a transcriptomic subclass.
export * from './tables/index.ts';
export * from './sweeps/index.ts';
export * from './features/index.ts';
export * from './decomposition/index.ts';
export * from './embedding/index.ts';
export * from './nets/index.ts';
export * from './classifiers/index.ts';
export * from './evaluation/index.ts';
export * from './models/index.ts';
export * from './transfer/index.ts';
