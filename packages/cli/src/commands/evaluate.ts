// `evaluate`: the model and every floor on the same bins, with intervals; or the leak guards; or both exported.
import type {
  Device,
  EvaluationDocument,
  EvaluationProgress,
  FittedFloors,
  FreeRunning,
  GuardReport,
  PredictorFactory,
  PredictorKey,
  PreparedTarget,
  ReadOptions,
  Source,
  TrainedRun,
} from '@spikebridge/model';
import {
  asJson,
  availableFloors,
  evaluateRecordings,
  evaluationTable,
  FLOOR_KEYS,
  floorFactory,
  guardTraining,
  heldOut,
  levelOf,
  minimumPast,
  otherRecording,
  presentUnits,
  runGuards,
  SpikebridgeError,
  withPast,
} from '@spikebridge/model';
import { openData } from '../data.ts';
import { checkEvaluateFlags, flagsFor } from '../evaluation-flags.ts';
import type { EvaluateFlags } from '../evaluation-flags.ts';
import { describeInterruption, evaluateInThread } from '../evaluation-host.ts';
import { floorsOrRates, spansOf } from '../floors-cache.ts';
import { freeRunning } from '../free-running.ts';
import { INTERRUPTED } from '../interrupt.ts';
import { mixedModel, openOthers } from '../mixed-runs.ts';
import { readOptions } from '../options.ts';
import { startProgress } from '../progress.ts';
import { readingFor } from '../reading.ts';
import { OWN_EVALUATION, readEvaluation, writeReport } from '../report.ts';
import { ScoreExport } from '../score-export.ts';
import { formatTable, Terminal } from '../terminal.ts';
import { evaluateCommand } from '../typed-command.ts';
import { deviceOf, openRun, openSource } from '../trained-run.ts';

/** The command. Returns 0, 1 when a guard failed, or 130 after Ctrl-C. */
export async function evaluate(flags: EvaluateFlags): Promise<number> {
  const terminal = Terminal.of(flags);
  checkEvaluateFlags(flags);
  const outcome = await evaluateInThread(
    { what: flags.guards === true ? 'guard' : 'judge', flags },
    terminal,
  );
  if (outcome.status === 'guarded') return outcome.exitCode;
  if (outcome.status === 'interrupted') {
    terminal.result(...describeInterruption(flags.run, terminal));
    return INTERRUPTED;
  }
  if (outcome.status === 'judged') terminal.result(evaluationTable(outcome.document), outcome.document);
  return 0;
}

/** Judges a run and keeps the document in its folder; undefined after Ctrl-C. */
export async function evaluateRun(
  flags: EvaluateFlags,
  terminal: Terminal,
): Promise<EvaluationDocument | undefined> {
  const outcome = await evaluateInThread({ what: 'judge', flags }, terminal);
  return outcome.status === 'judged' ? outcome.document : undefined;
}

/** Judges in this thread: what the evaluation's thread runs. */
export const judgeHere = (flags: EvaluateFlags, terminal: Terminal): Promise<EvaluationDocument> =>
  withCall(flags, terminal, judge);

/** Runs the guards in this thread. Returns the exit code. */
export const guardHere = (flags: EvaluateFlags, terminal: Terminal): Promise<number> =>
  withCall(flags, terminal, guard);

/** Opens everything an evaluation needs, and closes the device after it. */
async function withCall<T>(
  stated: EvaluateFlags,
  terminal: Terminal,
  action: (call: Call) => Promise<T>,
): Promise<T> {
  const floorKeys = parseFloors(stated.floors ?? (stated.guards === true ? 'none' : 'all'));
  const run = await openRun(stated.run);
  const others = await openOthers(run, stated.with ?? []);
  const told = others.some(({ net }) => net.kind === 'unit-free');
  // A mixture with a unit-free run is fitted where the run was: on all that its source's training part tells.
  const flags = flagsFor(told ? { ...stated, level: stated.level ?? 'tuned' } : stated, run.net);
  const source = await openSource(run, flags.source, terminal);
  const prepared = await openTarget(flags, run, source, terminal);
  const device = await deviceOf(run, flags.threads);
  try {
    terminal.note(`run ${flags.run}: step ${run.step}, ${device.choice.description}`);
    return await action({ flags, run, others, source, prepared, device, floorKeys, terminal });
  } finally {
    device.dispose();
  }
}

