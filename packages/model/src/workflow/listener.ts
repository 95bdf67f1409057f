// What work says on its way, apart from where it is said: a terminal, another thread, a page.

export interface Progress {
  /** `done` of the total given at the start; `detail` is a few words (loss, part, unit). */
  update(done: number, detail?: string): void;
  stop(): void;
}

export interface Listener {
  /** What is being done, what was assumed: one line. */
  note(line: string): void;
  /** Something that outlives an interruption. */
  keep(what: string): void;
  /** A stretch of work that takes a while; `unit` names what is counted (steps, bins). */
  progress(what: string, total: number, unit: string): Progress;
}

/** 61 -> `1 min 01 s`, 3.2 -> `3.2 s`, 7300 -> `2 h 02 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}
