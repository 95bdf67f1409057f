// Causal features of spike trains: lagged bins, exponential traces and log traces, for many units side by side. The array
// of features is also the state, so a step is one pass over it.
import type { CausalScan } from './cursor.ts';

/** Time constants of the own-history and population traces, milliseconds. */
export const TRACE_MILLISECONDS = [2, 4, 8, 16, 32, 64, 125, 250, 500, 1000, 2000] as const;
/** Time constants of the log own-count traces, milliseconds. */
export const SLOW_MILLISECONDS = [1000, 10_000, 60_000] as const;
/** Time constants of the coupling traces, milliseconds (lag 1 stands beside them). */
export const COUPLING_MILLISECONDS = [3, 10, 40, 150] as const;
export const OWN_LAGS = 5;
export const POPULATION_LAGS = 3;

/** Below this a trace is silence: without the cut a silent unit's trace would fall into (very slow) denormals. */
export const SILENCE = 1e-20;

export interface TraceBankSpec {
  /** Bins back that are features of their own: lag 1 is the last bin seen. */
  readonly lags: number;
  /** Time constants of traces s <- s exp(-bin / tau) + x. */
  readonly traces: readonly number[];
  /** Time constants of features ln(1 + s). */
  readonly logTraces: readonly number[];
}

export const OWN_HISTORY: TraceBankSpec = {
  lags: OWN_LAGS,
  traces: TRACE_MILLISECONDS,
  logTraces: SLOW_MILLISECONDS,
};
export const POPULATION: TraceBankSpec = { lags: POPULATION_LAGS, traces: TRACE_MILLISECONDS, logTraces: [] };
export const COUPLING: TraceBankSpec = { lags: 1, traces: COUPLING_MILLISECONDS, logTraces: [] };

/** Features a unit has in a bank. */
export function featureCount(spec: TraceBankSpec): number {
  return spec.lags + spec.traces.length + spec.logTraces.length;
}

/** Names in column order, for reports. */
export function featureNames(spec: TraceBankSpec): readonly string[] {
  return [
    ...Array.from({ length: spec.lags }, (_, k) => `lag ${k + 1}`),
    ...spec.traces.map((tau) => `trace ${tau} ms`),
    ...spec.logTraces.map((tau) => `log trace ${tau} ms`),
  ];
}

/** Features after the last step, for the bin that follows it. Axis order (features, units). */
export class TraceBank implements CausalScan {
  readonly features: Float32Array;
  readonly count: number;
  readonly #units: number;
  readonly #lags: number;
  readonly #decays: readonly number[];
  readonly #logDecays: readonly number[];
  readonly #slow: Float32Array;

  constructor(spec: TraceBankSpec, units: number, binMilliseconds: number) {
    this.#units = units;
    this.#lags = spec.lags;
    this.#decays = spec.traces.map((tau) => Math.exp(-binMilliseconds / tau));
    this.#logDecays = spec.logTraces.map((tau) => Math.exp(-binMilliseconds / tau));
    this.count = featureCount(spec);
    this.features = new Float32Array(this.count * units);
    this.#slow = new Float32Array(spec.logTraces.length * units);
  }

  reset(): void {
    this.features.fill(0);
    this.#slow.fill(0);
  }

  step(spikes: Float32Array): void {
    const { features } = this;
    const units = this.#units;
    const lags = this.#lags;
    if (lags > 0) {
      features.copyWithin(units, 0, (lags - 1) * units);
      for (let u = 0; u < units; u++) features[u] = spikes[u];
    }
    let at = lags * units;
    for (const decay of this.#decays) {
      for (let u = 0; u < units; u++, at++) {
        const kept = features[at] * decay;
        features[at] = (kept < SILENCE ? 0 : kept) + spikes[u];
      }
    }
    let slowAt = 0;
    for (const decay of this.#logDecays) {
      for (let u = 0; u < units; u++, at++, slowAt++) {
        const kept = this.#slow[slowAt] * decay;
        const trace = Math.fround((kept < SILENCE ? 0 : kept) + spikes[u]);
        this.#slow[slowAt] = trace;
        features[at] = trace === 0 ? 0 : Math.log(1 + trace);
      }
    }
  }
}

/** A bank over the number of units that fire in a bin: the population's lags and traces. */
export class PopulationBank implements CausalScan {
  readonly bank: TraceBank;
  readonly #count = new Float32Array(1);

  constructor(spec: TraceBankSpec, binMilliseconds: number) {
    this.bank = new TraceBank(spec, 1, binMilliseconds);
  }

  reset(): void {
    this.bank.reset();
  }

  step(spikes: Float32Array): void {
    let count = 0;
    for (let u = 0; u < spikes.length; u++) count += spikes[u];
    this.#count[0] = count;
    this.bank.step(this.#count);
  }
}
