// tfjs beside ours: started, checked, and put down in words where it fails.
import { hearTfjsErrors, startTfjs } from '../src/tfjs-backend.ts';
import type { TfjsBackend } from '../src/tfjs-backend.ts';

/** What a peer came to, for one row. */
export interface PeerOutcome {
  readonly medianMs: number;
  readonly quartilesMs: readonly [number, number];
  readonly runs: number;
  readonly difference: number | null;
  /** On a GPU: what tfjs held there. */
  readonly bytes: number | null;
}

/** @throws Error when the peer's results are not ours. */
export function checkDifference(found: number, tolerance: number): number {
  if (found <= tolerance) return found;
  throw new Error(`computes something else: differs by ${found.toPrecision(2)}, allowed ${tolerance}`);
}

export class Peer {
  readonly backend: TfjsBackend;
  readonly #threads: number;
  #refusal: (() => string | null) | null = null;
  #fell: string | null = null;

  constructor(backend: TfjsBackend, threads: number) {
    this.backend = backend;
    this.#threads = backend === 'wasm' ? threads : 1;
  }

  get name(): string {
    return `tfjs-${this.backend}`;
  }

  /** Runs `work` with this backend as tfjs's own. @returns its outcome and what to note, or why there is none. */
  async run(
    work: () => Promise<PeerOutcome>,
  ): Promise<{ readonly outcome: PeerOutcome; readonly note: string } | { readonly failure: string }> {
    if (this.#fell !== null) return { failure: `not run, since it had failed: ${this.#fell}` };
    try {
      const { version, threads } = await startTfjs(this.backend, this.#threads);
      if (this.backend === 'webgpu') this.#refusal ??= hearTfjsErrors();
      const outcome = await work();
      const refused = this.#refusal?.() ?? null;
      if (refused !== null) return { failure: `its device refuses: ${line(refused)}` };
      const on = this.backend === 'wasm' ? `, ${threads} thread${threads === 1 ? '' : 's'}` : '';
      return { outcome, note: `${version}${on}` };
    } catch (error) {
      const failure = line(error instanceof Error ? error.message : String(error));
      // A trap leaves its memory in an unknown state.
      if (error instanceof WebAssembly.RuntimeError) this.#fell = failure;
      return { failure };
    }
  }
}

const line = (text: string): string => text.split('\n')[0].slice(0, 200);
