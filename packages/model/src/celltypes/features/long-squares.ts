// All long steps of a cell together: which is rheobase, which is hero, and what the membrane does below threshold.
import type { Rejection } from '../sweeps/types.ts';
import { meanFinite, medianOf } from './array-search.ts';
import type { RecordedSweep } from './recorded-sweep.ts';
import { findSpikes } from './spike-shape.ts';
import { adaptationIndex, intervalsOf, lineThrough, squaredVariation, variationOf } from './spike-train.ts';
import { baselineOf, inputResistance, peakDeflection, sagOf, timeConstants } from './subthreshold.ts';
import type { Spike } from './types.ts';
import { voltageDerivative } from './voltage-derivative.ts';

/** pA above rheobase between which the hero sweep is looked for. */
const HERO_FROM = 39;
const HERO_TO = 61;
/** mV: the sag is read from the step whose peak deflection comes nearest. */
const SAG_AT = -100;
/** pA: deeper steps activate other currents and are left out of resistance and time constant; with coarse steps twice as much. */
const DEEPEST_PASSIVE = -100;
const COARSE_STEP = 40;
/** Steps of which more than this in seconds differs from the usual duration are not compared with the others. */
const DURATION_TOLERANCE = 0.01;

export interface LongSquare {
  readonly recorded: RecordedSweep;
  readonly spikes: readonly Spike[];
  /** Spikes whose threshold is inside the step, per second of it. */
  readonly rate: number;
  readonly baseline: number;
  /** Seconds between thresholds. */
  readonly intervals: Float64Array;
  readonly adaptation: number;
  readonly variation: number;
  readonly squaredVariation: number;
  /** Seconds from the step's begin to the first threshold; NaN without a spike. */
  readonly latency: number;
}

export interface LongSquares {
  readonly sweeps: readonly LongSquare[];
  /** Those with spikes, and those without. */
  readonly spiking: readonly LongSquare[];
  readonly silent: readonly LongSquare[];
  /** The weakest depolarising step with a spike, and the weakest with one some 40 to 60 pA above; undefined where nothing spikes. */
  readonly rheobase: LongSquare | undefined;
  readonly hero: LongSquare | undefined;
  /** mV, MOhm, s, Hz/pA; NaN where it cannot be had. */
  readonly rest: number;
  readonly inputResistance: number;
  readonly timeConstant: number;
  readonly sag: number;
  readonly sagVoltage: number;
  readonly rateSlope: number;
}

/** @param recorded long squares of one cell; those of another duration than most are returned in `rejected` */
export function analyseLongSquares(recorded: readonly RecordedSweep[]): {
  readonly long: LongSquares;
  readonly rejected: readonly Rejection[];
} {
  const seconds = (sweep: RecordedSweep): number => (sweep.stop - sweep.start) / sweep.samplingRate;
  const usual = usualDuration(recorded.map(seconds));
  const alike = (sweep: RecordedSweep): boolean => Math.abs(seconds(sweep) - usual) <= DURATION_TOLERANCE;
  const rejected = recorded
    .filter((sweep) => !alike(sweep))
    .map((sweep) => ({
      sweep: sweep.number,
      code: 'duration',
      reason: `A step of ${seconds(sweep).toFixed(3)} s among steps of ${usual.toFixed(3)} s.`,
    }));
  const sweeps = recorded.filter(alike).map(analyseOne);
  const spiking = sweeps.filter((sweep) => sweep.rate > 0);
  const silent = sweeps.filter((sweep) => sweep.rate === 0);
  const rheobase = lowest(spiking.filter(({ recorded: { amplitude } }) => amplitude > 0));
  const amplitudes = spiking.map((sweep) => sweep.recorded.amplitude);
  const { sag, sagVoltage } = deepSag(silent);
  const passive = passiveSteps(silent);
  const long: LongSquares = {
    sweeps,
    spiking,
    silent,
    rheobase,
    hero: rheobase === undefined ? undefined : heroOf(spiking, rheobase.recorded.amplitude),
    rest: meanFinite(sweeps.map((sweep) => sweep.baseline)),
    inputResistance: passive.length === 0 ? NaN : inputResistance(passive),
    timeConstant: passive.length === 0 ? NaN : meanFinite(timeConstants(passive)),
    sag,
    sagVoltage,
    rateSlope: lineThrough(
      amplitudes,
      spiking.map((sweep) => sweep.rate),
    ).slope,
  };
  return { long, rejected };
}

