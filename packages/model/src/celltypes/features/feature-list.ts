// The scalars of a cell, named as the columns of two published tables, each with its definition beside the line that computes it.
// Columns whose definition could not be established (chirps, areas, slopes after the spike ...) are not here, so that no model can rest on a guess.
import { meanFinite } from './array-search.ts';
import type { LongSquare, LongSquares } from './long-squares.ts';
import type { Ramps } from './ramps.ts';
import type { RecordedSweep } from './recorded-sweep.ts';
import type { ShortSquares } from './short-squares.ts';
import type { Spike } from './types.ts';

/** `mouse`: mouse visual cortex, Gouwens et al. (2020). `human`: human neocortical GABAergic cells, Lee, Dalley et al. (2023). */
export type ScalarTable = 'mouse' | 'human';

export interface FeatureDefinition {
  readonly table: ScalarTable;
  /** The table's column. */
  readonly name: string;
  /** The table's unit; '' for a ratio or an index. */
  readonly unit: string;
  readonly definition: string;
  /** Where the definition is from. */
  readonly source: string;
}

/** What the sweeps of a cell gave, by protocol; undefined where there was none. */
export interface CellAnalysis {
  readonly long: LongSquares | undefined;
  readonly short: ShortSquares | undefined;
  readonly ramps: Ramps | undefined;
}

interface Scalar extends FeatureDefinition {
  /** NaN where it cannot be had. */
  readonly of: (cell: CellAnalysis) => number;
}

const RECORD = 'cell feature record of IPFX';
const FLAT = 'flat table made from the cell features of IPFX';
/** The mouse table counts seconds from half a second before the stimulus. */
const BEFORE_STIMULUS = 0.5;
/** Spikes that the sweep for adaptation ratios must have, and which of them is held against the first. */
const RATIO_SPIKES = 5;
const RATIO_SPIKE = 3;

interface Measured {
  readonly recorded: RecordedSweep;
  readonly spikes: readonly Spike[];
}

/** Seconds of a sample on the mouse table's clock. */
const clock = ({ recorded }: Measured, index: number): number =>
  (index - recorded.start) / recorded.samplingRate + BEFORE_STIMULUS;
/** Mean over the first spikes of these sweeps; what one of them lacks is left out. */
const meanFirst = (
  sweeps: readonly Measured[] | undefined,
  of: (spike: Spike, sweep: Measured) => number,
): number =>
  meanFinite(
    (sweeps ?? []).flatMap((sweep) => (sweep.spikes.length > 0 ? [of(sweep.spikes[0], sweep)] : [])),
  );
const upDown = (spike: Spike): number => -spike.upstroke / spike.downstroke;

const mouse = (name: string, unit: string, definition: string, of: Scalar['of']): Scalar => ({
  table: 'mouse',
  name,
  unit,
  definition,
  source: RECORD,
  of,
});
const human = (name: string, unit: string, definition: string, of: Scalar['of']): Scalar => ({
  table: 'human',
  name,
  unit,
  definition,
  source: FLAT,
  of,
});

const long =
  (of: (long: LongSquares) => number): Scalar['of'] =>
  (cell) =>
    cell.long === undefined ? NaN : of(cell.long);
const rheobase = (of: (sweep: LongSquare) => number): Scalar['of'] =>
  long((analysis) => (analysis.rheobase === undefined ? NaN : of(analysis.rheobase)));
const hero = (of: (sweep: LongSquare) => number): Scalar['of'] =>
  long((analysis) => (analysis.hero === undefined ? NaN : of(analysis.hero)));

// ---- what both tables have of long squares, under their own names and units

const REST = 'Mean over the long squares of the mean potential in the 0.1 s before the step.';
const RESISTANCE =
  'Slope of the deepest potential against current over silent hyperpolarising steps weaker than 100 pA (200 pA where steps are 40 pA apart).';
const SAG =
  'Fraction of the peak deflection (5 ms around it, from the 30 ms before the step) gone in the last 30 ms, of the silent step whose peak is nearest to -100 mV.';
const SAG_VOLTAGE = 'Peak potential of the step that the sag is read from.';
const TAU =
  'Mean time constant of single exponentials fitted to the same steps as the input resistance, from 10 % of the deflection to its peak.';
