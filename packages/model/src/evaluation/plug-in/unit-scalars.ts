// What is known of each unit before a bin, as a few numbers: the scalars that the tables of a target's statistics are over.
import type { CausalScan } from '../features/cursor.ts';
import { SILENCE } from '../features/trace-bank.ts';

/** Time constant of the unit's own slow trace, milliseconds. */
export const OWN_MILLISECONDS = 2000;
/** Time constant of the trace of how many units fire, milliseconds. */
export const POPULATION_MILLISECONDS = 32;
/** Edges between short, middling and long previous intervals, in mean intervals. */
const INTERVAL_EDGES = [0.15, 0.7] as const;
export const INTERVAL_CLASSES = INTERVAL_EDGES.length + 1;

/** Scalars for the bin after the last step. With no past, traces stand at what the rates lead one to expect. */
export class UnitScalars implements CausalScan {
  /** (units) bins since the last spike: 1 in the bin after it; since the start of the past where there was none. */
  readonly age: Float32Array;
  /** (units) class of the interval before the last spike, 0 ... INTERVAL_CLASSES - 1; of a mean one where none is known. */
  readonly intervalClass: Uint8Array;
  /** (units) exponential trace of the unit's own spikes. */
  readonly own: Float32Array;
  /** The same of the number of units that fire in a bin. */
  population = 0;
  readonly #rates: Float64Array;
  readonly #fired: Uint8Array;
  readonly #ownDecay: number;
  readonly #populationDecay: number;

  /** `rates`: (units) probability per bin. */
  constructor(rates: Float64Array, binMilliseconds: number) {
    const units = rates.length;
    this.#rates = rates;
    this.age = new Float32Array(units);
    this.intervalClass = new Uint8Array(units);
    this.own = new Float32Array(units);
    this.#fired = new Uint8Array(units);
    this.#ownDecay = Math.exp(-binMilliseconds / OWN_MILLISECONDS);
    this.#populationDecay = Math.exp(-binMilliseconds / POPULATION_MILLISECONDS);
    this.reset();
  }

  reset(): void {
    const rates = this.#rates;
    this.age.fill(1);
    this.#fired.fill(0);
    this.intervalClass.fill(classOf(1));
    this.own.set(rates.map((rate) => rate / (1 - this.#ownDecay)));
    this.population = rates.reduce((sum, rate) => sum + rate, 0) / (1 - this.#populationDecay);
  }

  step(spikes: Float32Array): void {
    const { age, own } = this;
    let count = 0;
    for (let u = 0; u < spikes.length; u++) {
      const kept = own[u] * this.#ownDecay;
      own[u] = (kept < SILENCE ? 0 : kept) + spikes[u];
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
    this.population = this.population * this.#populationDecay + count;
  }
}

/** Class of an interval, given in mean intervals. */
function classOf(interval: number): number {
  let cls = 0;
  for (const edge of INTERVAL_EDGES) if (interval >= edge) cls++;
  return cls;
}
