// The three leak guards, for any predictor: nothing after bin t may move an output made at t; independent Poisson trains
// cannot be predicted; and a predictor that looks at its own answer must be caught by both, or the guards are asleep.
import { RandomStream } from '../engine/random.ts';
import { poissonSurrogate } from '../recording/surrogates.ts';
import type { BinSpan, Raster } from '../recording/types.ts';
import { spikeAt } from './features/cursor.ts';
import { trainingProbabilities } from './floors/rates.ts';
import { IDENTITY } from './metrics/calibration.ts';
import { scorePredictor } from './metrics/score-predictor.ts';
import type { Predictor, PredictorFactory, PredictorKey, TargetView } from './types.ts';
import { planBlocks, resampleBlocks } from './uncertainty/blocks.ts';
import { replicate, spikesPerUnit } from './uncertainty/bootstrap.ts';
import { spread } from './uncertainty/summary.ts';

const GUARD_STREAM = 0x9a4d;
/** Bits/spike that nobody can have on independent Poisson trains. */
export const POISSON_BITS_LIMIT = 0.001;
/** Surrogate spikes from which the point itself is held against the limit; chance in fewer needs an interval. */
export const POISSON_SPIKES = 1e5;
/** Half-width of the guards' intervals, in bootstrap SDs: one honest predictor in 1000 fails. */
const INTERVAL_SDS = 3.3;
/**
 * Times 1 / sqrt(spikes of a unit): how far below one half an honest predictor may rank. Whoever counts spikes as they come has seen fewer of
 * them where more are to come, and so ranks bins of one finite train against themselves: a running mean 0.4 / sqrt(n) below chance
 * (simulated, 300 to 6,000 spikes). Above one half there is no such excuse, and a leak turned upside down ranks far lower.
 */
const COUNTING = 0.5;

export interface FuturePerturbationResult {
  readonly passed: boolean;
  readonly trials: number;
  /** First (output bin, unit) that moved, and the first bin that had been changed; null when nothing moved. */
  readonly violation: { readonly target: number; readonly unit: number; readonly changedFrom: number } | null;
}

export interface FuturePerturbationOptions {
  readonly factory: PredictorFactory;
  readonly view: TargetView;
  /** Outputs are asked for inside these. */
  readonly spans: readonly BinSpan[];
  readonly seed: number;
  /** Random moments t; 8 by default. */
  readonly trials?: number;
  /** Outputs compared before each moment; 256 by default. */
  readonly window?: number;
}

/** The raster with every bin >= `from` replaced by coin flips at a density of one half. */
export function scrambleFrom(raster: Raster, from: number, random: RandomStream): Raster {
  const words = raster.words.slice();
  for (let i = from * raster.wordsPerBin; i < words.length; i++) {
    const last = i % raster.wordsPerBin === raster.wordsPerBin - 1 && raster.units % 32 !== 0;
    const mask = last ? 2 ** (raster.units % 32) - 1 : 0xffffffff;
    words[i] = (random.integer(0x10000) * 0x10000 + random.integer(0x10000)) & mask;
  }
  return { ...raster, words };
}

/**
 * Guard (a). Outputs for targets <= t + 1 are made twice, on the raster and on one whose bins > t are noise, and must agree
 * in every bit. The same calls are made both times.
 */
export async function futurePerturbation(
  options: FuturePerturbationOptions,
): Promise<FuturePerturbationResult> {
  const { factory, view, spans } = options;
  const trials = options.trials ?? 8;
  const window = options.window ?? 256;
  const random = new RandomStream(options.seed, GUARD_STREAM);
  const { units } = view.raster;
  for (let trial = 0; trial < trials; trial++) {
    const span = spans[random.integer(spans.length)];
    // `stop` is t + 1: the last target that bins <= t decide.
    const stop = span.start + 1 + random.integer(span.stop - span.start);
    const start = Math.max(span.start, stop - window);
    // Two calls, the second of which reaches past t: a predictor that works in blocks sees changed bins in its block.
    const end = Math.min(span.stop, stop + 64);
    const outputs = async (raster: Raster): Promise<Float32Array> => {
      const predictor = factory({ ...view, raster });
      const out = new Float32Array((end - start) * units);
      const middle = start + ((stop - start) >> 1);
      await predictor.predict(start, middle, out.subarray(0, (middle - start) * units));
      await predictor.predict(middle, end, out.subarray((middle - start) * units));
      predictor.dispose?.();
      return out;
    };
    const recent = withPast(view.raster, start - PAST_BINS);
    const before = await outputs(recent);
    const after = await outputs(scrambleFrom(recent, stop - 1, random));
    const same = new Uint32Array(before.buffer);
    const other = new Uint32Array(after.buffer);
    for (let i = 0; i < (stop - start) * units; i++) {
      if (same[i] === other[i]) continue;
      const violation = { target: start + Math.floor(i / units), unit: i % units, changedFrom: stop - 1 };
      return { passed: false, trials: trial + 1, violation };
    }
  }
  return { passed: true, trials, violation: null };
}

