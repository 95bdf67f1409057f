// What the model package offers its hosts (cli, web): recordings, formats, engine, nets, training, evaluation.
export * from './errors.ts';
export * from './recording/index.ts';
export * from './formats/index.ts';
export * from './engine/index.ts';
export * from './nets/index.ts';
export * from './losses/index.ts';
export * from './training/index.ts';
export * from './evaluation/index.ts';
export * from './unit-free/index.ts';
export * from './generation/index.ts';
export * from './statistics/index.ts';
export * from './interpretation/index.ts';
export * from './matrix/index.ts';
export * from './report/index.ts';
export * from './config/index.ts';
export * from './interop/index.ts';
export * from './celltypes/index.ts';
