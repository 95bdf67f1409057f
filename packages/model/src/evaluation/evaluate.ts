// The evaluation itself: one source (its floors and, if there is one, its trained model), any number of targets, one level
// of knowledge. Every predictor scores the same bins of the same units; everything tuned is tuned on source validation.
import { SpikebridgeError } from '../errors.ts';
import { minimumPast, withPast, type Segment } from '../recording/split.ts';
import type { BinSpan, Raster } from '../recording/types.ts';
import { EVALUATION_SCHEMA, type EvaluationDocument, type EvaluationPair } from './document.ts';
import { ExcerptDraw } from './excerpt.ts';
import { spanBins } from './features/cursor.ts';
import type { FittedFloors } from './floors/fitted.ts';
import { availableFloors, FLOOR_KEYS, floorFactory } from './floors/fit.ts';
import { plainHost, type DenseHost } from './dense-host.ts';
import { calibrate, IDENTITY, type Calibration } from './metrics/calibration.ts';
import { MOST_RANKED_CELLS, scorePredictor } from './metrics/score-predictor.ts';
import { bestFloor, collectPair, scoresOf, type ScoredEntry } from './pair.ts';
import { trainingProbabilities } from './floors/rates.ts';
import type {
  EvaluationSplit,
  KnowledgeLevel,
  KnownPart,
  PredictorFactory,
  PredictorKey,
  TargetView,
} from './types.ts';
import { planBlocks, resampleBlocks, type BlockPlan } from './uncertainty/blocks.ts';

export interface EvaluationSource {
  readonly name: string;
  readonly raster: Raster;
  readonly split: EvaluationSplit;
  /** What the split made of the recording, gaps included: for the report. */
  readonly segments?: readonly Segment[];
  /** (units) 1 = the column holds a unit; all by default. */
  readonly units?: Uint8Array;
  readonly floors: FittedFloors;
  /** The trained model, ready to be set up over a target; left out: floors alone. */
  readonly model?: PredictorFactory;
  readonly configHash?: string;
}

export interface EvaluationTarget {
  readonly name: string;
  /** Columns in SOURCE unit order: bin the target with the selection that pairing gives. */
  readonly raster: Raster;
  /** Bins to be scored, before those without enough past are taken out. */
  readonly test: readonly BinSpan[];
  /** (units) probability per bin over the training part: the null model, and what level `rates` may know. */
  readonly rates: Float64Array;
  /** The training part those rates come from; empty within a domain where they are the source's own. */
  readonly train: readonly BinSpan[];
  /**
   * What a level above `none` knows, where that is not the part of `raster` that `rates` come from: fewer seconds of it, or
   * a part of another recording of the same units, in the same columns.
   */
  readonly known?: KnownPart;
  /** Whose rates `rates` are; by default the source's where `train` is empty, else the target's. */
  readonly ratesFrom?: 'target' | 'source' | 'calibration';
  /** The recording of the same units that gave the rates. */
  readonly calibration?: { readonly name: string; readonly segments?: readonly Segment[] };
  /** What the split made of the target recording, gaps included: for the report. */
  readonly segments?: readonly Segment[];
  /** (units) 1 = the column has a partner; all by default. */
  readonly units?: Uint8Array;
  /** (units) names of the target's units in the columns, for figures of each. */
  readonly unitIds?: readonly (string | null)[];
  readonly pairing: EvaluationPair['pairing'];
  /** Predictors scored earlier on the same bins with the same resamples (`scoreRecording`): they are not set up again. */
  readonly scored?: readonly ScoredEntry[];
  readonly unpairedSource?: number;
  readonly unpairedTarget?: number;
}

/** Receives what `--export` writes: targets and probabilities as (bins, units), in order. */
export interface ScoreSink {
  begin(pair: {
    readonly target: string;
    readonly bins: number;
    readonly units: number;
    readonly spans: readonly BinSpan[];
  }): void;
  /** Rows from `firstRow` of one predictor; valid during the call only. */
  scores(key: PredictorKey, rows: Float32Array, firstRow: number): void;
}

