// Current-clamp sweeps of one cell, and what was injected in each.

/** One current-clamp sweep on one clock. */
export interface Sweep {
  /** As the file numbers it. */
  readonly number: number;
  /** Samples per second. */
  readonly samplingRate: number;
  /** Membrane potential in mV, as recorded (no correction of the liquid junction). NaN where nothing was recorded. */
  readonly voltage: Float64Array;
  /** Injected current in pA, as many samples as `voltage`. */
  readonly current: Float64Array;
}

export type StimulusShape = 'short-square' | 'long-square' | 'ramp' | 'other';

/** What is injected in a sweep, after its test pulse. Times in seconds from the sweep's first sample. */
export interface Stimulus {
  readonly shape: StimulusShape;
  /** pA above the holding current: the step's, or the ramp's at its end. */
  readonly amplitude: number;
  readonly start: number;
  /** Where the injection ends; for a ramp cut short by the experimenter, where it was cut. */
  readonly stop: number;
  /** Why the shape is `other`, in a plain sentence. */
  readonly reason?: string;
  /** A short step before the stimulus that probes the electrode, where there is one. */
  readonly testPulse?: { readonly start: number; readonly stop: number; readonly amplitude: number };
}

/** A sweep with its stimulus: what features are taken from. */
export interface StimulatedSweep {
  readonly sweep: Sweep;
  readonly stimulus: Stimulus;
}

/** What a file says of one sweep before its samples are read. */
export interface SweepHeader {
  readonly number: number;
  /** Name or code of the stimulus in the file (`X1PS_SupraThresh_DA_0`), where it gives one. */
  readonly stimulusName?: string;
  readonly samplingRate: number;
  readonly samples: number;
  /** Mega-ohm; what the amplifier was told of the electrode, where the file has it. */
  readonly bridgeBalance?: number;
  /** Holding current in pA, where the file has it. */
  readonly holdingCurrent?: number;
  /** pF; what the amplifier was told of the electrode's capacitance, where the file has it. */
  readonly capacitanceCompensation?: number;
  /** Where the file says that a test pulse lies, with its baselines. Seconds from the sweep's first sample. */
  readonly testPulse?: { readonly start: number; readonly stop: number };
}

/** What the experimenter measured of the electrode between the sweeps, for the quality of the cell. */
export type ElectrodeTestKind = 'bath' | 'seal' | 'break-in' | 'blowout';

/** A sweep that probes the electrode: in voltage clamp `voltage` is the command and `current` the response. */
export interface ElectrodeTest {
  readonly kind: ElectrodeTestKind;
  readonly number: number;
  /** @throws E_SWEEP_*, E_HDF5_* where the samples cannot be read. */
  read(): Sweep;
}

/** The current-clamp sweeps of one cell. Samples are read one sweep at a time. */
export interface SweepSet {
  /** Name of the cell: what the file says, or the file's own name. */
  readonly cell: string;
  /** The subject's id: cells of one donor share it. */
  readonly donor?: string;
  /** As the file spells it. */
  readonly species?: string;
  readonly genotype?: string;
  readonly headers: readonly SweepHeader[];
  /** Sweeps that could not even be listed, each with why. */
  readonly rejected: readonly Rejection[];
  /** Absent where the file has none: the cell's seal and access are then not judged. */
  readonly electrodeTests?: readonly ElectrodeTest[];
  /** @throws E_SWEEP_* where the samples of this sweep cannot be read. */
  read(index: number): Sweep;
  close(): void;
}

/** A sweep or a feature that is left out, and why, in a sentence a person reads. */
export interface Rejection {
  readonly sweep?: number;
  /** Stable and short: `noise`, `vm-drift`, `truncated` ... */
  readonly code: string;
  readonly reason: string;
}
