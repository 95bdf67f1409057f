// What a user states of sweeps because the file is silent. Never guessed.
import type { Quantity } from './units.ts';

export interface SweepOptions {
  /** NWB: the electrode to take where a file holds several; each is a cell of its own. */
  readonly electrode?: string;
  /** Samples per second of traces without times. */
  readonly samplingRate?: number;
  /** Units of columns or arrays that do not say theirs. */
  readonly units?: Partial<Readonly<Record<Quantity, string>>>;
  /** npy: the file of injected currents beside the voltages, of the same shape. */
  readonly currentFile?: string;
  /** npy: the file of step amplitudes beside the voltages, one a sweep, with `step`. */
  readonly amplitudeFile?: string;
  /** When the step of `amplitudeFile` is on, seconds from the first sample. */
  readonly step?: { readonly start: number; readonly stop: number };
}
