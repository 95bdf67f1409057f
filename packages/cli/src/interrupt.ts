// Ctrl-C: the first asks the work to stop at a safe place, the second leaves at once.
export const INTERRUPTED = 130;

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Puts the default behaviour back. */
  release(): void;
}

/** Aborts when the process that started this one lets go of it: dies, or asks it to stop. */
const letGo = new AbortController();

let leashed = false;

/** Whether standard input was watched in this process. */
export const wasLeashed = (): boolean => leashed;

/**
 * Ties this process to the one that started it: when the pipe at its standard input ends, for whatever reason, that counts as a first
 * Ctrl-C. Returns what unties it.
 */
export function stopWithParent(): () => void {
  leashed = true;
  const end = () => letGo.abort();
  process.stdin.on('end', end);
  process.stdin.resume();
  return () => {
    process.stdin.off('end', end);
    process.stdin.destroy();
  };
}

/** While held, SIGINT and SIGTERM abort the signal; a second one ends the process with 130. */
export function holdInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController();
  let signals = 0;
  const stop = () => {
    if (controller.signal.aborted) return;
    controller.abort();
    onFirst();
  };
  const handler = () => {
    signals += 1;
    if (signals > 1) process.exit(INTERRUPTED);
    stop();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  // Where a whole group is sent SIGINT, the parent lets go as well: that is the same wish, not a second signal.
  letGo.signal.addEventListener('abort', stop);
  if (letGo.signal.aborted) stop();
  return {
    signal: controller.signal,
    release() {
      letGo.signal.removeEventListener('abort', stop);
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}

/** Settles when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((settle) => {
    if (signal.aborted) settle();
    else signal.addEventListener('abort', () => settle(), { once: true });
  });
