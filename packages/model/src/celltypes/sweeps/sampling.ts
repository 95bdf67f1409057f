// Sampling rates: which make sense for a membrane potential, and the rate of a column of times.
import type { Fault } from './faults.ts';

/** Samples per second; slower sees no spike, faster is no patch amplifier. */
export const MIN_RATE = 100;
export const MAX_RATE = 1e7;
/** Times of samples may be off a regular grid by this part of a step (and by the rounding of their print). */
const MAX_JITTER = 0.05;

export function isRate(rate: number): boolean {
  return rate >= MIN_RATE && rate <= MAX_RATE;
}

/** Samples per second of regular times (seconds); a fault where they are not on a grid. */
export function regularRate(times: Float64Array, samples: number, where: string): number | Fault {
  if (times.length !== samples || samples < 2) {
    return { code: 'rate', reason: `${where} has ${times.length} times for ${samples} samples.` };
  }
  const step = (times[samples - 1] - times[0]) / (samples - 1);
  for (let i = 0; i < samples; i++) {
    if (!(Math.abs(times[i] - (times[0] + i * step)) <= MAX_JITTER * step)) {
      return {
        code: 'irregular-time',
        reason: `${where} is not sampled regularly: time ${i} stands off a grid of ${step.toPrecision(4)} s.`,
      };
    }
  }
  const rate = 1 / step;
  if (!isRate(rate)) {
    return {
      code: 'rate',
      reason: `${where} gives a rate of ${rate}: ${MIN_RATE} to ${MAX_RATE} samples a second were expected.`,
    };
  }
  // Times printed with few digits: the nearest whole rate is meant where it is that near.
  const whole = Math.round(rate);
  return Math.abs(rate - whole) < 1e-4 * whole ? whole : rate;
}
