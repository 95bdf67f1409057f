import type { Listener } from '../listener.ts';

/** Hears nothing. */
export const silent: Listener = {
  note: () => undefined,
  keep: () => undefined,
  progress: () => ({ update: () => undefined, stop: () => undefined }),
};