const SLOPE = 'Slope of the line through rate against current over all long squares with spikes.';
const ADAPTATION =
  'Mean of (next - this) / (next + this) over successive interspike intervals of the hero sweep (the weakest 39 to 61 pA above rheobase).';
const LATENCY = 'Time from the step to the first threshold in the hero sweep.';
const INTERVAL = 'Mean interspike interval of the hero sweep.';

const MOUSE_MEMBRANE: readonly Scalar[] = [
  mouse(
    'vrest',
    'mV',
    REST,
    long((a) => a.rest),
  ),
  mouse(
    'ri',
    'MOhm',
    RESISTANCE,
    long((a) => a.inputResistance),
  ),
  mouse(
    'sag',
    '',
    SAG,
    long((a) => a.sag),
  ),
  mouse(
    'tau',
    'ms',
    TAU,
    long((a) => a.timeConstant * 1e3),
  ),
  mouse(
    'vm_for_sag',
    'mV',
    SAG_VOLTAGE,
    long((a) => a.sagVoltage),
  ),
  mouse(
    'f_i_curve_slope',
    'Hz/pA',
    SLOPE,
    long((a) => a.rateSlope),
  ),
  mouse(
    'adaptation',
    '',
    ADAPTATION,
    hero((s) => s.adaptation),
  ),
  mouse(
    'latency',
    's',
    LATENCY,
    hero((s) => s.latency),
  ),
  mouse(
    'avg_isi',
    'ms',
    INTERVAL,
    hero((s) => meanFinite([...s.intervals]) * 1e3),
  ),
];

// ---- the mouse table's first spikes

interface MouseSpike {
  readonly name: string;
  readonly unit: string;
  readonly definition: string;
  readonly of: (spike: Spike, sweep: Measured) => number;
}

const MOUSE_SPIKE: readonly MouseSpike[] = [
  {
    name: 'upstroke_downstroke_ratio',
    unit: '',
    definition: 'Steepest rise over steepest fall',
    of: upDown,
  },
  { name: 'peak_v', unit: 'mV', definition: 'Peak potential', of: (s) => s.peak },
  { name: 'peak_t', unit: 's', definition: 'Time of the peak', of: (s, w) => clock(w, s.peakIndex) },
  { name: 'trough_v', unit: 'mV', definition: 'Lowest potential before the next spike', of: (s) => s.trough },
  {
    name: 'trough_t',
    unit: 's',
    definition: 'Time of the lowest potential before the next spike',
    of: (s, w) => clock(w, s.troughIndex),
  },
  {
    name: 'fast_trough_v',
    unit: 'mV',
    definition: 'Potential where dV/dt is back at 1 % of the steepest fall',
    of: (s) => s.fastTrough,
  },
  {
    name: 'fast_trough_t',
    unit: 's',
    definition: 'Time at which dV/dt is back at 1 % of the steepest fall',
    of: (s, w) => clock(w, s.fastTroughIndex),
  },
  { name: 'threshold_v', unit: 'mV', definition: 'Threshold potential', of: (s) => s.threshold },
  {
    name: 'threshold_i',
    unit: 'pA',
    definition: 'Current above holding at the threshold',
    of: (s) => s.thresholdCurrent,
  },
  {
    name: 'threshold_t',
    unit: 's',
    definition: 'Time of the threshold',
    of: (s, w) => clock(w, s.thresholdIndex),
  },
];

const timed = (unit: string): string => (unit === 's' ? ', counted from 0.5 s before the stimulus' : '');

const MOUSE_SPIKES: readonly Scalar[] = [
  ...MOUSE_SPIKE.map(({ name, unit, definition, of }) =>
    mouse(
      `${name}_long_square`,
      unit,
      `${definition}, first spike of the rheobase sweep${timed(unit)}.`,
      rheobase((sweep) => (sweep.spikes.length > 0 ? of(sweep.spikes[0], sweep) : NaN)),
    ),
  ),
  ...MOUSE_SPIKE.map(({ name, unit, definition, of }) =>
    mouse(
      `${name}_ramp`,
      unit,
      `${definition}, mean over the first spikes of all ramps${timed(unit)}.`,
      (cell) => meanFirst(cell.ramps?.sweeps, of),
    ),
  ),
  ...MOUSE_SPIKE.map(({ name, unit, definition, of }) => mouseShort(name, unit, definition, of)),
];

