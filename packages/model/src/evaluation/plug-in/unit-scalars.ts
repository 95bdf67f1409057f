// What is known of each unit before a bin, as a few numbers: the scalars that the tables of a target's statistics are over.
import type { CausalScan } from '../features/cursor.ts';
import { SILENCE } from '../features/trace-bank.ts';

/** Time constants of the traces that are kept, milliseconds. */
export interface ScalarSpec {
  /** Of the unit's own spikes. */
  readonly own: readonly number[];
  /** Of the number of units that fire in a bin. */
  readonly population: readonly number[];
}

/** Edges between short, middling and long previous intervals, in mean intervals. */
const INTERVAL_EDGES = [0.15, 0.7] as const;
export const INTERVAL_CLASSES = INTERVAL_EDGES.length + 1;

/** Scalars for the bin after the last step. With no past, traces stand at what the rates lead one to expect. */
export class UnitScalars implements CausalScan {
  /** (units) bins since the last spike: 1 in the bin after it; since the start of the past where there was none. */
  readonly age: Float32Array;
  /** (units) class of the interval before the last spike, 0 ... INTERVAL_CLASSES - 1; of a mean one where none is known. */
  readonly intervalClass: Uint8Array;
  /** (own traces, units) */
  readonly own: Float32Array;
  /** (own traces, units) what the unit's rate leads one to expect of each. */
  readonly ownExpected: Float32Array;
  /** (population traces) */
  readonly population: Float64Array;
  readonly populationExpected: Float64Array;
  readonly #rates: Float64Array;
  readonly #fired: Uint8Array;
  readonly #ownDecays: readonly number[];
  readonly #populationDecays: readonly number[];

  /** `rates`: (units) probability per bin. */
  constructor(rates: Float64Array, binMilliseconds: number, spec: ScalarSpec) {
    const units = rates.length;
    const decay = (tau: number): number => Math.exp(-binMilliseconds / tau);
    this.#rates = rates;
    this.#ownDecays = spec.own.map(decay);
    this.#populationDecays = spec.population.map(decay);
    this.age = new Float32Array(units);
    this.intervalClass = new Uint8Array(units);
    this.ownExpected = new Float32Array(spec.own.length * units);
    this.#ownDecays.forEach((kept, k) =>
      this.ownExpected.set(
        rates.map((rate) => rate / (1 - kept)),
        k * units,
      ),
    );
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    this.populationExpected = Float64Array.from(this.#populationDecays, (kept) => total / (1 - kept));
    this.own = new Float32Array(this.ownExpected.length);
    this.population = new Float64Array(this.populationExpected.length);
    this.#fired = new Uint8Array(units);
    this.reset();
  }

  reset(): void {
    this.age.fill(1);
    this.#fired.fill(0);
    this.intervalClass.fill(classOf(1));
    this.own.set(this.ownExpected);
    this.population.set(this.populationExpected);
  }

  step(spikes: Float32Array): void {
    const { age, own, population } = this;
    const units = spikes.length;
    let at = 0;
    for (const decay of this.#ownDecays)
      for (let u = 0; u < units; u++, at++) {
        const kept = own[at] * decay;
        own[at] = (kept < SILENCE ? 0 : kept) + spikes[u];
      }
    let count = 0;
    for (let u = 0; u < units; u++) {
      if (spikes[u] === 0) {
        age[u]++;
        continue;
      }
      count++;
      // The time before the first spike is no interval.
      if (this.#fired[u] === 1) this.intervalClass[u] = classOf(age[u] * this.#rates[u]);
      this.#fired[u] = 1;
      age[u] = 1;
    }
    this.#populationDecays.forEach((decay, k) => (population[k] = population[k] * decay + count));
  }
}

/** Class of an interval, given in mean intervals. */
function classOf(interval: number): number {
  let cls = 0;
  for (const edge of INTERVAL_EDGES) if (interval >= edge) cls++;
  return cls;
}
