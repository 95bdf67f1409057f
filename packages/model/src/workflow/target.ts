// What an evaluation judges on: the source's own held-out part, or another recording whose units were paired with the
// source's. Columns of the target raster stand in SOURCE unit order.
import type { RunConfig } from '../config/schema.ts';
import { sha256HexOfText } from '../config/sha256.ts';
import { SpikebridgeError } from '../errors.ts';
import type { EvaluationTarget } from '../evaluation/evaluate.ts';
import { trainingProbabilities } from '../evaluation/floors/rates.ts';
import { latestBins } from '../evaluation/plug-in/known-part.ts';
import type { KnowledgeLevel } from '../evaluation/types.ts';
import { countBins } from '../recording/grid.ts';
import type { BinGrid } from '../recording/grid.ts';
import { pairUnits } from '../recording/pairing.ts';
import { binRecording } from '../recording/raster.ts';
import { selectUnits } from '../recording/selection.ts';
import type { UnitCriteria } from '../recording/selection.ts';
import { splitBins, wholeSplit } from '../recording/split.ts';
import type { Shares, TrainingPart } from '../recording/split.ts';
import type { BinSpan, Recording, UnitInfo } from '../recording/types.ts';
import { fingerprintOf } from './opened-recording.ts';
import { criteriaOf, gridOf } from './prepared.ts';
import type { Prepared } from './prepared.ts';

export const PAIRING_CHOICES = ['within', 'index', 'rank', 'random', 'free'] as const;
export type PairingChoice = (typeof PAIRING_CHOICES)[number];

/** Another recording whose units are to stand in the source's columns. */
export interface PairingRequest {
  readonly source: Prepared;
  readonly config: RunConfig;
  readonly recording: Recording;
  readonly pairing: PairingChoice;
  readonly seed: number;
  /** The target's own rules for its units, in place of what of the source's holds for it. */
  readonly criteria?: UnitCriteria;
}

export interface TargetRequest extends PairingRequest {
  /** Gives the target units' rates in place of the target's own training part: same units, same order. */
  readonly calibration: Recording | undefined;
  readonly level: KnowledgeLevel;
  /** Only the last seconds of the target's training part are known; all of it when left out. */
  readonly calibrationSeconds: number | undefined;
  readonly part: 'test' | 'all';
  readonly split: Shares | undefined;
}

export interface PreparedTarget {
  readonly target: EvaluationTarget;
  readonly level: KnowledgeLevel;
  /** Eight digits that stand for what is judged: the trains, the calibration, the split, the pairing. */
  readonly judged: string;
  /** Ids of the target's units in the order of columns; null where a column has no unit. */
  readonly unitIds: readonly (string | null)[];
  /** The target's units in the order of columns, with their labels; null where a column has none. */
  readonly columns: readonly (UnitInfo | null)[];
  /** One plain sentence each: what of the source's rules held for the target, and what could not. */
  readonly notes: readonly string[];
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
export function heldOut(
  source: Prepared,
  part: 'test' | 'all',
  level: KnowledgeLevel = 'none',
  calibrationSeconds?: number,
): PreparedTarget {
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
    level,
    unitIds: idsOf(recording, selection.slots),
    columns: unitsOf(recording, selection.slots),
    notes: [],
    judged: shortHash([
      fingerprintOf(recording),
      split.segments,
      part,
      'within',
      ...knowledgeOf(level, 'none', calibrationSeconds),
    ]),
    target: {
      name: recording.name,
      raster,
      test,
      rates: trainingProbabilities(raster, split.train.spans),
      train: [],
      known: { raster, spans: latestSeconds(split.train.spans, calibrationSeconds, raster.binMilliseconds) },
      ratesFrom: 'source',
      segments: split.segments,
      units: presentUnits(selection.slots),
      pairing: 'within',
    },
  };
}

/**
 * Another recording, its units put in the source's columns.
 * @throws E_PAIR_RATES, E_PAIR_UNITS, E_SPLIT_EMPTY, E_UNITS_NONE, E_CALIBRATION_UNITS, E_CALIBRATION_LEAK,
 *   E_EVALUATION_TRAINED
 */
