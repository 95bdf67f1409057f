// Public names of formats: readers of recordings over byte sources, and the registry that picks one by content.
export type * from './types.ts';
export { openRecording, recogniseFormat, READERS } from './registry.ts';
export type { Recognised } from './registry.ts';
