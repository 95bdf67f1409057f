// Rate matching: a roll-out is held to the rates of a recording, slowly on average and at once where a unit exceeds all that was seen of it.
//
// An offset on each unit's log-odds is moved by an integral control until the unit's probability is, on average, its rate there. Causal:
// the offset of a bin is made of the probabilities before it.
//
//   b[t + 1] = b[t] + (rate - p[t]) / (max(rate, 1 / T) T),  T = 10 s in bins
//
// A small probability changes by about itself times the change of its log-odds, so that its distance from the rate shrinks by a
// share of 1 / T a bin: a time constant of 10 s. Below one spike in T bins (0.1 Hz) it is slower in proportion, because a single
// busy bin would else throw the offset far off.
import { log, sigmoid } from '../engine/elementary.ts';
import type { KnownPart } from '../evaluation/types.ts';
import { trainingProbabilities } from '../evaluation/floors/rates.ts';
import { BurstLimits } from './burst-limits.ts';

const SECONDS = 10;

export class RateControl {
  readonly #rates: Float64Array;
  readonly #offsets: Float64Array;
  readonly #steps: Float64Array;
  readonly #limits: BurstLimits;

  /** `known`: the recording whose rates and most spikes are meant, its units in the columns of the model. */
  constructor({ raster, spans }: KnownPart, binMilliseconds: number) {
    const bins = (1000 * SECONDS) / binMilliseconds;
    this.#rates = trainingProbabilities(raster, spans);
    this.#steps = this.#rates.map((rate) => 1 / (Math.max(rate, 1 / bins) * bins));
    this.#offsets = new Float64Array(this.#rates.length);
    this.#limits = new BurstLimits(raster, spans, binMilliseconds);
  }

  /** The probability to sample a unit with in the next bin, where the model has `probability`; 0 where it has fired its most. */
  control(unit: number, probability: number): number {
    // Held back, a unit tells nothing of its offset: an integral that went on would wind up.
    if (!this.#limits.allows(unit)) return 0;
    const p = sigmoid(log(probability / (1 - probability)) + this.#offsets[unit]);
    this.#offsets[unit] += (this.#rates[unit] - p) * this.#steps[unit];
    return p;
  }

  /** Receives every bin, those of the prompt too. `words`: (wordsPerBin) */
  push(words: Uint32Array): void {
    this.#limits.push(words);
  }
}
