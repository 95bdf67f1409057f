// What an evaluation judges on: the source's own held-out part, or another recording whose units were paired with the
// source's. Columns of the target raster stand in SOURCE unit order.
import type {
  BinGrid,
  BinSpan,
  EvaluationTarget,
  KnowledgeLevel,
  Recording,
  RunConfig,
  Shares,
  UnitSelection,
} from '@spikebridge/model';
import {
  binRecording,
  countBins,
  pairUnits,
  selectUnits,
  SpikebridgeError,
  splitBins,
  trainingProbabilities,
  wholeSplit,
} from '@spikebridge/model';
import { fingerprintOf } from './data.ts';
import { criteriaOf, gridOf } from './prepared.ts';
import type { Prepared } from './prepared.ts';

export const PAIRING_CHOICES = ['within', 'index', 'rank', 'random'] as const;
export type PairingChoice = (typeof PAIRING_CHOICES)[number];

export interface TargetRequest {
  readonly source: Prepared;
  readonly config: RunConfig;
  readonly recording: Recording;
  /** Gives the target units' rates in place of the target's own training part: same units, same order. */
  readonly calibration: Recording | undefined;
  readonly pairing: PairingChoice;
  readonly part: 'test' | 'all';
  readonly split: Shares | undefined;
  readonly seed: number;
}

export interface PreparedTarget {
  readonly target: EvaluationTarget;
  readonly level: KnowledgeLevel;
  /** Ids of the target's units in the order of columns; null where a column has no unit. */
  readonly unitIds: readonly (string | null)[];
}

/** (units) 1 where a slot holds a unit. */
export const presentUnits = (slots: ArrayLike<number>): Uint8Array =>
  Uint8Array.from(slots, (slot) => (slot >= 0 ? 1 : 0));

/**
 * Refuses to score bins of the source's own recording that it was fitted or tuned on. Bins are counted from tick 0, so that
 * excerpts of one recording compare.
 * @throws E_EVALUATION_TRAINED
 */
function refuseTrainedBins(source: Prepared, grid: BinGrid, test: readonly BinSpan[]): void {
  const known = [...source.split.train.spans, ...source.split.validation.spans];
  const shift = grid.firstBin - source.grid.firstBin;
  const overlaps = test.some((span) =>
    known.some((other) => span.start + shift < other.stop && other.start < span.stop + shift),
  );
  if (overlaps)
    throw new SpikebridgeError(
      'E_EVALUATION_TRAINED',
      'bins that the run was trained or tuned on would be scored',
      {
        where: source.recording.name,
        fix: 'judge the held-out part (--part test, no --split), or another recording',
        exitCode: 2,
      },
    );
}

/** The part of its own recording that the source did not train on. @throws E_EVALUATION_SPLIT, E_EVALUATION_TRAINED */
export function heldOut(source: Prepared, part: 'test' | 'all'): PreparedTarget {
  const { split, selection, raster, recording } = source;
  const test = part === 'all' ? raster.observed : split.test.spans;
  if (countBins(test) === 0)
    throw new SpikebridgeError('E_EVALUATION_SPLIT', 'the run left no test part of its recording', {
      where: recording.name,
      fix: 'name another recording with --data, or train with a test share such as --split 60,20,20',
      exitCode: 2,
    });
  refuseTrainedBins(source, source.grid, test);
  return {
    level: 'none',
    unitIds: idsOf(recording, selection.slots),
    target: {
      name: recording.name,
      raster,
      test,
      rates: trainingProbabilities(raster, split.train.spans),
      train: [],
      units: presentUnits(selection.slots),
      pairing: 'within',
    },
  };
}

/**
 * Another recording, its units put in the source's columns.
 * @throws E_PAIR_RATES, E_SPLIT_EMPTY, E_UNITS_NONE, E_CALIBRATION_UNITS, E_CALIBRATION_LEAK, E_EVALUATION_TRAINED
 */
