// The sweeps of one cell into its features: every family and scalar that can be had, and a reason for each that cannot.
import type { Rejection, StimulatedSweep } from '../sweeps/types.ts';
import { scalarsOf, type CellAnalysis } from './feature-list.ts';
import { analyseLongSquares, type LongSquares } from './long-squares.ts';
import { analyseRamps } from './ramps.ts';
import { recordedSweep, type RecordedSweep } from './recorded-sweep.ts';
import { analyseShortSquares } from './short-squares.ts';
import { differences, firstSpike, intervalShape, sweepForShape } from './spike-waveforms.ts';
import {
  fillParts,
  LEVELS,
  normaliseParts,
  rateCourse,
  rateInBins,
  sweepsAtLevels,
  valueInBins,
} from './spiking-levels.ts';
import { stepNormalised, stepResponses, stepSubthreshold } from './step-responses.ts';
import {
  FAMILIES,
  type CellFeatures,
  type FamilyName,
  type FamilyRejection,
  type Spike,
  type SweepSpikes,
} from './types.ts';

const WAVEFORM = 150;
const COURSE_BINS = 50;
const RATE_BINS = 20;

/** What collects while a cell is worked through. */
interface Collected {
  readonly families: Partial<Record<FamilyName, Float64Array>>;
  readonly absent: FamilyRejection[];
  readonly rejected: Rejection[];
  readonly notes: string[];
}

/**
 * Features of one cell from its sweeps with recognised stimuli. Never throws for what a recording lacks: a sweep or a family that cannot be used
 * is left out with its reason.
 * @param sweeps in any order; where two of equal amplitude compete, their order decides as in IPFX
 */
export function extractCell(sweeps: readonly StimulatedSweep[]): CellFeatures {
  const out: Collected = { families: {}, absent: [], rejected: [], notes: [] };
  const usable: RecordedSweep[] = [];
  for (const sweep of sweeps) {
    if (sweep.stimulus.shape === 'other') continue;
    const one = recordedSweep(sweep);
    if ('code' in one) out.rejected.push(one);
    else usable.push(one);
  }
  const cell = analyse(usable, out);
  if (cell.long !== undefined) membraneNotes(cell.long, out);
  spikeShapes(cell, out);
  longSquareFamilies(cell.long, out);
  return {
    families: out.families,
    absent: out.absent,
    scalars: scalarsOf(cell),
    sweeps: spikesOf(cell, usable),
    rejected: out.rejected,
    notes: out.notes,
  };
}

function analyse(usable: readonly RecordedSweep[], out: Collected): CellAnalysis {
  const of = (shape: RecordedSweep['shape']): RecordedSweep[] => usable.filter((one) => one.shape === shape);
  const say = (code: string, reason: string): void => {
    out.rejected.push({ code, reason });
  };
  let long: LongSquares | undefined;
  const steps = of('long-square');
  if (steps.length > 0) {
    const analysed = analyseLongSquares(steps);
    out.rejected.push(...analysed.rejected);
    long = analysed.long;
  } else say('no-long-square', 'No long square can be used: what rests on them is missing.');
  const pulses = of('short-square');
  const short = pulses.length > 0 ? analyseShortSquares(pulses) : undefined;
  if (short === undefined)
    say('no-short-square', 'No short square can be used: what rests on them is missing.');
  else if (short.common.length === 0) say('no-spike', 'No short square evokes a spike.');
  const slopes = of('ramp');
  const ramps = slopes.length > 0 ? analyseRamps(slopes) : undefined;
  if (ramps === undefined) say('no-ramp', 'No ramp can be used: what rests on them is missing.');
  else if (ramps.spiking.length === 0) say('no-spike', 'No ramp evokes a spike.');
  return { long, short, ramps };
}

