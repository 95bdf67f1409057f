// The limits of quality control: those of IPFX (ipfx/defaults/qc_criteria.json, "Ephys QC Criteria v1.1"), and how a value is held
// against one.
import type { Rejection } from './types.ts';

export interface QualityLimits {
  /** mV RMS over 1.5 ms, before the stimulus and at the end of the sweep. */
  readonly preNoise: number;
  readonly postNoise: number;
  /** mV RMS over the 0.5 s before the stimulus. */
  readonly slowNoise: number;
  /** mV between the mean before the stimulus and that of the last 0.5 s. */
  readonly vmDelta: number;
  /** pA either way: the current that holds the cell. */
  readonly holding: number;
  /** pA either way, in the bath. */
  readonly electrode0: number;
  /** Giga-ohm. */
  readonly seal: number;
  /** Mega-ohm, least and most. */
  readonly accessMin: number;
  readonly accessMax: number;
  /** Access over input resistance. */
  readonly accessRatio: number;
  /** mV either way, after the patch is blown out. */
  readonly blowout: number;
}

export const IPFX_LIMITS: QualityLimits = {
  preNoise: 0.07,
  postNoise: 0.07,
  slowNoise: 0.5,
  vmDelta: 1,
  holding: 100,
  electrode0: 200,
  seal: 1,
  accessMin: 1,
  accessMax: 20,
  accessRatio: 0.15,
  blowout: 10,
};

export type QualityVerdict = 'passed' | 'failed' | 'not-judged';

/** One measure held against its limit. */
export interface QualityCheck {
  /** `pre-noise`, `post-noise`, `slow-noise`, `vm-drift`, `truncated`, `holding`; for cells `electrode-0`, `seal`, `access`, `access-ratio`, `blowout`. */
  readonly code: string;
  readonly verdict: QualityVerdict;
  /** Absent where it could not be measured. */
  readonly value?: number;
  readonly unit: string;
  /** What was measured and what is allowed, or why nothing was. */
  readonly reason: string;
}

/** A measure with its limits; `undefined` as value with the reason in `absent`. */
export interface Measured {
  readonly code: string;
  readonly what: string;
  readonly unit: string;
  readonly value: number | undefined;
  readonly absent: string;
  readonly least?: number;
  readonly most?: number;
}

export function judge({ code, what, unit, value, absent, least, most }: Measured): QualityCheck {
  if (value === undefined || !Number.isFinite(value))
    return { code, verdict: 'not-judged', unit, reason: `${what} is not judged: ${absent}.` };
  const space = unit === '' ? '' : ' ';
  const allowed =
    least === undefined
      ? `at most ${most ?? NaN}${space}${unit}`
      : most === undefined
        ? `at least ${least}${space}${unit}`
        : `${least} to ${most}${space}${unit}`;
  const failed = (least !== undefined && value < least) || (most !== undefined && value > most);
  return {
    code,
    verdict: failed ? 'failed' : 'passed',
    value,
    unit,
    reason: `${what} is ${shown(value)}${space}${unit}; ${allowed} ${failed ? 'is allowed' : 'is asked for'}.`,
  };
}

/** The checks that failed, as rejections of a sweep or (without one) of a cell. */
export function failures(checks: readonly QualityCheck[], sweep?: number): Rejection[] {
  return checks
    .filter(({ verdict }) => verdict === 'failed')
    .map(({ code, reason }) => ({ ...(sweep === undefined ? {} : { sweep }), code, reason }));
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}