/** First spikes of short squares: the trough is looked for to the end of the sweep, and the current is the amplitude most sweeps answer to. */
function mouseShort(name: string, unit: string, definition: string, of: MouseSpike['of']): Scalar {
  const column = `${name}_short_square`;
  const mean = `mean over the first spikes of all short squares${timed(unit)}.`;
  if (name === 'threshold_i')
    return mouse(
      column,
      unit,
      'Amplitude at which most short squares evoke a spike, the lower of two.',
      (cell) => cell.short?.commonAmplitude ?? NaN,
    );
  if (name === 'trough_v' || name === 'trough_t')
    return mouse(column, unit, `${definition} or the end of the sweep, ${mean}`, (cell) =>
      meanFinite(
        (cell.short?.sweeps ?? []).map((sweep) =>
          name === 'trough_v' ? sweep.lateTrough : clock(sweep, sweep.lateTroughIndex),
        ),
      ),
    );
  return mouse(column, unit, `${definition}, ${mean}`, (cell) => meanFirst(cell.short?.sweeps, of));
}

// ---- the human table

const HUMAN_MEMBRANE: readonly Scalar[] = [
  human(
    'v_baseline',
    'mV',
    REST,
    long((a) => a.rest),
  ),
  human(
    'rheobase_i',
    'pA',
    'Amplitude of the weakest depolarising long square with a spike.',
    rheobase((s) => s.recorded.amplitude),
  ),
  human(
    'fi_fit_slope',
    'Hz/pA',
    SLOPE,
    long((a) => a.rateSlope),
  ),
  human(
    'sag',
    '',
    SAG,
    long((a) => a.sag),
  ),
  human(
    'vm_for_sag',
    'mV',
    SAG_VOLTAGE,
    long((a) => a.sagVoltage),
  ),
  human(
    'input_resistance',
    'MOhm',
    RESISTANCE,
    long((a) => a.inputResistance),
  ),
  human(
    'tau',
    's',
    TAU,
    long((a) => a.timeConstant),
  ),
];

interface HumanSpike {
  readonly name: string;
  readonly unit: string;
  readonly definition: string;
  readonly of: (spike: Spike) => number;
}

const HUMAN_SPIKE: readonly HumanSpike[] = [
  {
    name: 'upstroke_downstroke_ratio',
    unit: '',
    definition: 'Steepest rise over steepest fall',
    of: upDown,
  },
  { name: 'threshold_v', unit: 'mV', definition: 'Threshold potential', of: (s) => s.threshold },
  {
    name: 'width',
    unit: 's',
    definition: 'Width at half height between peak and fast trough',
    of: (s) => s.width,
  },
  { name: 'upstroke', unit: 'V/s', definition: 'Steepest rise', of: (s) => s.upstroke },
  { name: 'downstroke', unit: 'V/s', definition: 'Steepest fall (negative)', of: (s) => s.downstroke },
  {
    name: 'fast_trough_deltav',
    unit: 'mV',
    definition: 'Fast trough below threshold',
    of: (s) => s.fastTrough - s.threshold,
  },
  {
    name: 'peak_deltav',
    unit: 'mV',
    definition: 'Peak above threshold',
    of: (s) => s.peak - s.threshold,
  },
];
const HUMAN_TROUGH: HumanSpike = {
  name: 'trough_deltav',
  unit: 'mV',
  definition: 'Lowest potential before the next spike, below threshold',
  of: (s) => s.trough - s.threshold,
};
const HUMAN_SLOW_TROUGH: HumanSpike = {
  name: 'trough_slowdeltav',
  unit: 'mV',
  definition: 'Lowest potential before the next spike, below the fast trough',
  of: (s) => s.trough - s.fastTrough,
};
const HUMAN_CURRENT: HumanSpike = {
  name: 'threshold_i',
  unit: 'pA',
  definition: 'Current above holding at the threshold',
  of: (s) => s.thresholdCurrent,
};

const firstOf = (of: (spike: Spike) => number) => (sweep: LongSquare) =>
  sweep.spikes.length > 0 ? of(sweep.spikes[0]) : NaN;