/** One second where there is such a step (the families are made for it), else the median. */
function usualDuration(seconds: readonly number[]): number {
  return seconds.some((value) => Math.abs(value - 1) <= DURATION_TOLERANCE) ? 1 : medianOf(seconds);
}

function analyseOne(recorded: RecordedSweep): LongSquare {
  const { voltage, samplingRate, start, stop } = recorded;
  const window = { from: start, to: Math.min(stop, voltage.length - 1) };
  const spikes = findSpikes(recorded, voltageDerivative(voltage, samplingRate), window);
  const inside = spikes.filter(({ thresholdIndex: t }) => t >= start && t <= stop).length;
  const intervals = intervalsOf(spikes, samplingRate);
  return {
    recorded,
    spikes,
    rate: (inside * samplingRate) / (stop - start),
    baseline: baselineOf(recorded),
    intervals,
    adaptation: adaptationIndex(intervals),
    variation: variationOf(intervals),
    squaredVariation: squaredVariation(intervals),
    latency: spikes.length === 0 ? NaN : (spikes[0].thresholdIndex - start) / samplingRate,
  };
}

/** The weakest step; of equals the first. */
function lowest(sweeps: readonly LongSquare[]): LongSquare | undefined {
  return sweeps.reduce<LongSquare | undefined>(
    (best, sweep) =>
      best === undefined || sweep.recorded.amplitude < best.recorded.amplitude ? sweep : best,
    undefined,
  );
}

function heroOf(spiking: readonly LongSquare[], rheobase: number): LongSquare | undefined {
  const above = ({ recorded }: LongSquare): number => recorded.amplitude - rheobase;
  const inRange = spiking.filter((sweep) => above(sweep) > HERO_FROM && above(sweep) < HERO_TO);
  if (inRange.length > 0) return lowest(inRange);
  const distance = (sweep: LongSquare): number => Math.abs(above(sweep) - HERO_FROM);
  return [...spiking]
    .sort((a, b) => a.recorded.amplitude - b.recorded.amplitude)
    .reduce((best, sweep) => (distance(sweep) < distance(best) ? sweep : best));
}

function deepSag(silent: readonly LongSquare[]): { sag: number; sagVoltage: number } {
  let found = { sag: NaN, sagVoltage: Infinity };
  for (const { recorded } of silent) {
    const voltage = recorded.voltage[peakDeflection(recorded)];
    if (Math.abs(voltage - SAG_AT) < Math.abs(found.sagVoltage - SAG_AT))
      found = { sag: sagOf(recorded), sagVoltage: voltage };
  }
  return Number.isFinite(found.sagVoltage) ? found : { sag: NaN, sagVoltage: NaN };
}

/** Hyperpolarising steps above -100 pA; above -200 pA where the steps are 40 pA apart. */
function passiveSteps(silent: readonly LongSquare[]): RecordedSweep[] {
  const steps = silent.map(({ recorded }) => recorded).filter(({ amplitude }) => amplitude < 0);
  const amplitudes = [...new Set(steps.map(({ amplitude }) => Math.round(amplitude)))].sort((a, b) => a - b);
  const apart = amplitudes.slice(1).map((amplitude, k) => amplitude - amplitudes[k]);
  const coarse = apart.length > 0 && Math.min(...apart) === COARSE_STEP;
  return steps.filter(({ amplitude }) => amplitude > DEEPEST_PASSIVE * (coarse ? 2 : 1));
}
