// What a command says on its way, apart from where it is said: on this terminal, or (from a worker) on the one of the
// thread that started it.
import type { Progress } from '@spikebridge/model';

/** A terminal in another thread. */
export interface Reporter {
  note(line: string): void;
  warn(line: string): void;
  result(text: string, document: unknown): void;
  /** Something that outlives an interruption. */
  kept(what: string): void;
  progress(what: string, total: number, unit: string): Progress;
}
