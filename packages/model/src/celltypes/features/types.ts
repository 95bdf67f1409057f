// What is taken from one cell: thirteen vectors of fixed length, the scalars of feature-list.ts, and the spikes they rest on.
import type { Rejection, StimulusShape } from '../sweeps/types.ts';

export interface FamilyDefinition {
  readonly name: string;
  /** What is set side by side in the vector: protocols, amplitudes in pA, or amplitudes above rheobase. */
  readonly parts: readonly string[];
  /** Values of one part; the vector holds `parts.length * points`. */
  readonly points: number;
  readonly unit: string;
  readonly content: string;
}

const PROTOCOLS = ['short square', 'long square', 'ramp'] as const;
const STEPS = ['-90 pA', '-70 pA', '-50 pA', '-30 pA', '-10 pA'] as const;
const LEVELS = ['+0 pA', '+20 pA', '+40 pA', '+60 pA', '+80 pA', '+100 pA'] as const;

/** The feature vectors of Gouwens et al. (2020) as IPFX defines them, in the order of its documentation. */
export const FAMILIES = [
  {
    name: 'first_ap_v',
    parts: PROTOCOLS,
    points: 150,
    unit: 'mV',
    content: 'first spike, 3 ms from its threshold at 50 kHz',
  },
  {
    name: 'first_ap_dv',
    parts: PROTOCOLS,
    points: 149,
    unit: 'mV',
    content: 'differences between the points of first_ap_v',
  },
  {
    name: 'isi_shape',
    parts: ['mean interval'],
    points: 100,
    unit: 'mV',
    content: 'voltage from fast trough to next threshold above the threshold before, duration normalised',
  },
  {
    name: 'step_subthresh',
    parts: STEPS,
    points: 140,
    unit: 'mV',
    content: 'voltage in 10 ms bins from 0.2 s before to 0.2 s after hyperpolarising steps',
  },
  {
    name: 'subthresh_norm',
    parts: ['nearest to -101 pA'],
    points: 140,
    unit: '',
    content: 'the step nearest to -101 pA, baseline removed, divided by its peak deflection',
  },
  {
    name: 'inst_freq',
    parts: LEVELS,
    points: 50,
    unit: 'Hz',
    content: 'instantaneous rate in 20 ms bins',
  },
  {
    name: 'spiking_upstroke_downstroke_ratio',
    parts: LEVELS,
    points: 50,
    unit: '',
    content: 'maximum upstroke over maximum downstroke of the spikes in 20 ms bins',
  },
  {
    name: 'spiking_peak_v',
    parts: LEVELS,
    points: 50,
    unit: 'mV',
    content: 'peaks of the spikes in 20 ms bins',
  },
  {
    name: 'spiking_fast_trough_v',
    parts: LEVELS,
    points: 50,
    unit: 'mV',
    content: 'fast troughs of the spikes in 20 ms bins',
  },
  {
    name: 'spiking_threshold_v',
    parts: LEVELS,
    points: 50,
    unit: 'mV',
    content: 'thresholds of the spikes in 20 ms bins',
  },
  {
    name: 'spiking_width',
    parts: LEVELS,
    points: 50,
    unit: 's',
    content: 'widths of the spikes at half height in 20 ms bins',
  },
  { name: 'psth', parts: LEVELS, points: 20, unit: 'Hz', content: 'rate in 50 ms bins' },
  {
    name: 'inst_freq_norm',
    parts: LEVELS,
    points: 50,
    unit: '',
    content: 'inst_freq of each sweep divided by its maximum',
  },
] as const satisfies readonly FamilyDefinition[];

export type FamilyName = (typeof FAMILIES)[number]['name'];

/** Numbers in the vector of each family. */
export const FAMILY_LENGTH = Object.fromEntries(
  FAMILIES.map((family) => [family.name, family.parts.length * family.points]),
) as Readonly<Record<FamilyName, number>>;

/** One action potential. Indices count the samples of the sweep; what could not be measured is NaN. */
export interface Spike {
  readonly thresholdIndex: number;
  readonly peakIndex: number;
  readonly troughIndex: number;
  readonly fastTroughIndex: number;
  /** mV: where the upstroke begins, the highest sample, the lowest before the next spike, and where the downstroke ends. */
  readonly threshold: number;
  readonly peak: number;
  readonly trough: number;
  readonly fastTrough: number;
  /** pA above holding at the threshold. */
  readonly thresholdCurrent: number;
  /** Steepest rise and steepest (negative) fall in V/s. */
  readonly upstroke: number;
  readonly downstroke: number;
  /** Seconds at half the height between peak and fast trough. */
  readonly width: number;
  /** Cut by the end of the window: what follows its peak is not to be trusted. */
  readonly clipped: boolean;
}

/** What was found in one sweep that was used. */
export interface SweepSpikes {
  readonly number: number;
  readonly shape: StimulusShape;
  readonly amplitude: number;
  readonly samplingRate: number;
  readonly spikes: readonly Spike[];
}

export interface FamilyRejection extends Rejection {
  readonly family: FamilyName;
}

export interface CellFeatures {
  /**
   * Vectors of FAMILY_LENGTH numbers. A family that could not be computed is not there and has its reason in `absent`. Parts of
   * first_ap_v and first_ap_dv whose protocol is missing are NaN, with their reason in `absent` too.
   */
  readonly families: Readonly<Partial<Record<FamilyName, Float64Array>>>;
  readonly absent: readonly FamilyRejection[];
  /** One number for each entry of FEATURES, in its order; NaN where it could not be computed. */
  readonly scalars: Float64Array;
  /** The sweeps that were used, in the order given, with their spikes. */
  readonly sweeps: readonly SweepSpikes[];
  /** Sweeps that were left out, and protocols that are missing, each with why. */
  readonly rejected: readonly Rejection[];
  /** Plain sentences on what was filled in from neighbouring amplitudes. */
  readonly notes: readonly string[];
}

/** 1 for each of FAMILIES that is there in full, else 0. */
export function familyMask(cell: CellFeatures): Uint8Array {
  return Uint8Array.from(FAMILIES, ({ name }) => {
    const values = cell.families[name];
    return values !== undefined && values.every(Number.isFinite) ? 1 : 0;
  });
}
