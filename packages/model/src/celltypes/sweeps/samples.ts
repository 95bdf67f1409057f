// What is done to the samples of every sweep, wherever they come from: padding becomes NaN, units that cannot be are refused.
import { SpikebridgeError } from '../../errors.ts';
import type { Sweep } from './types.ts';

/** A run of exact zeros at the end is padding from this length on (seconds). */
const PADDING_SECONDS = 0.001;
/** No membrane and no patch amplifier goes beyond these. */
const MAX_MILLIVOLTS = 1000;
const MAX_PICOAMPERES = 1e6;

/**
 * A sweep from its samples (mV, pA, equal lengths; taken over and changed in place). `recorded` is the trace that was acquired, whose
 * end may be padding: the other is a command.
 * @throws E_SWEEP_EMPTY where no sample was recorded, E_SWEEP_UNITS where the values cannot be mV and pA.
 */
export function finishSweep(sweep: Sweep, where: string, recorded: 'voltage' | 'current' = 'voltage'): Sweep {
  const { voltage, current, samplingRate } = sweep;
  onlyFinite(voltage);
  onlyFinite(current);
  padWithNaN(sweep[recorded], Math.max(2, Math.round(PADDING_SECONDS * samplingRate)));
  if (sweep[recorded].every(Number.isNaN)) {
    throw new SpikebridgeError(
      'E_SWEEP_EMPTY',
      `Sweep ${sweep.number} holds no recorded ${recorded}: it is all zeros or NaN.`,
      {
        where,
        fix: 'Leave the sweep out.',
      },
    );
  }
  refuseBeyond(voltage, MAX_MILLIVOLTS, 'mV', sweep.number, where);
  refuseBeyond(current, MAX_PICOAMPERES, 'pA', sweep.number, where);
  return sweep;
}

/** Acquisition that was stopped early leaves zeros (or NaN) behind the last recorded sample. */
function padWithNaN(values: Float64Array, least: number): void {
  let end = values.length;
  while (end > 0 && (values[end - 1] === 0 || Number.isNaN(values[end - 1]))) end--;
  if (values.length - end >= least) values.fill(NaN, end);
}

function onlyFinite(values: Float64Array): void {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) values[i] = NaN;
}

function refuseBeyond(values: Float64Array, limit: number, unit: string, sweep: number, where: string): void {
  let largest = 0;
  for (const value of values) if (Math.abs(value) > largest) largest = Math.abs(value);
  if (largest <= limit) return;
  throw new SpikebridgeError(
    'E_SWEEP_UNITS',
    `Sweep ${sweep} reaches ${largest.toPrecision(3)} ${unit}, beyond the ${limit} ${unit} that a patch amplifier gives: its unit or conversion is wrong.`,
    { where, fix: 'Correct the unit or the conversion of the series in the file.' },
  );
}
