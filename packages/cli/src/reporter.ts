// What a command says on its way, apart from where it is said: on this terminal, or (from a worker) on the one of the
// thread that started it.

export interface Progress {
  /** `done` of the total given at the start; `detail` is a few words (loss, part, unit). */
  update(done: number, detail?: string): void;
  stop(): void;
}

/** A terminal in another thread. */
export interface Reporter {
  note(line: string): void;
  warn(line: string): void;
  result(text: string, document: unknown): void;
  /** Something that outlives an interruption. */
  kept(what: string): void;
  progress(what: string, total: number, unit: string): Progress;
}
