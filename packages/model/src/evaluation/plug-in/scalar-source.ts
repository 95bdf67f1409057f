// What tables are over: a few numbers a unit that are known before a bin, by place.
import type { ScalarSpec, UnitScalars } from './unit-scalars.ts';

/** Scalars in the order of tables: age (the hazard), own traces, population traces, then one a kind of pair trace. */
export const HAZARD = 0;
export const FIRST_OWN = 1;

/** The scalars of every unit before one bin; whoever moves it to another bin says where that bin's pair scalars stand. */
export class ScalarSource {
  readonly scalars: UnitScalars;
  readonly #units: number;
  readonly #firstPopulation: number;
  readonly #firstPair: number;
  /** (..., kinds, units), and where the row of the bin begins. */
  protected pairs: Float32Array = new Float32Array(0);
  protected pairRow = 0;

  constructor(scalars: UnitScalars, { own, population }: ScalarSpec, units: number) {
    this.scalars = scalars;
    this.#units = units;
    this.#firstPopulation = FIRST_OWN + own.length;
    this.#firstPair = this.#firstPopulation + population.length;
  }

  /** A scalar of a unit, a float32. */
  value(scalar: number, unit: number): number {
    if (scalar === HAZARD) return this.scalars.age(unit);
    if (scalar < this.#firstPopulation) return Math.fround(this.scalars.own(scalar - FIRST_OWN, unit));
    if (scalar < this.#firstPair) return Math.fround(this.scalars.population[scalar - this.#firstPopulation]);
    return this.pairs[this.pairRow + (scalar - this.#firstPair) * this.#units + unit];
  }

  /** The class that a table of this scalar is split by; 0 where it is not. */
  cls(scalar: number, unit: number): number {
    return scalar === HAZARD ? this.scalars.intervalClass[unit] : 0;
  }
}
