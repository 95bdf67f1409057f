// Public names of recording: filled as the room is built.
export type * from './types.ts';
