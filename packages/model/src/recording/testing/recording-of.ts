// A recording from plain lists, for tests.
import { clockOf } from '@spikebridge/core-wasm';
import type { Recording, UnitInfo } from '../types.ts';

export interface PlainRecording {
  /** Ticks of each unit, sorted. */
  readonly trains: readonly (readonly number[])[];
  readonly fs: number;
  readonly observed: readonly (readonly [start: number, stop: number])[];
  /** Fields beside the id (u0, u1, ...). */
  readonly units?: readonly Partial<UnitInfo>[];
}

export function recordingOf({ trains, fs, observed, units = [] }: PlainRecording): Recording {
  const offsets = new Uint32Array(trains.length + 1);
  trains.forEach((train, u) => (offsets[u + 1] = offsets[u] + train.length));
  return {
    name: 'test',
    format: 'test',
    clock: clockOf(fs),
    units: trains.map((_, u) => ({ id: `u${u}`, ...units[u] })),
    times: Float64Array.from(trains.flat()),
    offsets,
    observed: observed.map(([start, stop]) => ({ start, stop })),
    assumptions: [],
    warnings: [],
  };
}
