// Sweeps of a made-up passive cell under a protocol like the Allen Institute's, for tests: every number of them is known.
import type { Sweep } from '../types.ts';

export interface Injection {
  readonly shape: 'step' | 'ramp' | 'none';
  /** pA; of a ramp at its end. */
  readonly amplitude: number;
  readonly start: number;
  readonly stop: number;
}

export interface SweepPlan {
  readonly injections: readonly Injection[];
  readonly seconds: number;
  readonly samplingRate?: number;
  /** A test pulse of -20 pA, 10 ms, from 30 ms on. */
  readonly testPulse?: boolean;
  /** RMS of white noise on the voltage, mV, and on the current, pA. */
  readonly voltageNoise?: number;
  readonly currentNoise?: number;
  /** mV that the resting potential drifts over the sweep. */
  readonly drift?: number;
  /** Holding current in the trace, pA. */
  readonly holding?: number;
  readonly seed?: number;
}

export const REST = -70;
export const RESISTANCE_MOHM = 150;
export const TAU = 0.012;
export const TEST_PULSE = { shape: 'step', amplitude: -20, start: 0.03, stop: 0.04 } as const;

export const step = (amplitude: number, start: number, stop: number): Injection => ({
  shape: 'step',
  amplitude,
  start,
  stop,
});
export const ramp = (amplitude: number, start: number, stop: number): Injection => ({
  shape: 'ramp',
  amplitude,
  start,
  stop,
});

/** Long square as in the Allen protocol: 1 s from 0.7 s on, half a second of rest around it. */
export const longSquare = (amplitude: number, more: Partial<SweepPlan> = {}): SweepPlan => ({
  injections: [step(amplitude, 0.7, 1.7)],
  seconds: 2.3,
  ...more,
});
export const shortSquare = (amplitude: number, more: Partial<SweepPlan> = {}): SweepPlan => ({
  injections: [step(amplitude, 0.7, 0.703)],
  seconds: 1.3,
  ...more,
});
export const slowRamp = (amplitude: number, more: Partial<SweepPlan> = {}): SweepPlan => ({
  injections: [ramp(amplitude, 0.7, 2.7)],
  seconds: 2.8,
  ...more,
});

/** The sweep of a plan: a membrane of one resistance and one time constant. */
export function planned(number: number, plan: SweepPlan): Sweep {
  const fs = plan.samplingRate ?? 20_000;
  const samples = Math.round(plan.seconds * fs);
  const command = new Float64Array(samples);
  const all = plan.testPulse === false ? plan.injections : [TEST_PULSE, ...plan.injections];
  for (const { shape, amplitude, start, stop } of all) {
    const [from, to] = [start, stop].map((seconds) => Math.round(seconds * fs));
    if (shape === 'none') continue;
    for (let i = from; i < Math.min(to, samples); i++) {
      command[i] = shape === 'step' ? amplitude : (amplitude * (i - from)) / (to - 1 - from);
    }
  }
  const normal = gaussian(plan.seed ?? number + 1);
  const noise = (deviation = 0) => (deviation === 0 ? 0 : deviation * normal());
  const voltage = new Float64Array(samples);
  let deflection = 0;
  for (let i = 0; i < samples; i++) {
    deflection += ((command[i] * RESISTANCE_MOHM) / 1000 - deflection) * (1 - Math.exp(-1 / (fs * TAU)));
    voltage[i] = REST + deflection + ((plan.drift ?? 0) * i) / samples + noise(plan.voltageNoise);
  }
  const current = command.map((pA) => pA + (plan.holding ?? 0) + noise(plan.currentNoise));
  return { number, samplingRate: fs, voltage, current };
}

/** Standard normal numbers from a seed. */
export function gaussian(seed: number): () => number {
  const uniform = random(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
