// Cells that score: the floors of a source on its targets, and a trained run on its targets beside those floors. Cells of one source or
// one run come together, because what is read, fitted and tuned for one serves them all. Runs in the thread of evaluations.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type {
  BinSpan,
  Device,
  EvaluationOptions,
  EvaluationProgress,
  EvaluationSource,
  EvaluationTarget,
  FloorsCell,
  JudgedCell,
  Prepared,
  PreparedTarget,
  RunConfig,
} from '@spikebridge/model';
import {
  bareFloors,
  calibrateSource,
  configOfRun,
  criteriaOf,
  evaluateRecordings,
  floorsOfPair,
  floorsOrRates,
  heldOut,
  JUDGED_SCHEMA,
  levelOfManifest,
  modelOf,
  openDevice,
  otherRecording,
  prepareSource,
  presentUnits,
  scoredEntriesFromText,
  scoredEntriesToText,
  scoreRecording,
  spansOf,
  SpikebridgeError,
} from '@spikebridge/model';
import { nodeDeviceHost } from '../device.ts';
import { floorStoreOf } from '../floor-store.ts';
import { writeWhole } from '../host/files.ts';
import { hostCall } from '../host/location.ts';
import { startProgress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { deviceOf, openRun, openSource } from '../trained-run.ts';
import { openChecked, recordingOf } from './recordings.ts';
import type { MatrixSetup } from './recordings.ts';

/** Cells of one job: all floors of one source, or all judgements of one run. */
export interface CellsTask {
  readonly setup: MatrixSetup;
  readonly cells: readonly (FloorsCell | JudgedCell)[];
  readonly threads: number | undefined;
}

/** The file of a cell. */
export const cellFile = (out: string, { id }: { readonly id: string }): string => join(out, `${id}.json`);

/** Computes the cells that are not there yet, each written as soon as it is known. */
export async function computeCells(task: CellsTask, terminal: Terminal): Promise<void> {
  const cells = task.cells.filter((cell) => !existsSync(cellFile(task.setup.out, cell)));
  const floors = cells.filter((cell) => cell.kind === 'floors');
  const judged = cells.filter((cell) => cell.kind === 'judged');
  if (floors.length > 0) await scoreFloors(task, floors, terminal);
  if (judged.length > 0) await judgeRun(task, judged, terminal);
}

/** One cell after another; a target that cannot be judged keeps none of the others from being. @throws the first fault, at the end */
async function eachCell<T extends FloorsCell | JudgedCell>(
  cells: readonly T[],
  terminal: Terminal,
  compute: (cell: T) => Promise<void>,
): Promise<void> {
  const faults: SpikebridgeError[] = [];
  for (const cell of cells)
    try {
      await compute(cell);
    } catch (error) {
      if (!(error instanceof SpikebridgeError)) throw error;
      terminal.warn(`${cell.id}: ${error.code}: ${error.message}`);
      faults.push(error);
    }
  if (faults.length > 0) throw faults[0];
}

/** Fits the floors of a source, once, and scores them on every target. */
async function scoreFloors(
  { setup, threads }: CellsTask,
  cells: readonly FloorsCell[],
  terminal: Terminal,
): Promise<void> {
  const { manifest, out } = setup;
  const { entry, path, reading, prints, name } = recordingOf(setup, cells[0].source);
  const { config } = configOfRun(manifest, entry, { loss: manifest.losses[0], seed: manifest.seeds[0] });
  const only = ({ source: from, target }: FloorsCell) => floorsOfPair(manifest.evaluation, from === target);
  const opened = await openChecked(path, { reading, print: prints.path, name }, terminal);
  const source = prepareSource(opened.recording, config);
  const device = await openDevice(nodeDeviceHost, {
    device: config.device === 'reference' ? 'reference' : 'wasm',
    deterministic: config.deterministic,
    threads,
  });
  try {
    const floors = await floorsOrRates({
      store: floorStoreOf(join(out, 'runs', name)),
      source,
      fingerprint: opened.fingerprint,
      config,
      host: device.matMul,
      listener: terminal,
      wanted: cells.flatMap(only),
    });
    const asked = optionsOf({ setup, config, device, source: { ...sourceOf(setup, name, source), floors } });
    const calibrations = await calibrateSource({ ...asked, only: cells.flatMap(only) });
    await eachCell(cells, terminal, async (cell) => {
      const { target } = await targetOf({ setup, source, config, cell, terminal });
      const progress = passes(terminal, `floors of ${cell.source} on ${cell.target}`);
      const entries = await scoreRecording(
        { ...asked, only: only(cell), onProgress: progress.update },
        target,
        calibrations,
      );
      progress.stop();
      writeWhole(cellFile(out, cell), scoredEntriesToText(entries));
      terminal.keep(cell.id);
    });
  } finally {
    device.dispose();
  }
}

/** Judges a trained run on every target, beside the floors that were scored there. */
async function judgeRun(
  { setup, threads }: CellsTask,
  cells: readonly JudgedCell[],
  terminal: Terminal,
): Promise<void> {
  const { out } = setup;
  const run = await openRun(join(out, cells[0].trained.run));
  const { config, hash } = run.resolved;
  const { name, path } = recordingOf(setup, cells[0].source);
  const source = await openSource(run, path, terminal);
  const device = await deviceOf(run, threads);
  try {
    const judgedOn = async (cell: JudgedCell): Promise<EvaluationTarget> => {
      const { target } = await targetOf({ setup, source, config, cell, terminal });
      const file = cellFile(out, cell.floors);
      const text = hostCall(file, () => readFileSync(file, 'utf8'));
      return { ...target, scored: scoredEntriesFromText(text, basename(file)) };
    };
    const from: EvaluationSource = {
      ...sourceOf(setup, name, source),
      floors: bareFloors(source),
      model: modelOf(run, device),
      configHash: hash,
    };
    const asked = { ...optionsOf({ setup, config, device, source: from }), only: ['model' as const] };
    let calibrations: EvaluationOptions['calibrations'];
    await eachCell(cells, terminal, async (cell) => {
      const target = await judgedOn(cell);
      const progress = passes(
        terminal,
        `${cell.source}, ${cell.loss}, seed ${String(cell.seed)} on ${cell.target}`,
      );
      const options = { ...asked, targets: [target], onProgress: progress.update };
      calibrations ??= await calibrateSource(options);
      const document = await evaluateRecordings({ ...options, calibrations });
      progress.stop();
      const { id, source: sourceName, target: targetName, loss, seed } = cell;
      const about = { schema: JUDGED_SCHEMA, id, source: sourceName, target: targetName, loss, seed };
      writeWhole(cellFile(out, cell), `${JSON.stringify({ ...about, pair: document.pairs[0] })}\n`);
      terminal.keep(cell.id);
    });
  } finally {
    device.dispose();
  }
}

/** A source as it is judged: what is tuned on its validation part looks at no more of it than the manifest says. */
const sourceOf = (
  { manifest }: MatrixSetup,
  name: string,
  { raster, split, selection }: Prepared,
): Omit<EvaluationSource, 'floors'> => {
  const spans = spansOf({ split });
  const { validationSeconds: seconds } = manifest.evaluation;
  const validation =
    seconds === undefined
      ? spans.validation
      : firstSeconds(spans.validation, seconds, raster.binMilliseconds);
  return {
    ...{ name, raster, split: { ...spans, validation }, segments: split.segments },
    units: presentUnits(selection.slots),
  };
};

interface Asked {
  readonly setup: MatrixSetup;
  readonly config: RunConfig;
  readonly device: Device;
  readonly source: EvaluationSource;
}

function optionsOf({ setup, config, device, source }: Asked): EvaluationOptions {
  const { evaluation } = setup.manifest;
  return {
    source,
    targets: [],
    level: levelOfManifest(evaluation),
    seed: config.seed,
    resampleSeed: evaluation.seed,
    replicates: evaluation.replicates,
    context: config.training.context,
    host: device.matMul,
  };
}

interface TargetRequest {
  readonly setup: MatrixSetup;
  readonly source: Prepared;
  readonly config: RunConfig;
  readonly cell: FloorsCell | JudgedCell;
  readonly terminal: Terminal;
}

/** The recording a cell is judged on, as `evaluate` prepares it; its units by its own rule of the manifest. */
async function targetOf(request: TargetRequest): Promise<PreparedTarget> {
  const { setup, cell } = request;
  const { seconds, prepared } = await preparedTarget(request);
  const { target } = prepared;
  return {
    ...prepared,
    target: {
      ...target,
      name: cell.target,
      test:
        seconds === undefined
          ? target.test
          : firstSeconds(target.test, seconds, target.raster.binMilliseconds),
      ...(target.calibration === undefined
        ? {}
        : {
            calibration: {
              ...target.calibration,
              name: `${recordingOf(setup, cell.target).name} (training)`,
            },
          }),
    },
  };
}

async function preparedTarget({
  setup,
  source,
  config,
  cell,
  terminal,
}: TargetRequest): Promise<{ readonly seconds: number | undefined; readonly prepared: PreparedTarget }> {
  const { manifest } = setup;
  const { evaluation, losses, seeds } = manifest;
  const { testSeconds: seconds, calibrationSeconds } = evaluation;
  const level = levelOfManifest(evaluation);
  const { entry, path, test, reading, prints, name } = recordingOf(setup, cell.target);
  const same = cell.source === cell.target;
  if (same && test === null) return { seconds, prepared: heldOut(source, 'test', level, calibrationSeconds) };
  const open = async (from: string, print: string | null) =>
    (await openChecked(from, { reading, print: print ?? undefined, name }, terminal)).recording;
  const own = configOfRun(manifest, entry, { loss: losses[0], seed: seeds[0] }).config;
  const recording = await open(test ?? path, test === null ? prints.path : prints.test);
  const prepared = otherRecording({
    ...{ source, config, recording, level, calibrationSeconds },
    calibration: same || test === null ? undefined : await open(path, prints.path),
    pairing: same ? 'within' : evaluation.pairing,
    part: test === null ? 'test' : 'all',
    split: own.data.split,
    seed: evaluation.seed,
    criteria: criteriaOf(own),
  });
  for (const line of prepared.notes) terminal.note(line);
  return { seconds, prepared };
}

/** The first seconds of spans, in bins; all of them where they are shorter. */
export function firstSeconds(spans: readonly BinSpan[], seconds: number, binMilliseconds: number): BinSpan[] {
  let left = Math.round((seconds * 1000) / binMilliseconds);
  return spans.flatMap(({ start, stop }) => {
    const taken = Math.min(left, stop - start);
    left -= taken;
    return taken > 0 ? [{ start, stop: start + taken }] : [];
  });
}

/** Progress of one cell: a predictor after the other passes over its target. */
function passes(
  terminal: Terminal,
  what: string,
): { readonly update: (progress: EvaluationProgress) => void; readonly stop: () => void } {
  const progress = startProgress(terminal, what, 1, 'passes');
  return {
    update: ({ predictor, step, done }) =>
      progress.update(step === 'score' ? Math.min(0.99, done) : 0, `${step}: ${predictor}`),
    stop: () => progress.stop(),
  };
}
