// Sweeps from a known voltage: sampled at any rate, with noise where a test asks for it.
import { RandomStream } from '../../engine/random.ts';
import type { StimulatedSweep, StimulusShape } from '../sweeps/types.ts';
import {
  integrateAndFire,
  type Injection,
  type IntegrateAndFire,
  type Simulated,
} from './integrateAndFire.ts';

/** Seconds before and after each stimulus. */
export const LEAD = 0.3;
export const TAIL = 0.3;

export interface Protocol {
  readonly shape: StimulusShape;
  readonly injection: Injection;
}

export interface SampledOptions {
  readonly samplingRate: number;
  /** mV of white noise. */
  readonly noise?: number;
  readonly number?: number;
  readonly tail?: number;
}

/** A sweep of the voltage a cell is known to have. */
export function sampledSweep(
  voltageAt: (t: number) => number,
  { shape, injection }: Protocol,
  { samplingRate, noise = 0, number = 0, tail = TAIL }: SampledOptions,
): StimulatedSweep {
  const { step, slope, seconds } = injection;
  const start = Math.round(LEAD * samplingRate);
  const stop = start + Math.round(seconds * samplingRate);
  const n = stop + Math.round(tail * samplingRate);
  const voltage = new Float64Array(n);
  const current = new Float64Array(n);
  const random = new RandomStream(number + 1, 0);
  for (let i = 0; i < n; i++) {
    const t = (i - start) / samplingRate;
    voltage[i] = voltageAt(t) + (noise > 0 ? noise * random.normal() : 0);
    if (i >= start && i < stop) current[i] = step + slope * t;
  }
  return {
    sweep: { number, samplingRate, voltage, current },
    stimulus: {
      shape,
      amplitude: step + slope * seconds,
      start: start / samplingRate,
      stop: stop / samplingRate,
    },
  };
}

export const longSquare = (amplitude: number, seconds = 1): Protocol => ({
  shape: 'long-square',
  injection: { step: amplitude, slope: 0, seconds },
});
export const shortSquare = (amplitude: number): Protocol => ({
  shape: 'short-square',
  injection: { step: amplitude, slope: 0, seconds: 0.003 },
});
export const ramp = (slope: number, seconds: number): Protocol => ({
  shape: 'ramp',
  injection: { step: 0, slope, seconds },
});

export interface KnownSweep extends Simulated {
  readonly protocol: Protocol;
  readonly sweep: StimulatedSweep;
}

/** What the integrate-and-fire cell does under each protocol, and the sweeps of it. */
export function knownSweeps(
  protocols: readonly Protocol[],
  options: SampledOptions,
  cell?: IntegrateAndFire,
): KnownSweep[] {
  return protocols.map((protocol, k) => {
    const simulated = integrateAndFire(protocol.injection, cell);
    const sweep = sampledSweep(simulated.voltageAt, protocol, { ...options, number: k });
    return { ...simulated, protocol, sweep };
  });
}
