// Quality of the cell, from the sweeps that probe the electrode (IPFX, qc_features): what a file does not offer is not judged, and
// never a reason to lose the cell.
import { SpikebridgeError } from '../../errors.ts';
import type { QualityCheck, QualityLimits } from './quality-limits.ts';
import { IPFX_LIMITS, judge } from './quality-limits.ts';
import { recogniseStimulus } from './stimulus.ts';
import type { ElectrodeTestKind, Sweep, SweepSet } from './types.ts';

/** The first 5 ms in the bath are without a command. */
const BATH_SECONDS = 0.005;
const PULSE_WINDOW_SECONDS = 0.001;

/** Checks of electrode 0, seal, access and blow-out. */
export function cellQuality(
  set: Pick<SweepSet, 'electrodeTests'>,
  limits: QualityLimits = IPFX_LIMITS,
): QualityCheck[] {
  const bath = probe(set, 'bath', (sweep) =>
    mean(sweep.current, 0, Math.floor(BATH_SECONDS * sweep.samplingRate)),
  );
  const seal = probe(set, 'seal', (sweep) => pulseResistance(sweep, 'steady') / 1e3);
  const access = probe(set, 'break-in', (sweep) => pulseResistance(sweep, 'peak'));
  const input = probe(set, 'break-in', (sweep) => pulseResistance(sweep, 'steady'));
  const blowout = probe(set, 'blowout', voltageAfterTestPulse);
  const ratio =
    access.value === undefined || input.value === undefined ? undefined : access.value / input.value;
  return [
    judge({
      code: 'electrode-0',
      what: 'The current of the electrode in the bath',
      unit: 'pA',
      ...bath,
      least: -limits.electrode0,
      most: limits.electrode0,
    }),
    judge({ code: 'seal', what: 'The resistance of the seal', unit: 'GOhm', ...seal, least: limits.seal }),
    judge({
      code: 'access',
      what: 'The access resistance after break-in',
      unit: 'MOhm',
      ...access,
      least: limits.accessMin,
      most: limits.accessMax,
    }),
    judge({
      code: 'access-ratio',
      what: 'Access over input resistance',
      unit: '',
      value: ratio,
      absent: access.absent,
      most: limits.accessRatio,
    }),
    judge({
      code: 'blowout',
      what: 'The voltage after blow-out',
      unit: 'mV',
      ...blowout,
      least: -limits.blowout,
      most: limits.blowout,
    }),
  ];
}

/** Measures the last sweep of a kind, as IPFX does. */
function probe(
  { electrodeTests = [] }: Pick<SweepSet, 'electrodeTests'>,
  kind: ElectrodeTestKind,
  measure: (sweep: Sweep) => number | undefined,
): { value: number | undefined; absent: string } {
  const test = electrodeTests.filter((one) => one.kind === kind).at(-1);
  if (test === undefined) return { value: undefined, absent: `the file has no ${kind} sweep` };
  try {
    return {
      value: measure(test.read()),
      absent: `sweep ${test.number} (${kind}) holds no test pulse that can be measured`,
    };
  } catch (error) {
    if (!(error instanceof SpikebridgeError)) throw error;
    return {
      value: undefined,
      absent: `sweep ${test.number} (${kind}) cannot be read: ${error.message.replace(/\.$/, '')}`,
    };
  }
}

/**
 * Mean resistance in mega-ohm over the steps of a voltage command: from the current of the last millisecond of each step, or from its
 * peak. NaN where the command has no whole steps.
 */
function pulseResistance({ voltage, current, samplingRate }: Sweep, of: 'steady' | 'peak'): number {
  const ups: number[] = [];
  const downs: number[] = [];
  for (let i = 0; i + 1 < voltage.length; i++) {
    if (voltage[i + 1] > voltage[i]) ups.push(i);
    if (voltage[i + 1] < voltage[i]) downs.push(i);
  }
  const window = Math.max(1, Math.floor(PULSE_WINDOW_SECONDS * samplingRate));
  // A command that is no train of steps up and down again is none of these tests.
  if (
    ups.length === 0 ||
    ups.length !== downs.length ||
    ups.some((up, k) => up >= downs[k] || up < window + 1)
  )
    return NaN;
  const each = ups.map((up, k) => {
    const [baseVoltage, baseCurrent] = [voltage, current].map((trace) =>
      mean(trace, up - 1 - window, up - 1),
    );
    const end = downs[k] - 1;
    if (of === 'steady') {
      const [v, i] = [voltage, current].map((trace) => mean(trace, end - window, end));
      return (v - baseVoltage) / (i - baseCurrent);
    }
    let peak = up + 1;
    for (let i = peak; i < end; i++) if (current[i] > current[peak]) peak = i;
    return (voltage[peak] - baseVoltage) / (current[peak] - baseCurrent);
  });
  // mV over pA is giga-ohm.
  return 1e3 * mean(Float64Array.from(each), 0, each.length);
}

function voltageAfterTestPulse(sweep: Sweep): number | undefined {
  const { testPulse } = recogniseStimulus(sweep);
  if (testPulse === undefined) return undefined;
  // As much time after the pulse as before it belongs to it.
  const from = Math.round((testPulse.stop + testPulse.start) * sweep.samplingRate);
  let to = sweep.voltage.length;
  while (to > from && Number.isNaN(sweep.voltage[to - 1])) to--;
  return to > from ? mean(sweep.voltage, from, to) : undefined;
}

function mean(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += i < 0 ? NaN : values[i];
  return sum / (to - from);
}