interface Call {
  readonly flags: EvaluateFlags;
  readonly run: TrainedRun;
  /** Runs that it is mixed with. */
  readonly others: readonly TrainedRun[];
  readonly source: Source;
  readonly prepared: PreparedTarget;
  readonly device: Device;
  readonly floorKeys: readonly PredictorKey[];
  readonly terminal: Terminal;
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

/** What is judged: the run's own held-out part, or another recording in its columns. */
export async function openTarget(
  flags: EvaluateFlags,
  run: TrainedRun,
  source: Source,
  terminal: Terminal,
): Promise<PreparedTarget> {
  if (flags.data === undefined) return ownPart(flags, source);
  const reading: ReadOptions = readingFor(run.path, run.folder, flags.data, readOptions(flags));
  const opened = await openData(flags.data, reading, terminal);
  if (
    opened.fingerprint === source.fingerprint &&
    (flags.pairing === undefined || flags.pairing === 'within')
  )
    return ownPart(flags, source);
  const calibration =
    flags.calibrate === undefined
      ? undefined
      : (await openData(flags.calibrate, reading, terminal)).recording;
  const prepared = otherRecording({
    source,
    config: run.resolved.config,
    recording: opened.recording,
    calibration,
    pairing: flags.pairing ?? 'index',
    level: levelOf(flags),
    calibrationSeconds: flags.calibrationSeconds,
    part: flags.part,
    split: flags.split,
    seed: run.resolved.config.seed,
  });
  for (const line of prepared.notes) terminal.note(line);
  return prepared;
}

/** The source's held-out part. What only another recording can have is refused rather than passed over. @throws E_USAGE */
function ownPart(flags: EvaluateFlags, source: Source): PreparedTarget {
  const { pairing, calibrate, split } = flags;
  const idle = [
    pairing !== undefined && pairing !== 'within' ? '--pairing' : '',
    calibrate === undefined ? '' : '--calibrate',
    split === undefined ? '' : '--split',
  ].filter((name) => name !== '');
  if (idle.length > 0)
    throw new SpikebridgeError(
      'E_USAGE',
      `${idle.join(', ')} would change nothing: the run is judged on its own held-out part`,
      {
        fix: 'leave it out, or name another recording with --data',
        exitCode: 2,
      },
    );
  return heldOut(source, flags.part, levelOf(flags), flags.calibrationSeconds);
}

/** Fitted floors where any of those asked for is fitted; bare rates otherwise. */
function floorsFor({ flags, run, source, device, floorKeys, terminal }: Call): FittedFloors {
  const { config } = run.resolved;
  return floorsOrRates({
    run: flags.run,
    source,
    fingerprint: source.fingerprint,
    config,
    host: device.matMul,
    terminal,
    wanted: floorKeys,
  });
}

async function judge(call: Call): Promise<EvaluationDocument> {
  const { flags, run, source, prepared, device, floorKeys } = call;
  const { config, hash } = run.resolved;
  const sink =
    flags.export === undefined
      ? undefined
      : new ScoreExport(flags.export, prepared.target.raster, prepared.unitIds, flags.force === true);
  const floors = floorsFor(call);
  const steps = judgingSteps(call);
  const { model, mixture } = await mixedModel(call);
  const judged = await ScoreExport.whole(sink, () =>
    evaluateRecordings({
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
      ...(flags.replicates === undefined ? {} : { replicates: flags.replicates }),
      onProgress: steps.update,
    }),
  );
  steps.stop();
  const document =
    mixture === undefined ? judged : { ...judged, pairs: judged.pairs.map((pair) => ({ ...pair, mixture })) };
  // Kept before anything is generated, so that Ctrl-C loses no score.
  const before = await keptBefore(call);
  const scored = withFreeRunning({ ...document, command: evaluateCommand(flags) }, stillHolds(call, before));
  const kept = await keep(call, before, scored);
  const whole =
    flags.statistics === true ? withFreeRunning(scored, await freeRunningOf(call, scored)) : scored;
  // Where wider scores stay, what was generated goes with them.
  if (whole !== scored && kept) await write(call, whole);
  else if (whole !== scored && before !== undefined)
    await write(call, withFreeRunning(before, whole.pairs[0].freeRunning));
  await writeReport(run.path);
  call.terminal.note(`report: ${run.path}/report.html`);
  return whole;
}

/** The one pair of a document, with what the run made by itself. */
const withFreeRunning = (document: EvaluationDocument, made: FreeRunning | undefined): EvaluationDocument =>
  made === undefined
    ? document
    : { ...document, pairs: document.pairs.map((pair) => ({ ...pair, freeRunning: made })) };

/** Statistics of the same weights that are kept already: scoring anew does not lose them. */
function stillHolds({ run }: Call, before: EvaluationDocument | undefined): FreeRunning | undefined {
  const made = before?.pairs[0]?.freeRunning;
  return made?.configHash === run.resolved.hash && made.step === run.step ? made : undefined;
}

function freeRunningOf(
  { flags, run, source, prepared, terminal }: Call,
  { pairs: [pair] }: EvaluationDocument,
): Promise<FreeRunning> {
  return freeRunning({
    ...{
      run,
      source,
      prepared,
      bins: flags.bins,
      matchRates: flags.matchRates ?? false,
      replicates: flags.replicates ?? 200,
      terminal,
    },
    shown: pair.excerpt?.bins ?? 0,
  });
}

/** Progress over all predictors: each is tuned on source validation, then scores the target, then is resampled. */
function judgingSteps({ floorKeys, terminal }: Call): {
  readonly update: (progress: EvaluationProgress) => void;
  readonly stop: () => void;
} {
  const keys = new Set<PredictorKey>(['model', 'own-rate', ...floorKeys]);
  const started = { calibrate: 0, score: 0, bootstrap: 0 };
  const total = 2 * keys.size;
  let last = '';
  let done = 0;
  const progress = startProgress(terminal, 'judging', total, 'passes');
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

/** Where the document of a call is kept in the run folder: under a name that says what was judged. */
function fileOf({ flags, others, prepared }: Call): string {
  const { name, pairing } = prepared.target;
  const mixed = others.map(({ resolved }) => `.with-${resolved.hash.slice(0, 8)}`).join('');
  return flags.data === undefined && flags.part === 'test' && mixed === ''
    ? OWN_EVALUATION
    : `evaluation.${name.replace(/[^\w.-]+/g, '-')}.${pairing}.${flags.part}.${prepared.judged}${mixed}.json`;
}

/** What was judged before; undefined where that is nothing, or nothing anybody can read. */
const keptBefore = (call: Call): Promise<EvaluationDocument | undefined> =>
  readEvaluation(call.run.folder, fileOf(call));

/** Writes the document into the run folder, unless the one there covers more. Returns whether it did. */
async function keep(
  call: Call,
  before: EvaluationDocument | undefined,
  document: EvaluationDocument,
): Promise<boolean> {
  const { flags, terminal } = call;
  const file = fileOf(call);
  const lost = flags.force === true || before === undefined ? [] : lostPredictors(before, document);
  if (lost.length > 0) {
    terminal.note(`${file} is there already, with ${lost.join(', ')} too, and was kept; --force replaces it`);
    return false;
  }
  await write(call, document);
  terminal.keep(`scores in ${file}`);
  return true;
}

async function write(call: Call, document: EvaluationDocument): Promise<void> {
  const { run } = call;
  const file = fileOf(call);
  if (file === OWN_EVALUATION) await run.folder.writeEvaluation(asJson(document), true);
  else await run.folder.store.write(file, new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`));
}

/** Predictors that the document kept before scores and the new one does not. */
function lostPredictors(before: EvaluationDocument, document: EvaluationDocument): readonly string[] {
  const names = ({ pairs }: EvaluationDocument) => pairs.flatMap((pair) => Object.keys(pair.scores));
  const now = new Set(names(document));
  return names(before).filter((name) => !now.has(name));
}

async function guard(call: Call): Promise<number> {
  const { flags, run, source, prepared, device, floorKeys, terminal } = call;
  const { config } = run.resolved;
  const floors = floorsFor(call);
  const { model } = await mixedModel(call);
  const predictors = new Map<PredictorKey, PredictorFactory>([['model', model]]);
  for (const key of availableFloors(floors))
    if (floorKeys.includes(key)) predictors.set(key, floorFactory(floors, key, device.matMul));
  const { target } = prepared;
  const report = await runGuards({
    raster: target.raster,
    train: guardTraining(source, target, flags.calibrate !== undefined),
    spans: withPast(target.test, target.raster.observed, minimumPast(config.training.context)),
    scored: presentUnits(prepared.unitIds.map((id) => (id === null ? -1 : 0))),
    predictors,
    level: prepared.level,
    seed: config.seed,
    onProgress: (message) => terminal.note(message),
  });
  terminal.result(describeGuards(report), { schema: 'spikebridge.guards/1', target: target.name, ...report });
  return report.passed ? 0 : 1;
}

function describeGuards(report: GuardReport): string {
  const number = (value: number, digits: number) => (Number.isFinite(value) ? value.toFixed(digits) : '-');
  const rows = report.predictors.map(({ key, future, poisson }) => [
    key,
    future.passed ? 'nothing moved' : `moved at bin ${future.violation?.target ?? '?'}`,
    number(poisson.bitsPerSpike, 5),
    `${number(poisson.rocAucPerUnit, 4)} [${number(poisson.low, 4)}, ${number(poisson.high, 4)}]`,
    String(poisson.units),
    future.passed && poisson.passed ? poisson.verdict : 'FAILED',
  ]);
  const controls = report.controls.map(
    ({ name, caught }) =>
      `  control "${name}": ${caught ? 'caught, as it must be' : 'NOT caught: the guards are asleep'}`,
  );
  return [
    formatTable(
      ['predictor', 'future changed', 'Poisson bits/spike', 'Poisson per-unit ROC-AUC', 'units', 'verdict'],
      rows,
    ),
    ...controls,
    ...(report.predictors.some(({ poisson }) => poisson.rule === 'interval')
      ? ['  Poisson: under 100,000 spikes, so the lower end of the interval is held against 0.001 bits/spike']
      : []),
    !report.passed
      ? 'a guard FAILED'
      : report.judged
        ? 'all guards passed'
        : 'nothing failed, but the Poisson guard was not judged: no unit has 300 spikes',
  ].join('\n');
}
