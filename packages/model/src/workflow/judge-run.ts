// A run judged as every host judges it: the model and every floor on the same bins, kept in the run folder; or the leak guards.
import { SpikebridgeError } from '../errors.ts';
import type { EvaluationDocument, FreeRunning } from '../evaluation/document.ts';
import { evaluateRecordings } from '../evaluation/evaluate.ts';
import type { EvaluationProgress, ScoreSink } from '../evaluation/evaluate.ts';
import { availableFloors, FLOOR_KEYS, floorFactory } from '../evaluation/floors/fit.ts';
import type { FittedFloors } from '../evaluation/floors/fitted.ts';
import type { GuardReport } from '../evaluation/guards.ts';
import { runGuards } from '../evaluation/guards.ts';
import type { PredictorFactory, PredictorKey } from '../evaluation/types.ts';
import { minimumPast, withPast } from '../recording/split.ts';
import type { Device } from './device.ts';
import type { FloorStore } from './floors-cache.ts';
import { floorsOrRates, spansOf } from './floors-cache.ts';
import type { FreeRunningRequest } from './free-running.ts';
import { freeRunning } from './free-running.ts';
import { OWN_EVALUATION, readEvaluation } from './kept-documents.ts';
import type { Listener } from './listener.ts';
import { mixedModel } from './mixed-runs.ts';
import type { PreparedTarget } from './target.ts';
import { guardTraining, presentUnits } from './target.ts';
import type { Source, TrainedRun } from './trained-run.ts';
import { asJson } from './trained-run.ts';

/** What is judged and on what. */
export interface Judgement {
  readonly run: TrainedRun;
  /** Runs that it is mixed with. */
  readonly others: readonly TrainedRun[];
  readonly source: Source;
  readonly prepared: PreparedTarget;
  readonly device: Device;
  readonly floorKeys: readonly PredictorKey[];
  /** Where fitted floors are kept. */
  readonly floors: FloorStore;
  readonly listener: Listener;
}

/** What the run makes by itself, compared with what is scored. */
type StatisticsRequest = Pick<FreeRunningRequest, 'host' | 'bins' | 'matchRates'>;

export interface JudgeRequest extends Judgement {
  /** A recording was named, be it the source's own. */
  readonly named: boolean;
  readonly part: 'test' | 'all';
  /** Replaces a document that covers more. */
  readonly force: boolean;
  readonly replicates?: number;
  readonly statistics?: StatisticsRequest;
  readonly sink?: ScoreSink;
  /** What was typed, or would be, to have the document again. */
  readonly command?: string;
}

/** `all`, `none`, or keys with commas between. @throws E_FLOOR_NAME */
export function parseFloors(text: string): readonly PredictorKey[] {
  if (text === 'all') return FLOOR_KEYS;
  if (text === 'none') return ['own-rate'];
  return text.split(',').map((name) => {
    const key = FLOOR_KEYS.find((floor) => floor === name.trim());
    if (key === undefined)
      throw new SpikebridgeError('E_FLOOR_NAME', `no floor is called "${name.trim()}"`, {
        where: '--floors',
        fix: `choose from ${FLOOR_KEYS.join(', ')}, or all, or none`,
        exitCode: 2,
      });
    return key;
  });
}

/** Fitted floors where any of those asked for is fitted; bare rates otherwise. */
function floorsFor(call: Judgement): Promise<FittedFloors> {
  const { run, source, device, floorKeys, floors, listener } = call;
  const { config } = run.resolved;
  return floorsOrRates({
    store: floors,
    source,
    fingerprint: source.fingerprint,
    config,
    host: device.matMul,
    listener,
    wanted: floorKeys,
  });
}

/**
 * Judges a run beside the floors, keeps the document in its folder (unless the one there covers more) and returns it.
 * @throws what fitting, scoring and generating throw
 */
export async function judgeRun(call: JudgeRequest): Promise<EvaluationDocument> {
  const { run, source, prepared, device, floorKeys, sink, replicates } = call;
  const { config, hash } = run.resolved;
  const floors = await floorsFor(call);
  const steps = judgingSteps(call);
  const { model, mixture } = await mixedModel(call);
  const judged = await evaluateRecordings({
    source: {
      name: source.recording.name,
      raster: source.raster,
      split: spansOf(source),
      segments: source.split.segments,
      units: presentUnits(source.selection.slots),
      floors,
      model,
      configHash: hash,
    },
    targets: [{ ...prepared.target, unitIds: prepared.unitIds }],
    level: prepared.level,
    seed: config.seed,
    context: config.training.context,
    host: device.matMul,
    only: ['model', ...floorKeys],
    ...(sink === undefined ? {} : { sink }),
    ...(replicates === undefined ? {} : { replicates }),
    onProgress: steps.update,
  });
  steps.stop();
  const document =
    mixture === undefined ? judged : { ...judged, pairs: judged.pairs.map((pair) => ({ ...pair, mixture })) };
  // Kept before anything is generated, so that Ctrl-C loses no score.
  const before = await keptBefore(call);
  const scored = withFreeRunning(
    call.command === undefined ? document : { ...document, command: call.command },
    stillHolds(call, before),
  );
  const kept = await keep(call, before, scored);
  const whole =
    call.statistics === undefined
      ? scored
      : withFreeRunning(scored, await freeRunningOf(call, call.statistics, scored));
  // Where wider scores stay, what was generated goes with them.
  if (whole !== scored && kept) await write(call, whole);
  else if (whole !== scored && before !== undefined)
    await write(call, withFreeRunning(before, whole.pairs[0].freeRunning));
  return whole;
}