export interface EvaluationProgress {
  readonly target: string;
  readonly predictor: PredictorKey;
  readonly step: 'calibrate' | 'score' | 'bootstrap';
  readonly done: number;
}

export interface EvaluationOptions {
  readonly source: EvaluationSource;
  readonly targets: readonly EvaluationTarget[];
  readonly level: KnowledgeLevel;
  /** The run's, in the document. */
  readonly seed: number;
  /** Draws the resamples: the same for everything that is compared. `seed` by default. */
  readonly resampleSeed?: number;
  /** Bins of context of the model; every scored bin has at least half of it as past. */
  readonly context: number;
  /** 1000 by default. */
  readonly replicates?: number;
  readonly host?: DenseHost;
  /** Predictors to score; all there are by default. */
  readonly only?: readonly PredictorKey[];
  /** From an earlier evaluation of the same source, to be reused. */
  readonly calibrations?: ReadonlyMap<PredictorKey, Calibration>;
  readonly sink?: ScoreSink;
  readonly onProgress?: (progress: EvaluationProgress) => void;
}

/** The order of predictors in a document: the model, then the floors as they are listed. */
const ORDER: readonly PredictorKey[] = ['model', ...FLOOR_KEYS];

/** Tables of rates: nothing was fitted, so nothing is recalibrated. */
const UNFITTED: readonly PredictorKey[] = ['own-rate', 'plug-in'];

/** Floors that name no unit of the source: what there is beside a model that needs no pairing. */
const UNPAIRED: readonly PredictorKey[] = ['model', 'own-rate', 'recent-rate', 'shared-kernel', 'plug-in'];

/** The predictors of a source that some target still needs, by key, in the order of the document. */
function predictorsOf(
  options: EvaluationOptions,
  host: DenseHost,
  targets: readonly EvaluationTarget[] = options.targets,
): Map<PredictorKey, PredictorFactory> {
  const { source, only } = options;
  const factories = new Map<PredictorKey, PredictorFactory>();
  if (source.model !== undefined) factories.set('model', source.model);
  for (const key of availableFloors(source.floors))
    factories.set(key, floorFactory(source.floors, key, host));
  const free = targets.length > 0 && targets.every(({ pairing }) => pairing === 'free');
  const isScored = (key: PredictorKey): boolean =>
    targets.length > 0 && targets.every(({ scored = [] }) => scored.some((entry) => entry.key === key));
  const isWanted = (key: PredictorKey): boolean =>
    (only === undefined || only.includes(key) || key === 'own-rate') && (!free || UNPAIRED.includes(key));
  return new Map([...factories].filter(([key]) => isWanted(key) && !isScored(key)));
}

/** Recalibration and threshold of one predictor, from source validation. */
async function calibrationOf(
  options: EvaluationOptions,
  key: PredictorKey,
  factory: PredictorFactory,
): Promise<Calibration> {
  const known = options.calibrations?.get(key);
  if (known !== undefined) return known;
  const { source } = options;
  const scored = source.units ?? new Uint8Array(source.raster.units).fill(1);
  const view: TargetView = {
    raster: source.raster,
    rates: options.level === 'none' ? null : source.floors.rates,
    scored,
    level: options.level,
    known: options.level === 'none' ? null : { raster: source.raster, spans: source.split.train },
  };
  const spans = withPast(source.split.validation, source.raster.observed, minimumPast(options.context));
  if (spanBins(spans) === 0) {
    throw new SpikebridgeError(
      'E_EVALUATION_SPLIT',
      'no validation bin of the source has half a context of past',
      {
        where: source.name,
        fix: 'give the validation part a larger share, or use a shorter context',
        exitCode: 2,
      },
    );
  }
  const predictor = factory(view);
  const found = await calibrate(predictor, source.raster, spans, scored);
  predictor.dispose?.();
  const left = UNFITTED.includes(key) || factory.calibrated === true;
  return left ? { ...IDENTITY, threshold: found.threshold } : found;
}