const LONG_SPIKE = [...HUMAN_SPIKE, HUMAN_TROUGH, HUMAN_SLOW_TROUGH];

const HUMAN_SPIKES: readonly Scalar[] = [
  ...[...HUMAN_SPIKE, HUMAN_TROUGH, HUMAN_CURRENT].map(({ name, unit, definition, of }) =>
    human(`${name}_ramp`, unit, `${definition}, mean over the first spikes of all ramps.`, (cell) =>
      meanFirst(cell.ramps?.spiking, of),
    ),
  ),
  ...HUMAN_SPIKE.map(({ name, unit, definition, of }) =>
    human(
      `${name}_short_square`,
      unit,
      `${definition}, mean over the first spikes of the short squares of the amplitude at which most evoke one.`,
      (cell) => meanFirst(cell.short?.common, of),
    ),
  ),
  ...LONG_SPIKE.map(({ name, unit, definition, of }) =>
    human(`${name}_rheo`, unit, `${definition}, first spike of the rheobase sweep.`, rheobase(firstOf(of))),
  ),
  ...LONG_SPIKE.map(({ name, unit, definition, of }) =>
    human(`${name}_hero`, unit, `${definition}, first spike of the hero sweep.`, hero(firstOf(of))),
  ),
  human(
    'fast_trough_v_last_rheo',
    'mV',
    'Fast trough of the last spike of the rheobase sweep.',
    rheobase((s) => s.spikes.at(-1)?.fastTrough ?? NaN),
  ),
];

/** Statistics of a sweep's train. */
interface TrainValue {
  readonly name: string;
  readonly unit: string;
  readonly definition: string;
  readonly of: (sweep: LongSquare) => number;
}

const TRAIN: readonly TrainValue[] = [
  {
    name: 'latency',
    unit: 's',
    definition: 'Time from the step to the first threshold',
    of: (s) => s.latency,
  },
  { name: 'avg_rate', unit: 'Hz', definition: 'Spikes per second of the step', of: (s) => s.rate },
  {
    name: 'mean_isi',
    unit: 's',
    definition: 'Mean interspike interval',
    of: (s) => meanFinite([...s.intervals]),
  },
  {
    name: 'first_isi_inv',
    unit: 'Hz',
    definition: 'One over the first interspike interval',
    of: (s) => (s.intervals.length > 0 ? 1 / s.intervals[0] : NaN),
  },
];
const REGULARITY: readonly TrainValue[] = [
  {
    name: 'adapt',
    unit: '',
    definition: 'Mean of (next - this) / (next + this) over successive intervals',
    of: (s) => s.adaptation,
  },
  {
    name: 'isi_cv',
    unit: '',
    definition: 'Standard deviation of the intervals over their mean',
    of: (s) => s.variation,
  },
  {
    name: 'isi_norm_sq_var',
    unit: '',
    definition: 'Mean of ((next - this) / (next + this))^2 over successive intervals',
    of: (s) => s.squaredVariation,
  },
];
const MEDIAN_INTERVAL: TrainValue = {
  name: 'median_isi',
  unit: 's',
  definition: 'Median interspike interval',
  of: ({ intervals }) => {
    const sorted = intervals.slice().sort();
    const half = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  },
};
const AFTER_DELAY: TrainValue = {
  name: 'ahp_delay_ratio',
  unit: '',
  definition: 'Time from the last spike but one to its trough over the time to the last spike, peak to peak',
  of: ({ spikes }) => {
    const before = spikes.at(-2);
    const last = spikes.at(-1);
    return before === undefined || last === undefined
      ? NaN
      : (before.troughIndex - before.peakIndex) / (last.peakIndex - before.peakIndex);
  },
};

/** The weakest depolarising long square with at least five spikes. */
function fiveSpikes({ spiking }: LongSquares): LongSquare | undefined {
  return spiking
    .filter(({ recorded, spikes }) => recorded.amplitude > 0 && spikes.length >= RATIO_SPIKES)
    .reduce<LongSquare | undefined>(
      (best, sweep) =>
        best === undefined || sweep.recorded.amplitude < best.recorded.amplitude ? sweep : best,
      undefined,
    );
}

/** The fourth over the first of a sequence; NaN where either is missing or the first is zero. */
function fourthOverFirst(values: readonly number[]): number {
  const ratio = values[RATIO_SPIKE] / values[0];
  return Number.isFinite(ratio) && ratio !== 0 ? ratio : NaN;
}

