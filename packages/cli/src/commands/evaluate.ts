// `evaluate`: the model and every floor on the same bins, with intervals; or the leak guards; or both exported.
import type {
  Device,
  EvaluationDocument,
  GuardReport,
  Judgement,
  PredictorKey,
  PreparedTarget,
  Source,
  TrainedRun,
} from '@spikebridge/model';
import {
  evaluationTable,
  guardRun,
  judgedAs,
  judgeRun,
  levelOf,
  parseFloors,
  prepareTarget,
} from '@spikebridge/model';
import { openData } from '../data.ts';
import { checkEvaluateFlags } from '../evaluation-flags.ts';
import type { EvaluateFlags } from '../evaluation-flags.ts';
import { nodeDeviceHost } from '../device.ts';
import { describeInterruption, evaluateInThread } from '../evaluation-host.ts';
import { floorStoreOf } from '../floor-store.ts';
import { INTERRUPTED } from '../interrupt.ts';
import { openOthers } from '../mixed-runs.ts';
import { readOptions } from '../options.ts';
import { readingFor } from '../reading.ts';
import { writeReport } from '../report.ts';
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
  const flags = judgedAs(told ? { ...stated, level: stated.level ?? 'tuned' } : stated, run.net);
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

/** What is judged: the run's own held-out part, or another recording in its columns. */
export async function openTarget(
  flags: EvaluateFlags,
  run: TrainedRun,
  source: Source,
  terminal: Terminal,
): Promise<PreparedTarget> {
  const { data, calibrate } = flags;
  const reading = data === undefined ? {} : readingFor(run.path, run.folder, data, readOptions(flags));
  return prepareTarget({
    ...{ run, source, part: flags.part, split: flags.split, level: levelOf(flags) },
    ...{ pairing: flags.pairing, calibrationSeconds: flags.calibrationSeconds, listener: terminal },
    opened: data === undefined ? undefined : await openData(data, reading, terminal),
    openCalibration:
      calibrate === undefined
        ? undefined
        : async () => (await openData(calibrate, reading, terminal)).recording,
  });
}

const judgementOf = ({
  flags,
  run,
  others,
  source,
  prepared,
  device,
  floorKeys,
  terminal,
}: Call): Judgement => ({
  ...{ run, others, source, prepared, device, floorKeys, listener: terminal },
  floors: floorStoreOf(flags.run),
});

async function judge(call: Call): Promise<EvaluationDocument> {
  const { flags, run, prepared, terminal } = call;
  const force = flags.force === true;
  const sink =
    flags.export === undefined
      ? undefined
      : new ScoreExport(flags.export, prepared.target.raster, prepared.unitIds, force);
  const document = await ScoreExport.whole(sink, () =>
    judgeRun({
      ...judgementOf(call),
      ...{ force, part: flags.part, named: flags.data !== undefined, command: evaluateCommand(flags) },
      ...(sink === undefined ? {} : { sink }),
      ...(flags.replicates === undefined ? {} : { replicates: flags.replicates }),
      ...(flags.statistics === true
        ? { statistics: { host: nodeDeviceHost, bins: flags.bins, matchRates: flags.matchRates ?? false } }
        : {}),
    }),
  );
  await writeReport(run.path);
  terminal.note(`report: ${run.path}/report.html`);
  return document;
}

async function guard(call: Call): Promise<number> {
  const { flags, prepared, terminal } = call;
  const report = await guardRun(judgementOf(call), flags.calibrate !== undefined);
  terminal.result(describeGuards(report), {
    ...{ schema: 'spikebridge.guards/1', target: prepared.target.name },
    ...report,
  });
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
