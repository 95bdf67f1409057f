// Features of the shared kernel: how far a unit's recent count stands above what its rate leads one to expect, as
// ln((trace + a) / (expected + a)) over time constants from 2 ms to 60 s. Relative to its own rate, one unit is like another.
import { fastLog } from './fast-log.ts';
import type { CausalScan } from './cursor.ts';
import { OWN_LAGS, TRACE_MILLISECONDS } from './trace-bank.ts';

/** Log-ratio traces of the shared kernel, milliseconds. */
export const SHARED_MILLISECONDS = [...TRACE_MILLISECONDS, 10_000, 60_000] as const;
/** The pseudo-count a: a silence of a few expected spikes already says something, one chance spike not too much. */
export const SHARED_PSEUDO_COUNT = 1;
export const SHARED_FEATURES = OWN_LAGS + SHARED_MILLISECONDS.length;

/** Under this a trace adds less than 1e-6 to the logarithm: it is taken as silence, which also saves the logarithm. */
const SILENCE = 1e-6 * SHARED_PSEUDO_COUNT;

const QUIET = Math.log(SHARED_PSEUDO_COUNT);

/**
 * Features for the bin after the last step, axis order (features, units): lags 1-5, then the log-ratio traces. Logarithms
 * are taken when features are read, so bins that are only passed by cost little.
 */
export class LogRatioBank implements CausalScan {
  readonly #features: Float32Array;
  #read = true;
  readonly #units: number;
  readonly #decays: Float64Array;
  readonly #traces: Float64Array;
  /** -ln(expected + a) of each trace and unit. */
  readonly #shift: Float64Array;

  /** `rates`: (units) probability per bin, which sets what is expected. */
  constructor(rates: Float64Array, binMilliseconds: number) {
    const units = rates.length;
    this.#units = units;
    this.#decays = Float64Array.from(SHARED_MILLISECONDS, (tau) => Math.exp(-binMilliseconds / tau));
    this.#traces = new Float64Array(this.#decays.length * units);
    this.#shift = new Float64Array(this.#decays.length * units);
    this.#decays.forEach((decay, k) => {
      for (let u = 0; u < units; u++) {
        this.#shift[k * units + u] = -Math.log(rates[u] / (1 - decay) + SHARED_PSEUDO_COUNT);
      }
    });
    this.#features = new Float32Array(SHARED_FEATURES * units);
    this.reset();
  }

  /** (features, units), valid until the next step. */
  get features(): Float32Array {
    if (this.#read) return this.#features;
    const base = OWN_LAGS * this.#units;
    for (let at = 0; at < this.#traces.length; at++) {
      const trace = this.#traces[at];
      this.#features[base + at] =
        (trace === 0 ? QUIET : fastLog(trace + SHARED_PSEUDO_COUNT)) + this.#shift[at];
    }
    this.#read = true;
    return this.#features;
  }

  /** With no past at all, every trace stands at what is expected: a log-ratio of 0. */
  reset(): void {
    this.#features.fill(0);
    this.#read = true;
    for (let i = 0; i < this.#traces.length; i++) {
      this.#traces[i] = Math.exp(-this.#shift[i]) - SHARED_PSEUDO_COUNT;
    }
  }

  step(spikes: Float32Array): void {
    const features = this.#features;
    this.#read = false;
    const units = this.#units;
    features.copyWithin(units, 0, (OWN_LAGS - 1) * units);
    for (let u = 0; u < units; u++) features[u] = spikes[u];
    for (let k = 0, at = 0; k < this.#decays.length; k++) {
      const decay = this.#decays[k];
      for (let u = 0; u < units; u++, at++) {
        const kept = this.#traces[at] * decay;
        this.#traces[at] = (kept < SILENCE ? 0 : kept) + spikes[u];
      }
    }
  }
}
