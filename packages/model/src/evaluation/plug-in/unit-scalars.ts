// What is known of each unit before a bin, as a few numbers: the scalars that the tables of a target's statistics are over.
import { exp } from '../../engine/elementary.ts';
import type { CausalScan } from '../features/cursor.ts';

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

/** Powers of a trace's decay that are looked up, by bins; later ones are computed. */
const POWERS = 4096;

/**
 * Scalars for the bin after the last step. With no past, traces stand at what the rates lead one to expect. A unit's own scalars
 * are kept as they stood at its last spike and carried on when they are asked for: a bin costs what fires in it.
 */
export class UnitScalars implements CausalScan {
  /** (units) class of the interval before the last spike, 0 ... INTERVAL_CLASSES - 1; of a mean one where none is known. */
  readonly intervalClass: Uint8Array;
  /** (own traces, units) what the unit's rate leads one to expect of each. */
  readonly ownExpected: Float64Array;
  /** (population traces) */
  readonly population: Float64Array;
  readonly populationExpected: Float64Array;
  readonly #units: number;
  readonly #rates: Float64Array;
  readonly #ownRates: readonly number[];
  /** (own traces, POWERS) */
  readonly #powers: Float64Array;
  readonly #populationDecays: readonly number[];
  /** (own traces, units) just after the bin of the last spike. */
  readonly #own: Float64Array;
  /** (units) bin of the last spike, -1 where there was none. */
  readonly #last: Int32Array;
  /** Bins since the start. */
  #bins = 0;

  /** `rates`: (units) probability per bin. */
  constructor(rates: Float64Array, binMilliseconds: number, spec: ScalarSpec) {
    const units = rates.length;
    this.#units = units;
    this.#rates = rates;
    this.#ownRates = spec.own.map((tau) => -binMilliseconds / tau);
    this.#powers = new Float64Array(spec.own.length * POWERS);
    this.#ownRates.forEach((rate, k) => {
      for (let bins = 0; bins < POWERS; bins++) this.#powers[k * POWERS + bins] = exp(rate * bins);
    });
    this.#populationDecays = spec.population.map((tau) => exp(-binMilliseconds / tau));
    this.intervalClass = new Uint8Array(units);
    this.ownExpected = new Float64Array(spec.own.length * units);
    this.#ownRates.forEach((rate, k) =>
      this.ownExpected.set(
        rates.map((p) => p / (1 - exp(rate))),
        k * units,
      ),
    );
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    this.populationExpected = Float64Array.from(this.#populationDecays, (kept) => total / (1 - kept));
    this.#own = new Float64Array(this.ownExpected.length);
    this.population = new Float64Array(this.populationExpected.length);
    this.#last = new Int32Array(units);
    this.reset();
  }

  reset(): void {
    this.#bins = 0;
    this.#last.fill(-1);
    this.intervalClass.fill(classOf(1));
    this.#own.set(this.ownExpected);
    this.population.set(this.populationExpected);
  }

  /** Bins since the last spike: 1 in the bin after it; since the start of the past, one more, where there was none. */
  age(unit: number): number {
    return this.#bins - this.#last[unit];
  }

  /** Own trace `k` of a unit. */
  own(k: number, unit: number): number {
    const passed = this.#bins - 1 - this.#last[unit];
    const kept = passed < POWERS ? this.#powers[k * POWERS + passed] : exp(this.#ownRates[k] * passed);
    return this.#own[k * this.#units + unit] * kept;
  }

  step(spikes: Float32Array): void {
    const { population } = this;
    const units = this.#units;
    let count = 0;
    for (let u = 0; u < units; u++) {
      if (spikes[u] === 0) continue;
      count++;
      for (let k = 0; k < this.#ownRates.length; k++)
        this.#own[k * units + u] = this.own(k, u) * this.#powers[k * POWERS + 1] + 1;
      // The time before the first spike is no interval.
      if (this.#last[u] >= 0) this.intervalClass[u] = classOf(this.age(u) * this.#rates[u]);
      this.#last[u] = this.#bins;
    }
    this.#bins++;
    for (let k = 0; k < population.length; k++)
      population[k] = population[k] * this.#populationDecays[k] + count;
  }
}

/** Class of an interval, given in mean intervals. */
function classOf(interval: number): number {
  let cls = 0;
  for (const edge of INTERVAL_EDGES) if (interval >= edge) cls++;
  return cls;
}