function membraneNotes(long: LongSquares, out: Collected): void {
  const add = (code: string, reason: string): void => {
    out.rejected.push({ code, reason });
  };
  for (const { recorded, baseline } of long.sweeps)
    if (Number.isNaN(baseline))
      out.rejected.push({
        sweep: recorded.number,
        code: 'no-baseline',
        reason: 'Less than 10 ms were recorded before the step: it has no baseline.',
      });
  if (long.rheobase === undefined) add('no-spike', 'No depolarising long square evokes a spike.');
  else if (Number.isNaN(long.rateSlope))
    add('one-amplitude', 'Long squares of one amplitude alone evoke spikes: the f-I slope is not known.');
  if (long.silent.length === 0)
    add(
      'no-subthreshold',
      'Every long square evokes spikes: sag, resistance and time constant are not known.',
    );
  else if (Number.isNaN(long.inputResistance))
    add(
      'no-hyperpolarising',
      'No silent hyperpolarising step of a usable amplitude: resistance and time constant are not known.',
    );
  else if (Number.isNaN(long.timeConstant))
    add(
      'no-time-constant',
      'No hyperpolarising step stands out of the noise 20 times and follows an exponential: the time constant is not known.',
    );
}

function lacks(out: Collected, families: readonly FamilyName[], code: string, reason: string): void {
  for (const family of families) out.absent.push({ family, code, reason });
}

/** Takes a family in, unless a number of it is not finite (a flat step, a baseline that is missing). */
function take(out: Collected, family: FamilyName, values: Float64Array): void {
  if (values.every(Number.isFinite)) out.families[family] = values;
  else
    lacks(
      out,
      [family],
      'undefined',
      'A value of it is not defined: the response is flat or has no baseline.',
    );
}

/** first_ap_v and first_ap_dv. */
function spikeShapes(cell: CellAnalysis, out: Collected): void {
  const families = ['first_ap_v', 'first_ap_dv'] as const;
  const whole = (sweeps: readonly { recorded: RecordedSweep; spikes: readonly Spike[] }[] | undefined) =>
    firstSpike((sweeps ?? []).filter(({ spikes }) => spikes.length > 0 && !spikes[0].clipped));
  const { rheobase } = cell.long ?? {};
  const waves = [
    whole(cell.short?.common),
    rheobase === undefined ? undefined : firstSpike([rheobase]),
    whole(cell.ramps?.spiking),
  ];
  const { parts } = FAMILIES[0];
  waves.forEach((wave, k) => {
    if (wave === undefined)
      lacks(out, families, 'no-spike', `No whole first spike of a ${parts[k]}: that part is missing.`);
  });
  if (waves.every((wave) => wave === undefined)) return;
  const values = new Float64Array(WAVEFORM * waves.length).fill(NaN);
  waves.forEach((wave, k) => {
    if (wave !== undefined) values.set(wave, k * WAVEFORM);
  });
  out.families.first_ap_v = values;
  out.families.first_ap_dv = differences(values, WAVEFORM);
}

function longSquareFamilies(long: LongSquares | undefined, out: Collected): void {
  const steps = ['step_subthresh', 'subthresh_norm'] as const;
  const levels = FAMILIES.filter(({ parts }) => parts.length === LEVELS.length).map(({ name }) => name);
  if (long === undefined) {
    lacks(out, ['isi_shape', ...steps, ...levels], 'no-long-square', 'No long square can be used.');
    return;
  }
  shapeOfIntervals(long, out);
  const { start, stop, samplingRate } = long.sweeps[0].recorded;
  const seconds = (stop - start) / samplingRate;
  if (Math.abs(seconds - 1) > 0.01) {
    const reason = `The steps last ${seconds.toFixed(3)} s; the family is made of steps of 1 s.`;
    lacks(out, [...steps, ...levels], 'duration', reason);
    return;
  }
  hyperpolarised(long, out);
  overLevels(long, levels, out);
}

function shapeOfIntervals(long: LongSquares, out: Collected): void {
  const sweep = sweepForShape(long);
  const shape = sweep === undefined ? undefined : intervalShape(sweep);
  if (shape !== undefined) out.families.isi_shape = shape;
  else if (sweep === undefined)
    lacks(out, ['isi_shape'], 'no-spike', 'No depolarising long square evokes a spike.');
  else
    lacks(
      out,
      ['isi_shape'],
      'short-intervals',
      `No interval of sweep ${sweep.recorded.number} lasts 2 ms after a whole spike.`,
    );
}

