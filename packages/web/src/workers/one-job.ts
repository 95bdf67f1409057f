// One long job at a time in a worker: a second would halve both.
import { SpikebridgeError } from '@spikebridge/model';

export class OneJob {
  readonly #busy: string;
  #current: AbortController | null = null;

  /** `busy`: what is said to whoever asks for a second job. */
  constructor(busy: string) {
    this.#busy = busy;
  }

  /** Tells the job at hand to end at its next safe place. */
  stop(): void {
    this.#current?.abort();
  }

  /** @throws E_BUSY while another one is at work */
  async run<T>(job: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#current !== null)
      throw new SpikebridgeError('E_BUSY', this.#busy, { fix: 'wait until it is done, or stop it' });
    this.#current = new AbortController();
    try {
      return await job(this.#current.signal);
    } finally {
      this.#current = null;
    }
  }
}
