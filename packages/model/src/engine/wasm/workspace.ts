// Partial sums that one call leaves for the next (OP_COMBINE and its kin). Nothing in it outlives the call that asked,
// so all calls of a plan share one block: a first pass over the calls measures it, a second hands out addresses.

export class Workspace {
  #base = 0;
  #used = 0;
  #bytes = 0;

  /** The largest sum of requests between two resets. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Where the block lies; requests before this call only measure. */
  place(base: number): void {
    this.#base = base;
    this.#used = 0;
  }

  /** The next call may overwrite what earlier ones left. */
  reset(): void {
    this.#used = 0;
  }

  /** Room for `count` float32 (or `bytes` in all), 64-byte aligned. Never 0: 0 stands for an absent operand. */
  floats(count: number): number {
    return this.take(4 * count);
  }

  take(bytes: number): number {
    const address = this.#base + this.#used;
    this.#used += Math.ceil(bytes / 64) * 64;
    this.#bytes = Math.max(this.#bytes, this.#used);
    return this.#base === 0 ? 64 : address;
  }
}
