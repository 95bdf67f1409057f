// Rate matching: an offset on each unit's log-odds that an integral control moves until the unit's probability is, on average,
// the rate it was given. Causal: the offset of a bin is made of the probabilities before it.
//
//   b[t + 1] = b[t] + (rate - p[t]) / (max(rate, 1 / T) T),  T = 10 s in bins
//
// A small probability changes by about itself times the change of its log-odds, so that its distance from the rate shrinks by a
// share of 1 / T a bin: a time constant of 10 s. Below one spike in T bins (0.1 Hz) it is slower in proportion, because a single
// busy bin would else throw the offset far off.

const SECONDS = 10;

export class RateControl {
  readonly offsets: Float64Array;
  readonly #rates: Float64Array;
  readonly #steps: Float64Array;

  /** `rates`: (units), probability of a spike a bin. */
  constructor(rates: Float64Array, binMilliseconds: number) {
    const bins = (1000 * SECONDS) / binMilliseconds;
    this.#rates = rates;
    this.#steps = rates.map((rate) => 1 / (Math.max(rate, 1 / bins) * bins));
    this.offsets = new Float64Array(rates.length);
  }

  /** Learns from the probability that a unit was sampled with. */
  update(unit: number, probability: number): void {
    this.offsets[unit] += (this.#rates[unit] - probability) * this.#steps[unit];
  }
}