function hyperpolarised(long: LongSquares, out: Collected): void {
  const responses = stepResponses(long);
  if (responses.length === 0) {
    const reason =
      'No silent hyperpolarising step is recorded from 0.2 s before its begin to 0.2 s after its end.';
    lacks(out, ['step_subthresh', 'subthresh_norm'], 'no-hyperpolarising', reason);
    return;
  }
  const { values, filled } = stepSubthreshold(responses);
  take(out, 'step_subthresh', values);
  take(out, 'subthresh_norm', stepNormalised(responses));
  if (filled.length > 0)
    out.notes.push(
      `step_subthresh: ${filled.join(', ')} filled from the steps beside, rescaled by amplitude.`,
    );
}

function overLevels(long: LongSquares, levels: readonly FamilyName[], out: Collected): void {
  const sweeps = sweepsAtLevels(long);
  if (sweeps === undefined) {
    const reason =
      long.rheobase === undefined
        ? 'No depolarising long square evokes a spike.'
        : 'Fewer than two of the amplitudes +0, +20 ... +100 pA above rheobase evoke spikes.';
    lacks(out, levels, long.rheobase === undefined ? 'no-spike' : 'few-amplitudes', reason);
    return;
  }
  const gaps = LEVELS.filter((_, k) => sweeps[k] === undefined).map((level) => `+${level} pA`);
  if (gaps.length > 0)
    out.notes.push(`Families over amplitudes: ${gaps.join(', ')} filled from the amplitudes beside.`);
  const add = (name: FamilyName, points: number, of: (k: number) => Float64Array | undefined): void => {
    const values = fillParts(
      LEVELS.map((_, k) => of(k)),
      points,
    );
    if (values === undefined)
      lacks(out, [name], 'clipped', 'Every spike at these amplitudes is cut off by the end of the step.');
    else take(out, name, values);
  };
  const binned = (name: FamilyName, value: (spike: Spike) => number): void =>
    add(name, COURSE_BINS, (k) => {
      const sweep = sweeps[k];
      return sweep && valueInBins(sweep, COURSE_BINS, value);
    });
  add('inst_freq', COURSE_BINS, (k) => {
    const sweep = sweeps[k];
    return sweep && rateCourse(sweep, COURSE_BINS);
  });
  binned('spiking_upstroke_downstroke_ratio', (spike) => -spike.upstroke / spike.downstroke);
  binned('spiking_peak_v', (spike) => spike.peak);
  binned('spiking_fast_trough_v', (spike) => spike.fastTrough);
  binned('spiking_threshold_v', (spike) => spike.threshold);
  binned('spiking_width', (spike) => spike.width);
  add('psth', RATE_BINS, (k) => {
    const sweep = sweeps[k];
    return sweep && rateInBins(sweep, RATE_BINS);
  });
  const { inst_freq: course } = out.families;
  if (course !== undefined) take(out, 'inst_freq_norm', normaliseParts(course, COURSE_BINS));
  else lacks(out, ['inst_freq_norm'], 'undefined', 'It is made from inst_freq, which is missing.');
}

/** Spikes by sweep, in the order the sweeps were given, on the samples of the file's sweep. */
function spikesOf(cell: CellAnalysis, usable: readonly RecordedSweep[]): SweepSpikes[] {
  const found = new Map<RecordedSweep, readonly Spike[]>();
  for (const group of [cell.long?.sweeps, cell.short?.sweeps, cell.ramps?.sweeps])
    for (const { recorded, spikes } of group ?? []) found.set(recorded, spikes);
  return usable.flatMap((recorded) => {
    const spikes = found.get(recorded);
    if (spikes === undefined) return [];
    const { number, shape, amplitude, samplingRate, offset } = recorded;
    return [{ number, shape, amplitude, samplingRate, spikes: spikes.map((spike) => moved(spike, offset)) }];
  });
}

function moved(spike: Spike, by: number): Spike {
  return {
    ...spike,
    thresholdIndex: spike.thresholdIndex + by,
    peakIndex: spike.peakIndex + by,
    troughIndex: spike.troughIndex + by,
    fastTroughIndex: spike.fastTroughIndex + by,
  };
}