/** Bins of past that predictors are shown: what they make of a longer one is not in question, and would cost its length. */
const PAST_BINS = 60_000;

/** The same raster, observed from bin `from` on. */
function withPast(raster: Raster, from: number): Raster {
  const observed = raster.observed
    .filter(({ stop }) => stop > from)
    .map(({ start, stop }) => ({ start: Math.max(start, from), stop }));
  return { ...raster, observed };
}

export interface PoissonResult {
  /** `not judged`: nothing failed, but no unit has the spikes that its ROC-AUC needs. */
  readonly verdict: 'passed' | 'failed' | 'not judged';
  /** False when the guard failed. */
  readonly passed: boolean;
  /** Scored spikes of the surrogate. */
  readonly spikes: number;
  /** What is held against the limit: the point, or, under 100,000 spikes, the lower end of its interval. */
  readonly rule: 'point' | 'interval';
  readonly bitsPerSpike: number;
  /** Lower end of its interval. */
  readonly bitsPerSpikeLow: number;
  /** Median over units with enough spikes, and its interval; NaN where there is no such unit. */
  readonly rocAucPerUnit: number;
  readonly low: number;
  readonly high: number;
  readonly units: number;
}

export interface PoissonOptions {
  readonly factory: PredictorFactory;
  /** Independent Poisson trains. */
  readonly surrogate: Raster;
  readonly train: readonly BinSpan[];
  readonly spans: readonly BinSpan[];
  readonly scored: Uint8Array;
  readonly level: TargetView['level'];
  readonly seed: number;
}

/** Guard (b), for one predictor on a surrogate. */
export async function poissonGuard(options: PoissonOptions): Promise<PoissonResult> {
  const { surrogate, spans, scored } = options;
  const rates = trainingProbabilities(surrogate, options.train);
  const view: TargetView = {
    raster: surrogate,
    rates: options.level === 'none' ? null : rates,
    scored,
    level: options.level,
    known: options.level === 'none' ? null : { raster: surrogate, spans: options.train },
  };
  const plan = planBlocks(spans, surrogate.binMilliseconds);
  const predictor = options.factory(view);
  const { blocks } = await scorePredictor({
    predictor,
    raster: surrogate,
    spans,
    scored,
    nullRates: rates,
    calibration: { ...IDENTITY, threshold: 0.5 },
    firstRows: plan.firstRows,
  });
  predictor.dispose?.();
  const replicates = replicate(blocks, resampleBlocks(plan.blocks, 200, options.seed));
  const value = replicates.whole.rocAucPerUnit;
  const reach = INTERVAL_SDS * deviation(replicates.values.rocAucPerUnit);
  const low = value - reach;
  const high = value + reach;
  const bits = replicates.whole.bitsPerSpikeRaw;
  const bitsLow = bits - INTERVAL_SDS * deviation(replicates.values.bitsPerSpikeRaw);
  const perUnit = spikesPerUnit(blocks);
  const spikes = perUnit.reduce((sum, n) => sum + n, 0);
  const rule = spikes >= POISSON_SPIKES ? 'point' : 'interval';
  const gains = (rule === 'point' ? bits : bitsLow) > POISSON_BITS_LIMIT;
  const units = blocks.ranked.length;
  const each = blocks.ranked.reduce((sum, unit) => sum + perUnit[unit], 0) / units;
  const ranks = units > 0 && !(low - 1e-12 <= 0.5 && 0.5 - COUNTING / Math.sqrt(each) <= high + 1e-12);
  const verdict = gains || ranks ? 'failed' : units > 0 ? 'passed' : 'not judged';
  return {
    verdict,
    passed: verdict !== 'failed',
    spikes,
    rule,
    bitsPerSpike: bits,
    bitsPerSpikeLow: bitsLow,
    rocAucPerUnit: value,
    low,
    high,
    units,
  };
}

/** Sample standard deviation of the finite values. */
function deviation(values: Float64Array): number {
  return spread(Array.from(values)).sd ?? 0;
}

/** A predictor that is told the answer: 0.9 where the target bin holds a spike, 0.001 elsewhere. Never right to use. */
export class EchoPredictor implements Predictor {
  readonly key: PredictorKey = 'model';
  readonly #raster: Raster;

  constructor(raster: Raster) {
    this.#raster = raster;
  }

