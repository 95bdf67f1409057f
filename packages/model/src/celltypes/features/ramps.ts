// All ramps of a cell together: their spikes from the ramp's begin to the end of the recording.
import type { RecordedSweep } from './recorded-sweep.ts';
import { findSpikes } from './spike-shape.ts';
import type { Spike } from './types.ts';
import { voltageDerivative } from './voltage-derivative.ts';

export interface Ramp {
  readonly recorded: RecordedSweep;
  readonly spikes: readonly Spike[];
}

export interface Ramps {
  readonly sweeps: readonly Ramp[];
  readonly spiking: readonly Ramp[];
}

export function analyseRamps(recorded: readonly RecordedSweep[]): Ramps {
  const sweeps = recorded.map((sweep) => {
    const { voltage, samplingRate, start } = sweep;
    const window = { from: start, to: voltage.length - 1 };
    return { recorded: sweep, spikes: findSpikes(sweep, voltageDerivative(voltage, samplingRate), window) };
  });
  return { sweeps, spiking: sweeps.filter(({ spikes }) => spikes.length > 0) };
}
