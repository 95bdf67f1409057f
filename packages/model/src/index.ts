// What the model package offers its hosts (cli, web): recordings, formats, engine, nets, training, evaluation.
export * from './errors.ts';
export type * from './recording/types.ts';
export type * from './formats/types.ts';
