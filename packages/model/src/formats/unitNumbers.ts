// Whole numbers for units, for formats that know no other name of one.
import type { UnitInfo } from '../recording/types.ts';

/** The ids themselves where all are distinct whole numbers below 2^31, else 0, 1, ... in order. */
export function unitNumbers(units: readonly UnitInfo[]): Int32Array {
  const whole =
    units.every(({ id }) => /^(0|[1-9]\d{0,9})$/.test(id) && Number(id) < 2 ** 31) &&
    new Set(units.map(({ id }) => id)).size === units.length;
  return Int32Array.from(units, ({ id }, u) => (whole ? Number(id) : u));
}
