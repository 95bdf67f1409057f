// Units of voltage, current and time as files spell them, and what turns each into mV, pA and seconds.

const VOLTAGE: Readonly<Record<string, number>> = {
  volts: 1e3,
  volt: 1e3,
  v: 1e3,
  millivolts: 1,
  millivolt: 1,
  mv: 1,
  microvolts: 1e-3,
  microvolt: 1e-3,
  uv: 1e-3,
};
const CURRENT: Readonly<Record<string, number>> = {
  amperes: 1e12,
  ampere: 1e12,
  amps: 1e12,
  amp: 1e12,
  a: 1e12,
  microamperes: 1e6,
  ua: 1e6,
  nanoamperes: 1e3,
  nanoamps: 1e3,
  na: 1e3,
  picoamperes: 1,
  picoamps: 1,
  pa: 1,
};
const TIME: Readonly<Record<string, number>> = {
  seconds: 1,
  second: 1,
  sec: 1,
  s: 1,
  milliseconds: 1e-3,
  ms: 1e-3,
  microseconds: 1e-6,
  us: 1e-6,
};

export type Quantity = 'voltage' | 'current' | 'time';

const TABLES = { voltage: VOLTAGE, current: CURRENT, time: TIME };

/** What a number in `unit` is multiplied by to be in mV, pA or seconds. Undefined for a unit of something else. */
export function unitFactor(quantity: Quantity, unit: string): number | undefined {
  const name = unit.trim().toLowerCase().replace(/[µμ]/g, 'u');
  return Object.hasOwn(TABLES[quantity], name) ? TABLES[quantity][name] : undefined;
}

/** Units that are understood, for messages. */
export function knownUnits(quantity: Quantity): string {
  return { voltage: 'V, mV, uV', current: 'A, uA, nA, pA', time: 's, ms, us' }[quantity];
}
