// What generates: anything that turns the bins so far into probabilities of the next one, a bin at a time.

/**
 * A model that runs freely. Its state is the past it has been given: a roll-out steps it over every bin of the prompt, then
 * over every bin it samples. It must not need more memory the longer it runs.
 */
export interface Roller {
  readonly units: number;
  /** ceil(units / 32) */
  readonly wordsPerBin: number;
  /**
   * Takes the spikes of bin t, `words` (wordsPerBin), and fills `probabilities` (units) of bin t + 1, made from bins up to t and
   * nothing else.
   */
  step(words: Uint32Array, probabilities: Float32Array): void;
  dispose(): void;
}

/** Known bins that a roll-out begins after. */
export interface Prompt {
  /** (bins, wordsPerBin), one bit a unit. */
  readonly words: Uint32Array;
  /** At least 1: a model is asked what follows a bin. */
  readonly bins: number;
}
