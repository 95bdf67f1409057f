// Quality of one current-clamp sweep: the measures of IPFX (qc_feature_extractor, epochs) over the same windows. Apart from IPFX, a
// window before the stimulus never reaches back into the test pulse or before the first sample.
import type { QualityCheck, QualityLimits } from './quality-limits.ts';
import { IPFX_LIMITS, judge } from './quality-limits.ts';
import type { StimulatedSweep, SweepHeader } from './types.ts';

const NOISE_SECONDS = 0.0015;
/** Before the stimulus and after it. */
const STABILITY_SECONDS = 0.5;
/** What a membrane needs to come back after a test pulse, at the least. */
const RECOVERY_SECONDS = 0.05;

/** All checks of a sweep. After a ramp the membrane has no time to recover: what comes after it is not judged. */
export function sweepQuality(
  { sweep, stimulus }: StimulatedSweep,
  header: Pick<SweepHeader, 'holdingCurrent'> = {},
  limits: QualityLimits = IPFX_LIMITS,
): QualityCheck[] {
  const { voltage, samplingRate: fs } = sweep;
  const start = Math.round(stimulus.start * fs);
  const stop = Math.round(stimulus.stop * fs);
  let end = voltage.length;
  while (end > 0 && Number.isNaN(voltage[end - 1])) end--;

  const stability = Math.round(STABILITY_SECONDS * fs);
  const noise = Math.max(2, Math.floor(NOISE_SECONDS * fs));
  const test = stimulus.testPulse;
  const clear = test === undefined ? 0 : Math.round((test.stop + RECOVERY_SECONDS) * fs);
  const from = Math.max(start - stability, Math.min(clear, start), 0);
  const baseline = moments(voltage, from, Math.max(from, start - 1));
  const ramp = stimulus.shape === 'ramp';
  // One sample of grace: a sweep may end with the last sample of its half second.
  const truncated = end < stop + stability - 1;
  const after = ramp
    ? 'after a ramp the membrane has no time to recover'
    : `the sweep ends less than ${STABILITY_SECONDS} s after its stimulus`;
  const judgedAfter = !ramp && !truncated;
  const last = moments(voltage, end - stability, end);
  const unit = 'mV';
  return [
    {
      code: 'truncated',
      verdict: ramp ? 'not-judged' : truncated ? 'failed' : 'passed',
      value: (end - stop) / fs,
      unit: 's',
      reason: ramp
        ? 'The length of a ramp is not judged: it is cut when the cell fires.'
        : `The recording ends ${((end - stop) / fs).toFixed(3)} s after the stimulus; ${STABILITY_SECONDS} s are asked for.`,
    },
    judge({
      code: 'pre-noise',
      what: 'Noise (RMS over 1.5 ms) before the stimulus',
      unit,
      value: start - from < noise ? undefined : moments(voltage, from, from + noise)?.rms,
      absent: 'there is no baseline before the stimulus',
      most: limits.preNoise,
    }),
    judge({
      code: 'post-noise',
      what: 'Noise (RMS over 1.5 ms) at the end of the sweep',
      unit,
      value: judgedAfter ? moments(voltage, end - noise, end)?.rms : undefined,
      absent: after,
      most: limits.postNoise,
    }),
    judge({
      code: 'slow-noise',
      what: 'Slow noise (RMS over the half second before the stimulus)',
      unit,
      value: baseline?.rms,
      absent: 'there is no baseline before the stimulus',
      most: limits.slowNoise,
    }),
    judge({
      code: 'vm-drift',
      what: 'The drift of the membrane potential over the sweep',
      unit,
      value:
        judgedAfter && baseline !== undefined && last !== undefined
          ? Math.abs(last.mean - baseline.mean)
          : undefined,
      absent: judgedAfter ? 'there is no baseline before the stimulus' : after,
      most: limits.vmDelta,
    }),
    judge({
      code: 'holding',
      what: 'The holding current',
      unit: 'pA',
      value: header.holdingCurrent,
      absent: 'the file does not tell it',
      least: -limits.holding,
      most: limits.holding,
    }),
  ];
}

/** Mean and RMS about it of samples [from, to); undefined where one is missing. */
function moments(values: Float64Array, from: number, to: number): { mean: number; rms: number } | undefined {
  if (from < 0 || to - from < 2 || to > values.length) return undefined;
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i];
  const mean = sum / (to - from);
  let squares = 0;
  for (let i = from; i < to; i++) squares += (values[i] - mean) ** 2;
  return Number.isNaN(mean) ? undefined : { mean, rms: Math.sqrt(squares / (to - from)) };
}
