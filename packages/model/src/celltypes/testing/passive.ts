// Closed-form responses of membranes without spikes: charging, with or without a slow current that makes the voltage sag back.

export interface Membrane {
  /** mV, GOhm, s. */
  readonly rest: number;
  readonly resistance: number;
  readonly tau: number;
  /** GOhm by which the slow current lowers the steady resistance, and its time constant; 0 for none. */
  readonly sag: number;
  readonly slowTau: number;
}

/** mV at t seconds after the begin of a step of `amplitude` pA that lasts `seconds`. */
export function passiveStep(membrane: Membrane, amplitude: number, seconds: number): (t: number) => number {
  const { rest, resistance, tau, sag, slowTau } = membrane;
  const on = (t: number): number =>
    t <= 0 ? 0 : amplitude * (resistance * (1 - Math.exp(-t / tau)) - sag * (1 - Math.exp(-t / slowTau)));
  return (t) => rest + on(t) - on(t - seconds);
}