/** The one pair of a document, with what the run made by itself. */
const withFreeRunning = (document: EvaluationDocument, made: FreeRunning | undefined): EvaluationDocument =>
  made === undefined
    ? document
    : { ...document, pairs: document.pairs.map((pair) => ({ ...pair, freeRunning: made })) };

/** Statistics of the same weights that are kept already: scoring anew does not lose them. */
function stillHolds({ run }: JudgeRequest, before: EvaluationDocument | undefined): FreeRunning | undefined {
  const made = before?.pairs[0]?.freeRunning;
  return made?.configHash === run.resolved.hash && made.step === run.step ? made : undefined;
}

function freeRunningOf(
  { run, source, prepared, replicates = 200, listener }: JudgeRequest,
  statistics: StatisticsRequest,
  { pairs: [pair] }: EvaluationDocument,
): Promise<FreeRunning> {
  return freeRunning({
    ...{ run, source, prepared, replicates, listener, ...statistics },
    shown: pair.excerpt?.bins ?? 0,
  });
}

/** Progress over all predictors: each is tuned on source validation, then scores the target, then is resampled. */
function judgingSteps({ floorKeys, listener }: JudgeRequest): {
  readonly update: (progress: EvaluationProgress) => void;
  readonly stop: () => void;
} {
  const keys = new Set<PredictorKey>(['model', 'own-rate', ...floorKeys]);
  const started = { calibrate: 0, score: 0, bootstrap: 0 };
  const total = 2 * keys.size;
  let last = '';
  let done = 0;
  const progress = listener.progress('judging', total, 'passes');
  return {
    update({ step, predictor, done: share }) {
      const name = `${step}: ${predictor}`;
      if (name !== last) started[step] += 1;
      last = name;
      // A predictor makes two passes: over validation, over the target. The latest one of each is not done yet.
      const tuned = step === 'calibrate' ? started.calibrate - 1 : started.calibrate;
      const scored = step === 'score' ? started.score - 1 + share : started.score;
      done = tuned + scored;
      progress.update(done, name);
    },
    stop() {
      if (done < total) progress.update(total);
      progress.stop();
    },
  };
}

/** Where the document of a judgement is kept in the run folder: under a name that says what was judged. */
export function evaluationFile({
  named,
  part,
  others,
  prepared,
}: Pick<JudgeRequest, 'named' | 'part' | 'others' | 'prepared'>): string {
  const { name, pairing } = prepared.target;
  const mixed = others.map(({ resolved }) => `.with-${resolved.hash.slice(0, 8)}`).join('');
  return !named && part === 'test' && mixed === ''
    ? OWN_EVALUATION
    : `evaluation.${name.replace(/[^\w.-]+/g, '-')}.${pairing}.${part}.${prepared.judged}${mixed}.json`;
}

/** What was judged before; undefined where that is nothing, or nothing anybody can read. */
const keptBefore = (call: JudgeRequest): Promise<EvaluationDocument | undefined> =>
  readEvaluation(call.run.folder, evaluationFile(call));

/** Writes the document into the run folder, unless the one there covers more. Returns whether it did. */
async function keep(
  call: JudgeRequest,
  before: EvaluationDocument | undefined,
  document: EvaluationDocument,
): Promise<boolean> {
  const { force, listener } = call;
  const file = evaluationFile(call);
  const lost = force || before === undefined ? [] : lostPredictors(before, document);
  if (lost.length > 0) {
    listener.note(`${file} is there already, with ${lost.join(', ')} too, and was kept; --force replaces it`);
    return false;
  }
  await write(call, document);
  listener.keep(`scores in ${file}`);
  return true;
}

async function write(call: JudgeRequest, document: EvaluationDocument): Promise<void> {
  const { run } = call;
  const file = evaluationFile(call);
  if (file === OWN_EVALUATION) await run.folder.writeEvaluation(asJson(document), true);
  else await run.folder.store.write(file, new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`));
}

/** Predictors that the document kept before scores and the new one does not. */
function lostPredictors(before: EvaluationDocument, document: EvaluationDocument): readonly string[] {
  const names = ({ pairs }: EvaluationDocument) => pairs.flatMap((pair) => Object.keys(pair.scores));
  const now = new Set(names(document));
  return names(before).filter((name) => !now.has(name));
}

/** Looks for leaks of the model and of the floors. `calibrated`: the target's rates come from another recording. */
export async function guardRun(call: Judgement, calibrated: boolean): Promise<GuardReport> {
  const { run, source, prepared, device, floorKeys, listener } = call;
  const { config } = run.resolved;
  const floors = await floorsFor(call);
  const { model } = await mixedModel(call);
  const predictors = new Map<PredictorKey, PredictorFactory>([['model', model]]);
  for (const key of availableFloors(floors))
    if (floorKeys.includes(key)) predictors.set(key, floorFactory(floors, key, device.matMul));
  const { target } = prepared;
  return runGuards({
    raster: target.raster,
    train: guardTraining(source, target, calibrated),
    spans: withPast(target.test, target.raster.observed, minimumPast(config.training.context)),
    scored: presentUnits(prepared.unitIds.map((id) => (id === null ? -1 : 0))),
    predictors,
    level: prepared.level,
    seed: config.seed,
    onProgress: (message) => listener.note(message),
  });
}
