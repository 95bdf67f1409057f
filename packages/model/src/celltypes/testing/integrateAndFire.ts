// A leaky integrate-and-fire cell with pasted spikes, in closed form between its events: its voltage can be had at any sampling rate, and what it did is known.
import { SPIKE, waveformAt, waveformSeconds, type SpikeWaveform } from './spikeWaveform.ts';

/** Spikes begin on this grid of seconds, which every sampling rate of the tests holds. */
export const TICK = 1e-4;

export interface IntegrateAndFire {
  /** mV, GOhm, s. */
  readonly rest: number;
  readonly resistance: number;
  readonly tau: number;
  readonly threshold: number;
  readonly spike: SpikeWaveform;
  /** mV by which the trough of each further spike is deeper: intervals grow. */
  readonly deepening: number;
}

export const CELL: IntegrateAndFire = {
  rest: -70,
  resistance: 0.2,
  tau: 0.02,
  threshold: -45,
  spike: SPIKE,
  deepening: 0.25,
};

/** A current in pA over time, from 0 s on: a step, or a ramp when `slope` (pA/s) is given, that ends after `seconds`. */
export interface Injection {
  readonly step: number;
  readonly slope: number;
  readonly seconds: number;
}

export interface KnownSpike {
  /** Seconds from the stimulus's begin. */
  readonly onset: number;
  /** mV at the onset, which the tick lets overshoot the threshold a little. */
  readonly base: number;
  readonly shape: SpikeWaveform;
}

export interface Simulated {
  /** mV at t seconds after the stimulus's begin; before it the cell is at rest. */
  readonly voltageAt: (t: number) => number;
  readonly spikes: readonly KnownSpike[];
}

/** What the cell does. Spikes that begin before the injection ends run their course after it. */
export function integrateAndFire(injection: Injection, cell: IntegrateAndFire = CELL): Simulated {
  const { rest, resistance, tau, threshold, deepening } = cell;
  const { step, slope, seconds } = injection;
  /** The voltage that the membrane follows under the injection once its own past has faded. */
  const followed = (t: number): number => rest + resistance * (step + slope * (t - tau));
  const pieces: { from: number; at: (t: number) => number }[] = [];
  const spikes: KnownSpike[] = [];
  let from = 0;
  let voltage = rest;
  while (from < seconds) {
    const begin = from;
    const gap = voltage - followed(begin);
    const charging = (t: number): number => followed(t) + gap * Math.exp(-(t - begin) / tau);
    pieces.push({ from: begin, at: charging });
    const onset = firstAbove(charging, threshold, begin, seconds);
    if (onset === undefined) {
      voltage = charging(seconds);
      from = seconds;
      break;
    }
    const base = charging(onset);
    const shape = { ...cell.spike, trough: cell.spike.trough - deepening * spikes.length };
    spikes.push({ onset, base, shape });
    pieces.push({ from: onset, at: (t) => base + waveformAt(shape, t - onset) });
    from = onset + waveformSeconds(shape);
    voltage = base + shape.trough;
  }
  const last = voltage;
  const released = from;
  pieces.push({
    from: released,
    at: (t) => rest + (last - rest) * Math.exp(-(t - released) / tau),
  });
  // Where the last time asked for was: times mostly come in order.
  let k = 0;
  const voltageAt = (t: number): number => {
    if (t < 0) return rest;
    while (k > 0 && pieces[k].from > t + 1e-12) k--;
    while (k + 1 < pieces.length && pieces[k + 1].from <= t + 1e-12) k++;
    return pieces[k].at(t);
  };
  return { voltageAt, spikes };
}

/** First tick at which a course that only rises through the level is above it, before `to`. */
function firstAbove(
  course: (t: number) => number,
  level: number,
  from: number,
  to: number,
): number | undefined {
  for (let tick = Math.ceil(from / TICK - 1e-9); tick * TICK < to - 1e-12; tick++)
    if (course(tick * TICK) >= level) return tick * TICK;
  return undefined;
}