export function otherRecording(request: TargetRequest): PreparedTarget {
  const { source, config, recording, calibration, pairing, part } = request;
  const level: KnowledgeLevel = pairing === 'rank' ? 'rates' : 'none';
  const grid = gridOf(recording, config.data, {});
  const split =
    part === 'all'
      ? wholeSplit(grid, 'test')
      : splitBins(grid, request.split ?? defaultShares(config), { context: config.training.context });
  const fingerprint = fingerprintOf(recording);
  if (fingerprint === fingerprintOf(source.recording)) refuseTrainedBins(source, grid, split.test.spans);
  if (calibration !== undefined && fingerprintOf(calibration) === fingerprint)
    throw new SpikebridgeError(
      'E_CALIBRATION_LEAK',
      'the calibration is the recording to be judged: rates would come from the bins that are scored',
      {
        where: calibration.name,
        fix: "calibrate on another recording of the same units, or leave --calibrate out for the target's training part",
        exitCode: 2,
      },
    );
  // Where the target's rates come from: a calibration recording, or the target's own training part.
  const from = calibration ?? recording;
  const ratesGrid = calibration === undefined ? grid : gridOf(calibration, config.data, {});
  const ratesSplit = calibration === undefined ? split : wholeSplit(ratesGrid, 'train');
  const hasRates = countBins(ratesSplit.train.spans) > 0;
  if (calibration !== undefined && calibration.units.length !== recording.units.length)
    throw new SpikebridgeError(
      'E_CALIBRATION_UNITS',
      `the calibration has ${calibration.units.length} units, the target ${recording.units.length}`,
      { where: calibration.name, fix: 'calibrate on another recording of the very same units', exitCode: 2 },
    );
  if (pairing !== 'within' && !hasRates)
    throw new SpikebridgeError(
      'E_PAIR_RATES',
      "the null model (and pairing by rank) needs the target units' rates, and all of it is tested",
      {
        where: '--part all',
        fix: 'add --calibrate with a recording of the same units, or use --part test',
        exitCode: 2,
      },
    );
  const paired =
    pairing === 'within' || pairing === 'index'
      ? sameOrder(source.selection, recording)
      : // At level `none` not even the choice of units may look at the target's rates.
        chooseAndPair(request, from, level === 'rates' ? { grid: ratesGrid, split: ratesSplit } : undefined);
  const { raster } = binRecording(recording, grid, paired.slots);
  // Within a preparation the null model is the source's rates, an earlier window of the same units, unless a calibration is given.
  const useSource = pairing === 'within' && calibration === undefined;
  const ratesRaster =
    calibration === undefined ? raster : binRecording(calibration, ratesGrid, paired.slots).raster;
  const train: readonly BinSpan[] = useSource ? [] : ratesSplit.train.spans;
  return {
    level,
    unitIds: idsOf(recording, paired.slots),
    target: {
      name: recording.name,
      raster,
      test: split.test.spans,
      rates: useSource
        ? trainingProbabilities(source.raster, source.split.train.spans)
        : trainingProbabilities(ratesRaster, train),
      train,
      units: presentUnits(paired.slots),
      pairing,
      unpairedSource: paired.unpairedSource,
      unpairedTarget: paired.unpairedTarget,
    },
  };
}

/**
 * Bins of the TARGET's raster that give the rates of its surrogate: its own training part, the source's where they are one
 * recording, else all of it (a surrogate's rates are the same everywhere). Spans of another recording mean nothing here.
 */
export function guardTraining(
  source: Prepared,
  target: EvaluationTarget,
  calibrated: boolean,
): readonly BinSpan[] {
  if (target.raster === source.raster) return source.split.train.spans;
  return !calibrated && target.train.length > 0 ? target.train : target.raster.observed;
}

interface Paired {
  readonly slots: Int32Array;
  readonly unpairedSource: number;
  readonly unpairedTarget: number;
}

/** The i-th unit of the source's file is the i-th of the target's, whatever the order of slots. */
function sameOrder(selection: UnitSelection, recording: Recording): Paired {
  const slots = selection.slots.map((unit) => (unit < recording.units.length ? unit : -1));
  const taken = slots.filter((unit) => unit >= 0).length;
  const wanted = selection.slots.filter((unit) => unit >= 0).length;
  return { slots, unpairedSource: wanted - taken, unpairedTarget: recording.units.length - taken };
}

/** Chooses the target's units by the source's rules (labels and ids name units of the source only) and pairs them. */
function chooseAndPair(
  request: TargetRequest,
  from: Recording,
  rates: Pick<Prepared, 'grid' | 'split'> | undefined,
): Paired {
  const { source, config, pairing, seed } = request;
  const { order, width, minRate, maxRate } = criteriaOf(config);
  const grid = rates?.grid ?? gridOf(from, config.data, {});
  const selection = selectUnits(from, grid, rates?.split.train ?? null, {
    ...(width === undefined ? {} : { width }),
    order: rates === undefined ? 'first' : (order ?? 'first'),
    seed,
    ...(rates === undefined || minRate === undefined ? {} : { minRate }),
    ...(rates === undefined || maxRate === undefined ? {} : { maxRate }),
  });
  const pairs = pairUnits(source.selection, selection, pairing === 'random' ? 'random' : 'rank', seed);
  return {
    slots: pairs.selection.slots,
    unpairedSource: pairs.unpairedSource.length,
    // Every unit of the target that is not scored, those left out by rate or for want of slots included.
    unpairedTarget: from.units.length - pairs.selection.slots.filter((unit) => unit >= 0).length,
  };
}

/** The run's own split, or 60/20/20 where the run left nothing to test. */
const defaultShares = (config: RunConfig): Shares =>
  config.data.split[2] > 0 ? config.data.split : [60, 20, 20];

const idsOf = (recording: Recording, slots: ArrayLike<number>): (string | null)[] =>
  Array.from(slots, (unit) => (unit < 0 ? null : recording.units[unit].id));
