// The features of one spike train before each of many bins in a row: what `TraceBank` gives bin by bin, to the bit, written
// feature by feature. Fits look at every bin of a recording for every unit, and this is several times as fast.
import { featureCount, SILENCE, type TraceBankSpec } from './trace-bank.ts';

export class TraceRows {
  readonly count: number;
  readonly #lags: number;
  readonly #decays: readonly number[];
  readonly #logDecays: readonly number[];
  /** The last bins seen, newest first. */
  readonly #last: Float32Array;
  readonly #traces: Float32Array;
  readonly #slow: Float32Array;

  constructor(spec: TraceBankSpec, binMilliseconds: number) {
    this.count = featureCount(spec);
    this.#lags = spec.lags;
    this.#decays = spec.traces.map((tau) => Math.exp(-binMilliseconds / tau));
    this.#logDecays = spec.logTraces.map((tau) => Math.exp(-binMilliseconds / tau));
    this.#last = new Float32Array(spec.lags);
    this.#traces = new Float32Array(spec.traces.length);
    this.#slow = new Float32Array(spec.logTraces.length);
  }

  reset(): void {
    this.#last.fill(0);
    this.#traces.fill(0);
    this.#slow.fill(0);
  }

  /**
   * For each of the next `bins` bins, in time: writes the features of the bins before it to row i of `out` (bins, width),
   * columns 0 ... count - 1, and then sees spikes[i]. With `out` null it only sees.
   */
  run(spikes: Float32Array, bins: number, out: Float32Array | null, width: number): void {
    const lags = this.#lags;
    if (out !== null) {
      for (let k = 0; k < lags; k++) {
        for (let i = 0, at = k; i < bins; i++, at += width) {
          out[at] = i > k ? spikes[i - k - 1] : this.#last[k - i];
        }
      }
    }
    const kept = this.#last.slice();
    for (let k = 0; k < lags; k++) this.#last[k] = k < bins ? spikes[bins - 1 - k] : kept[k - bins];
    this.#decays.forEach((decay, j) => {
      let trace = this.#traces[j];
      for (let i = 0, at = lags + j; i < bins; i++, at += width) {
        if (out !== null) out[at] = trace;
        trace = decayed(trace, decay, spikes[i]);
      }
      this.#traces[j] = trace;
    });
    this.#logDecays.forEach((decay, j) => {
      let trace = this.#slow[j];
      for (let i = 0, at = lags + this.#decays.length + j; i < bins; i++, at += width) {
        if (out !== null) out[at] = trace === 0 ? 0 : Math.log(1 + trace);
        trace = decayed(trace, decay, spikes[i]);
      }
      this.#slow[j] = trace;
    });
  }
}

/** One step of a trace, rounded to float32 as where `TraceBank` keeps it. */
function decayed(trace: number, decay: number, spike: number): number {
  const kept = trace * decay;
  return Math.fround((kept < SILENCE ? 0 : kept) + spike);
}