export function otherRecording(request: TargetRequest): PreparedTarget {
  const { source, config, recording, calibration, pairing, level, part, seed } = request;
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
  // Within a preparation the null model is the source's rates, an earlier window of the same units, unless a calibration is given.
  const useSource = pairing === 'within' && calibration === undefined;
  // Rates that units are chosen and ranked by come from what is known, and so do statistics.
  const knownSpans = latestSeconds(
    useSource ? source.split.train.spans : ratesSplit.train.spans,
    request.calibrationSeconds,
    config.data.binMs,
  );
  const calibrationUnit = calibration === undefined ? null : sameUnits(recording, calibration);
  if (calibration !== undefined && calibrationUnit === null)
    throw new SpikebridgeError(
      'E_CALIBRATION_UNITS',
      `the calibration holds other units than the target: ${differenceOf(recording, calibration)}`,
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
  // At level `none` not even the choice of units may look at the target's rates.
  const known = { grid: ratesGrid, train: { ...ratesSplit.train, spans: knownSpans } };
  const paired = pairColumns(request, grid, from, level === 'none' ? undefined : known);
  const { raster } = binRecording(recording, grid, paired.slots);
  const ratesRaster =
    calibration === undefined
      ? raster
      : binRecording(
          calibration,
          ratesGrid,
          paired.slots.map((unit) => (unit < 0 ? -1 : (calibrationUnit?.[unit] ?? -1))),
        ).raster;
  const train: readonly BinSpan[] = useSource ? [] : ratesSplit.train.spans;
  return {
    level,
    unitIds: idsOf(recording, paired.slots),
    columns: unitsOf(recording, paired.slots),
    notes: paired.notes,
    judged: shortHash([
      fingerprint,
      calibration === undefined ? null : fingerprintOf(calibration),
      split.segments,
      part,
      pairing,
      level,
      seed,
      ...(request.calibrationSeconds === undefined ? [] : [request.calibrationSeconds]),
    ]),
    target: {
      name: recording.name,
      raster,
      test: split.test.spans,
      rates: useSource
        ? trainingProbabilities(source.raster, source.split.train.spans)
        : trainingProbabilities(ratesRaster, train),
      train,
      known: { raster: useSource ? source.raster : ratesRaster, spans: knownSpans },
      ratesFrom: useSource ? 'source' : calibration === undefined ? 'target' : 'calibration',
      ...(calibration === undefined
        ? {}
        : { calibration: { name: calibration.name, segments: ratesSplit.segments } }),
      segments: split.segments,
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

const shortHash = (judged: readonly unknown[]): string => sha256HexOfText(JSON.stringify(judged)).slice(0, 8);

/** All of a training part, or its last seconds. @throws E_CALIBRATION_SHORT */
const latestSeconds = (
  spans: readonly BinSpan[],
  seconds: number | undefined,
  binMilliseconds: number,
): readonly BinSpan[] =>
  seconds === undefined ? spans : latestBins(spans, Math.round((seconds * 1000) / binMilliseconds));

/** What of the knowledge goes into the name of a document: nothing where it is what the pairing implies. */
const knowledgeOf = (
  level: KnowledgeLevel,
  implied: KnowledgeLevel,
  seconds: number | undefined,
): readonly unknown[] => (level === implied && seconds === undefined ? [] : [level, seconds ?? null]);

/** Bins whose rates may be known. */
interface KnownRates {
  readonly grid: BinGrid;
  readonly train: TrainingPart;
}

export interface Paired {
  /** (source width) index of the TARGET recording's unit, or -1. */
  readonly slots: Int32Array;
  readonly unpairedSource: number;
  readonly unpairedTarget: number;
  readonly notes: readonly string[];
}

/** `from` gives the target units' rates on the part that `rates` names, where they may be known; pairing by rank needs them. */
function pairColumns(
  request: PairingRequest,
  grid: BinGrid,
  from: Recording,
  rates: KnownRates | undefined,
): Paired {
  const { source, recording, pairing } = request;
  if (pairing === 'within') return theSameUnits(source, recording);
  if (pairing === 'index') return sameOrder(source, recording, grid);
  return chooseAndPair(request, from, rates);
}

/**
 * The units of another recording in the source's columns, as an evaluation by the run's own split pairs them.
 * @throws E_PAIR_UNITS, E_SPLIT_EMPTY, E_UNITS_NONE
 */
export function pairAsEvaluated(request: PairingRequest): Paired {
  const { config, recording, pairing } = request;
  const grid = gridOf(recording, config.data, {});
  const { context } = config.training;
  // Only rates need a split, and a short recording may have none.
  const byRates = pairing === 'rank' || pairing === 'free';
  const split = byRates ? splitBins(grid, defaultShares(config), { context }) : wholeSplit(grid, 'test');
  return pairColumns(request, grid, recording, byRates ? { grid, train: split.train } : undefined);
}

/**
 * (units of `one`) which unit of `other` it is, by id; null where they do not hold the same units. Formats without names
 * call units by their row, so two such files agree where they have as many.
 */
export function sameUnits(one: Recording, other: Recording): Int32Array | null {
  if (one.units.length !== other.units.length) return null;
  const at = new Map(other.units.map(({ id }, index) => [id, index]));
  const found = one.units.map(({ id }) => at.get(id) ?? -1);
  return found.includes(-1) || new Set(found).size < found.length ? null : Int32Array.from(found);
}

/** How the units of two recordings differ, in a few words. */
function differenceOf(one: Recording, other: Recording): string {
  if (one.units.length !== other.units.length) return `${one.units.length} and ${other.units.length} units`;
  const there = new Set(other.units.map(({ id }) => id));
  const missing = one.units.filter(({ id }) => !there.has(id)).map(({ id }) => id);
  return missing.length === 0
    ? 'ids that name several units'
    : `${missing.length} ids such as ${missing.slice(0, 3).join(', ')} are not in both`;
}

/** The very units of the source, found by id. @throws E_PAIR_UNITS */
function theSameUnits({ recording: own, selection }: Prepared, recording: Recording): Paired {
  const there = sameUnits(own, recording);
  if (there === null)
    throw new SpikebridgeError(
      'E_PAIR_UNITS',
      `pairing within says that the units are the same, but ${differenceOf(own, recording)}`,
      {
        where: recording.name,
        fix: 'pair by index, rank or random, or name a recording of the very same units',
        exitCode: 2,
      },
    );
  const slots = selection.slots.map((unit) => (unit < 0 ? -1 : there[unit]));
  const taken = slots.filter((unit) => unit >= 0).length;
  return { slots, unpairedSource: 0, unpairedTarget: recording.units.length - taken, notes: [] };
}

/** The i-th unit of the source's file is the i-th of the target's, whatever the order of slots. */
function sameOrder({ recording: own, selection }: Prepared, recording: Recording, grid: BinGrid): Paired {
  const all = selectUnits(recording, grid, null, { width: recording.units.length });
  const pairs = pairUnits(selection, all, 'index');
  return {
    slots: pairs.selection.slots,
    unpairedSource: pairs.unpairedSource.length,
    unpairedTarget: pairs.unpairedTarget.length,
    notes:
      sameUnits(own, recording) === null
        ? [`paired by order in the files, not by name: ${differenceOf(own, recording)}`]
        : [],
  };
}

/** Labels of the source's rules that the target knows: a list holds where any unit carries a label of it. */
function labelRules(
  { quality, region }: UnitCriteria,
  units: readonly UnitInfo[],
): { readonly rules: Pick<UnitCriteria, 'quality' | 'region'>; readonly notes: readonly string[] } {
  const rules: { quality?: readonly string[]; region?: readonly string[] } = {};
  const notes: string[] = [];
  for (const [key, list] of [
    ['quality', quality],
    ['region', region],
  ] as const) {
    if (list === undefined) continue;
    const kept = units.filter((unit) => list.includes(unit[key] ?? '')).length;
    if (kept > 0) rules[key] = list;
    notes.push(
      kept > 0
        ? `${key} ${list.join(', ')} as in the source: ${kept} of ${units.length} target units`
        : `${key} ${list.join(', ')} of the source is not applied: no target unit carries it`,
    );
  }
  return { rules, notes };
}

/** Chooses the target's units by the source's rules, labels where it has them (ids name units of the source), and pairs them. */
function chooseAndPair(request: PairingRequest, from: Recording, rates: KnownRates | undefined): Paired {
  const { source, config, recording, pairing, seed } = request;
  const own = request.criteria;
  const { order, width, minRate, maxRate, quality, region, ids } = own ?? criteriaOf(config);
  const grid = rates?.grid ?? gridOf(from, config.data, {});
  // Labels are the judged recording's; a calibration may not repeat them.
  const place = sameUnits(from, recording) ?? Int32Array.from(from.units.keys());
  const units = Array.from(place, (unit) => recording.units[unit]);
  const labels = { ...(quality && { quality }), ...(region && { region }) };
  const { rules, notes } = own === undefined ? labelRules(labels, units) : { rules: labels, notes: [] };
  const selection = selectUnits({ ...from, units }, grid, rates?.train ?? null, {
    ...rules,
    // Ids name units of the recording whose rules they are.
    ...(own === undefined || ids === undefined ? {} : { ids }),
    ...(width === undefined ? {} : { width }),
    order: rates === undefined ? 'first' : (order ?? 'first'),
    seed,
    ...(rates === undefined || minRate === undefined ? {} : { minRate }),
    ...(rates === undefined || maxRate === undefined ? {} : { maxRate }),
  });
  if (pairing === 'free') {
    const slots = selection.slots.map((unit) => (unit < 0 ? -1 : place[unit]));
    const taken = slots.filter((unit) => unit >= 0).length;
    return { slots, unpairedSource: 0, unpairedTarget: recording.units.length - taken, notes };
  }
  const pairs = pairUnits(source.selection, selection, pairing === 'random' ? 'random' : 'rank', seed);
  const slots = pairs.selection.slots.map((unit) => (unit < 0 ? -1 : place[unit]));
  const ruleless = rates === undefined && ((minRate ?? 0) > 0 || (maxRate ?? Infinity) < Infinity);
  return {
    slots,
    unpairedSource: pairs.unpairedSource.length,
    // Every unit of the target that is not scored, those left out by rate or for want of slots included.
    unpairedTarget: recording.units.length - slots.filter((unit) => unit >= 0).length,
    notes: ruleless
      ? [...notes, 'limits on rates are not applied: level none knows no rate of the target']
      : notes,
  };
}

/** The run's own split, or 60/20/20 where the run left nothing to test. */
export const defaultShares = (config: RunConfig): Shares =>
  config.data.split[2] > 0 ? config.data.split : [60, 20, 20];

const unitsOf = (recording: Recording, slots: ArrayLike<number>): (UnitInfo | null)[] =>
  Array.from(slots, (unit) => (unit < 0 ? null : recording.units[unit]));

const idsOf = (recording: Recording, slots: ArrayLike<number>): (string | null)[] =>
  unitsOf(recording, slots).map((unit) => unit?.id ?? null);