/** Calibrations of every predictor of a source, to be handed to later evaluations of the same source and level. */
export async function calibrateSource(
  options: EvaluationOptions,
): Promise<ReadonlyMap<PredictorKey, Calibration>> {
  const host = options.host ?? plainHost();
  const out = new Map<PredictorKey, Calibration>();
  for (const [key, factory] of predictorsOf(options, host)) {
    options.onProgress?.({ target: options.source.name, predictor: key, step: 'calibrate', done: 0 });
    out.set(key, await calibrationOf(options, key, factory));
    host.release();
  }
  return out;
}

/**
 * Scores every predictor on every target, one after the other.
 * @throws SpikebridgeError E_EVALUATION_SPLIT (nothing to tune on, or nothing to score), E_EVALUATION_UNITS (columns of a
 *   target that do not match the source's), E_EVALUATION_BINS (bin widths that differ), E_EVALUATION_LEVEL (pairing by rank at
 *   level none)
 */
export async function evaluateRecordings(options: EvaluationOptions): Promise<EvaluationDocument> {
  const ranked = options.targets.find((target) => target.pairing === 'rank');
  if (options.level === 'none' && ranked !== undefined) {
    throw new SpikebridgeError(
      'E_EVALUATION_LEVEL',
      "pairing by rank looks at the target units' rates, which level `none` may not know",
      { where: ranked.name, fix: 'use level `rates`, or pair by index or random', exitCode: 2 },
    );
  }
  const calibrations = await calibrateSource(options);
  const pairs: EvaluationPair[] = [];
  for (const target of options.targets) pairs.push(await evaluateTarget(options, target, calibrations));
  return { schema: EVALUATION_SCHEMA, pairs };
}

/** What may be known of a target where something may: by default the part its rates come from. */
function knownOf({ known, raster, train }: EvaluationTarget): KnownPart {
  return known ?? { raster, spans: train };
}

interface ScoredTarget {
  /** In the order of the document. */
  readonly entries: readonly ScoredEntry[];
  readonly spans: BinSpan[];
  readonly scored: Uint8Array;
  readonly known: KnownPart | null;
  readonly plan: BlockPlan;
  readonly replicates: number;
  readonly excerpt: NonNullable<EvaluationPair['excerpt']>;
}

/**
 * Scores the predictors of a source on one target: what `EvaluationTarget.scored` takes, so that floors that many models share
 * are scored once, where `resampleSeed` and `replicates` are the same.
 * @throws as `evaluateRecordings`
 */
export async function scoreRecording(
  options: EvaluationOptions,
  target: EvaluationTarget,
  calibrations: ReadonlyMap<PredictorKey, Calibration>,
): Promise<readonly ScoredEntry[]> {
  return (await scoreTarget(options, target, calibrations)).entries;
}