const RATIOS: readonly { name: string; what: string; of: (spikes: readonly Spike[]) => number[] }[] = [
  {
    name: 'isi',
    what: 'Interval to the next peak',
    of: (spikes) => spikes.slice(1).map((spike, k) => spike.peakIndex - spikes[k].peakIndex),
  },
  { name: 'width', what: 'Width', of: (spikes) => spikes.map((s) => s.width) },
  { name: 'upstroke', what: 'Steepest rise', of: (spikes) => spikes.map((s) => s.upstroke) },
  { name: 'downstroke', what: 'Steepest fall', of: (spikes) => spikes.map((s) => s.downstroke) },
  { name: 'peak_v', what: 'Peak potential', of: (spikes) => spikes.map((s) => s.peak) },
  { name: 'threshold_v', what: 'Threshold potential', of: (spikes) => spikes.map((s) => s.threshold) },
  { name: 'fast_trough_v', what: 'Fast trough', of: (spikes) => spikes.map((s) => s.fastTrough) },
];

const largest = (values: readonly number[]): number =>
  values.reduce((a, b) => (Number.isNaN(b) ? a : Number.isNaN(a) ? b : Math.max(a, b)), NaN);
const inFiveSpikes = (of: (sweep: LongSquare) => number): Scalar['of'] =>
  long((analysis) => {
    const sweep = fiveSpikes(analysis);
    return sweep === undefined ? NaN : of(sweep);
  });

const HUMAN_TRAINS: readonly Scalar[] = [
  ...TRAIN.map(({ name, unit, definition, of }) =>
    human(`${name}_rheo`, unit, `${definition}, rheobase sweep.`, rheobase(of)),
  ),
  ...[...TRAIN, ...REGULARITY, MEDIAN_INTERVAL, AFTER_DELAY].map(({ name, unit, definition, of }) =>
    human(`${name}_hero`, unit, `${definition}, hero sweep.`, hero(of)),
  ),
  ...REGULARITY.map(({ name, unit, definition, of }) =>
    human(
      `${name}_mean`,
      unit,
      `${definition}, mean over the long squares with spikes.`,
      long(({ spiking }) => meanFinite(spiking.map(of))),
    ),
  ),
  ...REGULARITY.map(({ name, unit, definition, of }) =>
    human(
      `${name}_max`,
      unit,
      `${definition}, largest of the long squares with spikes.`,
      long(({ spiking }) => largest(spiking.map(of))),
    ),
  ),
  ...RATIOS.map(({ name, what, of }) =>
    human(
      `${name}_adapt_ratio`,
      '',
      `${what}, fourth spike over first, in the weakest long square with at least five spikes.`,
      inFiveSpikes((sweep) => fourthOverFirst(of(sweep.spikes))),
    ),
  ),
  human(
    'ahp_delay_ratio_5spike',
    '',
    `${AFTER_DELAY.definition}, weakest long square with at least five spikes.`,
    inFiveSpikes(AFTER_DELAY.of),
  ),
];

const SCALARS: readonly Scalar[] = [
  ...MOUSE_MEMBRANE,
  ...MOUSE_SPIKES,
  ...HUMAN_MEMBRANE,
  ...HUMAN_SPIKES,
  ...HUMAN_TRAINS,
];

/** Every scalar, in the order of CellFeatures.scalars. */
export const FEATURES: readonly FeatureDefinition[] = SCALARS.map(
  ({ table, name, unit, definition, source }) => ({ table, name, unit, definition, source }),
);

const PLACES = new Map(FEATURES.map(({ table, name }, k) => [`${table} ${name}`, k]));

/** Place of a table's column in FEATURES; -1 for a column that is not computed. */
export function featureIndex(table: ScalarTable, name: string): number {
  return PLACES.get(`${table} ${name}`) ?? -1;
}

/** One number for each of FEATURES; NaN for what is missing or, in a flat trace, a quotient by zero. */
export function scalarsOf(cell: CellAnalysis): Float64Array {
  return Float64Array.from(SCALARS, (scalar) => {
    const value = scalar.of(cell);
    return Number.isFinite(value) ? value : NaN;
  });
}