  predict(start: number, stop: number, out: Float32Array): undefined {
    for (let bin = start, at = 0; bin < stop; bin++) {
      for (let u = 0; u < this.#raster.units; u++, at++)
        out[at] = spikeAt(this.#raster, bin, u) === 1 ? 0.9 : 0.001;
    }
  }
}

/** A predictor one bin late: what it says of target t was made with bin t in hand. Scores output t against input t. */
export class UnshiftedPredictor implements Predictor {
  readonly key: PredictorKey;
  readonly #inner: Predictor;
  readonly #raster: Raster;

  constructor(inner: Predictor, raster: Raster) {
    this.key = inner.key;
    this.#inner = inner;
    this.#raster = raster;
  }

  async predict(start: number, stop: number, out: Float32Array): Promise<void> {
    const { units, observed } = this.#raster;
    const end = observed.find((span) => span.start <= start && start < span.stop)?.stop ?? stop;
    const last = Math.min(stop + 1, end);
    if (last - 1 > start)
      await this.#inner.predict(start + 1, last, out.subarray(0, (last - start - 1) * units));
    // No bin follows the last one of an observed span: it repeats its neighbour.
    const filled = last - start - 1;
    for (let row = filled; row < stop - start; row++) {
      if (row === 0) out.fill(0.5, 0, units);
      else out.copyWithin(row * units, (row - 1) * units, row * units);
    }
  }

  dispose(): void {
    this.#inner.dispose?.();
  }
}

export interface GuardOptions {
  readonly raster: Raster;
  readonly train: readonly BinSpan[];
  /** Outputs are asked for, and surrogates scored, inside these. */
  readonly spans: readonly BinSpan[];
  /** (units) 1 = scored; all by default. */
  readonly scored?: Uint8Array;
  /** What to guard: the model, the floors. */
  readonly predictors: ReadonlyMap<PredictorKey, PredictorFactory>;
  readonly level?: TargetView['level'];
  readonly seed: number;
  readonly trials?: number;
  /** Surrogates are scored over at most this many bins; 200,000 by default. */
  readonly surrogateBins?: number;
  readonly onProgress?: (message: string) => void;
}

export interface GuardReport {
  /** Nothing failed; see `judged` for whether everything could be judged. */
  readonly passed: boolean;
  /** False where no unit has the spikes that the Poisson guard needs. */
  readonly judged: boolean;
  readonly predictors: readonly {
    readonly key: PredictorKey;
    readonly future: FuturePerturbationResult;
    readonly poisson: PoissonResult;
  }[];
  /** The guards' own test: each must have been caught. */
  readonly controls: readonly {
    readonly name: 'echo' | 'unshifted';
    readonly caughtByFuture: boolean;
    readonly caughtByPoisson: boolean | null;
    readonly caught: boolean;
  }[];
}

/** Runs all guards over every predictor, and over two that cheat. */
export async function runGuards(options: GuardOptions): Promise<GuardReport> {
  const { raster, spans, seed } = options;
  const level = options.level ?? 'rates';
  const scored = options.scored ?? new Uint8Array(raster.units).fill(1);
  const rates = trainingProbabilities(raster, options.train);
  const view: TargetView = {
    raster,
    rates: level === 'none' ? null : rates,
    scored,
    level,
    known: level === 'none' ? null : { raster, spans: options.train },
  };
  const surrogate = poissonSurrogate(raster, seed);
  const short = firstBins(spans, options.surrogateBins ?? 200_000);
  const future = (factory: PredictorFactory): Promise<FuturePerturbationResult> =>
    futurePerturbation({
      factory,
      view,
      spans,
      seed,
      ...(options.trials === undefined ? {} : { trials: options.trials }),
    });
  const poisson = (factory: PredictorFactory): Promise<PoissonResult> =>
    poissonGuard({ factory, surrogate, train: options.train, spans: short, scored, level, seed });
  const predictors: GuardReport['predictors'][number][] = [];
  for (const [key, factory] of options.predictors) {
    options.onProgress?.(`guards: ${key}`);
    predictors.push({ key, future: await future(factory), poisson: await poisson(factory) });
  }
  options.onProgress?.('guards: predictors that cheat');
  const echo: PredictorFactory = (target) => new EchoPredictor(target.raster);
  const echoFuture = !(await future(echo)).passed;
  const echoPoisson = !(await poisson(echo)).passed;
  const controls: GuardReport['controls'][number][] = [
    {
      name: 'echo',
      caughtByFuture: echoFuture,
      caughtByPoisson: echoPoisson,
      caught: echoFuture && echoPoisson,
    },
  ];
  // The first predictor that follows the spikes: a rate table has nothing to leak.
  const follower = [...options.predictors].find(([key]) => key !== 'own-rate' && key !== 'plug-in');
  if (follower !== undefined) {
    const late: PredictorFactory = (target) => new UnshiftedPredictor(follower[1](target), target.raster);
    const caught = !(await future(late)).passed;
    controls.push({ name: 'unshifted', caughtByFuture: caught, caughtByPoisson: null, caught });
  }
  return {
    passed:
      predictors.every((entry) => entry.future.passed && entry.poisson.passed) &&
      controls.every((control) => control.caught),
    judged: predictors.every((entry) => entry.poisson.verdict !== 'not judged'),
    predictors,
    controls,
  };
}

function firstBins(spans: readonly BinSpan[], bins: number): BinSpan[] {
  let left = bins;
  return spans.flatMap((span) => {
    const stop = Math.min(span.stop, span.start + left);
    left -= Math.max(0, stop - span.start);
    return stop > span.start ? [{ start: span.start, stop }] : [];
  });
}