async function scoreTarget(
  options: EvaluationOptions,
  target: EvaluationTarget,
  calibrations: ReadonlyMap<PredictorKey, Calibration>,
): Promise<ScoredTarget> {
  const { source, level, seed, resampleSeed = seed, context } = options;
  const { raster } = target;
  const host = options.host ?? plainHost();
  if (raster.binMilliseconds !== source.raster.binMilliseconds) {
    throw new SpikebridgeError(
      'E_EVALUATION_BINS',
      `bins of ${raster.binMilliseconds} ms in the target, of ${source.raster.binMilliseconds} ms in the source`,
      { where: target.name, fix: 'bin both alike', exitCode: 2 },
    );
  }
  const spans = withPast(target.test, raster.observed, minimumPast(context));
  const bins = spanBins(spans);
  const present = target.units ?? new Uint8Array(raster.units).fill(1);
  const here =
    target.pairing === 'free' ? present : (source.units ?? new Uint8Array(source.raster.units).fill(1));
  const scored = present.map((flag, u) => flag & here[u]);
  const units = scored.reduce((sum, flag) => sum + flag, 0);
  if (bins === 0 || units === 0) {
    throw new SpikebridgeError('E_EVALUATION_SPLIT', `${bins} bins of ${units} paired units can be scored`, {
      where: target.name,
      fix: 'give the test part a larger share, use a shorter context, or choose another pairing',
      exitCode: 2,
    });
  }
  const known = level === 'none' ? null : knownOf(target);
  const rates =
    known === null
      ? null
      : target.known === undefined
        ? target.rates
        : trainingProbabilities(known.raster, known.spans);
  const view: TargetView = { raster, rates, scored, level, known };
  const plan = planBlocks(spans, raster.binMilliseconds);
  const replicates = options.replicates ?? 1000;
  const resamples = plan.intervals ? resampleBlocks(plan.blocks, replicates, resampleSeed) : [];
  options.sink?.begin({ target: target.name, bins, units: raster.units, spans });
  const entries: ScoredEntry[] = [...(target.scored ?? [])];
  const excerpt = new ExcerptDraw(raster, spans, scored, seed);
  for (const [key, factory] of predictorsOf(options, host, [target])) {
    const report = (step: EvaluationProgress['step'], done: number): void =>
      options.onProgress?.({ target: target.name, predictor: key, step, done });
    const calibration = calibrations.get(key) ?? { ...IDENTITY, threshold: 0.5 };
    report('score', 0);
    const predictor = factory(view);
    const result = await scorePredictor({
      predictor,
      raster,
      spans,
      scored,
      nullRates: target.rates,
      calibration,
      firstRows: plan.firstRows,
      onBlock: (rows, first) => {
        options.sink?.scores(key, rows, first);
        if (key === 'model') excerpt.take(rows, first, raster.units, calibration);
      },
      onProgress: (done) => report('score', done),
    });
    predictor.dispose?.();
    report('bootstrap', 0);
    entries.push({ key, calibration, ...collectPair(result, resamples) });
    host.release();
  }
  entries.sort((a, b) => ORDER.indexOf(a.key) - ORDER.indexOf(b.key));
  return { entries, spans, scored, known, plan, replicates, excerpt: excerpt.result(raster) };
}

async function evaluateTarget(
  options: EvaluationOptions,
  target: EvaluationTarget,
  calibrations: ReadonlyMap<PredictorKey, Calibration>,
): Promise<EvaluationPair> {
  const { source, level, seed, context } = options;
  const { raster } = target;
  const { entries, spans, scored, known, plan, replicates, excerpt } = await scoreTarget(
    options,
    target,
    calibrations,
  );
  const bins = spanBins(spans);
  const units = scored.reduce((sum, flag) => sum + flag, 0);
  const best = bestFloor(entries);
  const counts = entries[0];
  return {
    source: source.name,
    target: target.name,
    pairing: target.pairing,
    level,
    seed,
    configHash: source.configHash ?? null,
    binMilliseconds: raster.binMilliseconds,
    context,
    splits: {
      source: {
        train: [...source.split.train],
        validation: [...source.split.validation],
        ...(source.segments === undefined ? {} : { segments: [...source.segments] }),
      },
      target: {
        train: [...target.train],
        ratesFrom: target.ratesFrom ?? (target.train.length === 0 ? 'source' : 'target'),
        calibration: target.calibration?.name ?? null,
        ...(target.calibration?.segments === undefined
          ? {}
          : { calibrationSegments: [...target.calibration.segments] }),
        scored: spans,
        ...(target.segments === undefined ? {} : { segments: [...target.segments] }),
      },
    },
    targetTrainingSeconds: known === null ? 0 : (spanBins(known.spans) * raster.binMilliseconds) / 1000,
    scored: {
      bins,
      units,
      unpairedSource: target.unpairedSource ?? 0,
      unpairedTarget: target.unpairedTarget ?? 0,
      spikes: counts.spikes,
      density: counts.spikes / (bins * units),
    },
    blocks: {
      count: plan.blocks,
      bins: plan.blockBins,
      shortened: plan.shortened,
      intervals: plan.intervals,
      replicates: plan.intervals ? replicates : 0,
    },
    exactRanking: bins * units <= MOST_RANKED_CELLS,
    ...scoresOf(entries, best, plan.blocks),
    rankedUnits: counts.ranked.map(({ column, spikes }) => ({
      ...{ column, id: target.unitIds?.[column] ?? null, spikes },
    })),
    excerpt,
  };
}
