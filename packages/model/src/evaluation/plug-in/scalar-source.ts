// What tables are over: a few numbers a unit that are known before a bin, by place.
import type { UnitScalars } from './unit-scalars.ts';

/** Scalars in the order of tables: age (the hazard), own traces, population traces, then one a kind of pair trace. */
export const HAZARD = 0;
export const FIRST_OWN = 1;

/** The scalars of every unit before one bin. */
export interface ScalarSource {
  readonly scalars: UnitScalars;
  /** A scalar of a unit, a float32. */
  value(scalar: number, unit: number): number;
  /** The class that a table of this scalar is split by; 0 where it is not. */
  cls(scalar: number, unit: number): number;
}
