// Judging in the page: the very document that `evaluate` writes, in the run's own folder.
import type { EvaluationPair, PreparedTarget, RunFolder, Source, TrainedRun } from '@spikebridge/model';
import {
  barChart,
  curveCharts,
  evaluationFile,
  evaluationFiles,
  FLOOR_KEYS,
  htmlReport,
  judgeRun,
  openDevice,
  openTrainedRun,
  parseFloors,
  prepareTarget,
  rasterChart,
  readEvaluation,
  recordedDevice,
  reportRun,
  SpikebridgeError,
  sourceOf,
} from '@spikebridge/model';
import type { Device, KnowledgeLevel, Listener, PairingChoice } from '@spikebridge/model';
import { webDeviceHost } from '../host/web-device.ts';
import { drawn } from './drawn-chart.ts';
import type { DrawnChart } from './drawn-chart.ts';
import { listenerOf } from './lab-events.ts';
import type { JobHost } from './lab-events.ts';
import type { Shelves } from './shelves.ts';

export interface JudgeRequest {
  readonly run: string;
  /** Page's id of the recording; null = the held-out part of the run's own. */
  readonly recording: string | null;
  readonly floors: string;
  readonly level?: KnowledgeLevel;
  readonly pairing?: PairingChoice;
  readonly part?: 'test' | 'all';
  /** Page's id of a recording of the same units that gives their rates. */
  readonly calibrate?: string;
}

export interface JudgedPair {
  /** Run and file. */
  readonly key: string;
  readonly run: string;
  readonly file: string;
  /** Without its curves, which charts are drawn from. */
  readonly pair: EvaluationPair;
}

export async function judgeOne(
  shelves: Shelves,
  request: JudgeRequest,
  host: JobHost,
): Promise<EvaluationPair> {
  const { run, source } = await openWhole(shelves, request.run);
  const listener = listenerOf(host);
  const prepared = await targetOf(shelves, request, run, source, listener);
  const device = await judgingDevice(run);
  try {
    listener.note(`run ${run.path}: step ${run.step}, ${device.choice.description}`);
    const asked = {
      ...{ others: [], prepared, named: request.recording !== null, part: request.part ?? 'test' },
    };
    // Floors that were scored before are scored again, which costs little since they are kept: nothing that was known is lost.
    const before = (await readEvaluation(run.folder, evaluationFile(asked)))?.pairs.at(0)?.scores ?? {};
    const floorKeys = FLOOR_KEYS.filter(
      (key) => parseFloors(request.floors).includes(key) || before[key] !== undefined,
    );
    const document = await judgeRun({
      ...{ ...asked, run, source, device, listener, floorKeys, force: false },
      floors: shelves.runs.storeOf('.floors'),
    });
    return withoutCurves(document.pairs[0]);
  } finally {
    device.dispose();
  }
}

/** A run with the recording it was trained on. @throws E_DATA_MISSING, E_CHECKPOINT_MISSING */
export async function openWhole(
  { runs, recordings }: Shelves,
  id: string,
): Promise<{ readonly run: TrainedRun; readonly source: Source }> {
  const run = await openTrainedRun(await runs.open(id), id);
  const entry = await runs.entry(id);
  const opened = await recordings.load(entry.recording);
  const { recording } = opened;
  const { reading, fingerprint } = opened.entry;
  return { run, source: sourceOf(run, { recording, reading, fingerprint }, entry.data.name) };
}

/** The build the run was trained with, on all cores; what a GPU trained is judged on the CPU, where its floors are. */
export function judgingDevice({
  resolved,
  folder,
}: Pick<TrainedRun, 'resolved' | 'folder'>): Promise<Device> {
  const { device } = resolved.config;
  const deterministic = resolved.config.deterministic || recordedDevice(folder)?.build === 'plain';
  return openDevice(webDeviceHost, { device: device === 'webgpu' ? 'auto' : device, deterministic });
}

async function targetOf(
  { recordings }: Shelves,
  request: JudgeRequest,
  run: TrainedRun,
  source: Source,
  listener: Listener,
): Promise<PreparedTarget> {
  const { recording: id, level = 'none', pairing, part = 'test', calibrate } = request;
  const opened = id === null ? undefined : await recordings.load(id);
  return prepareTarget({
    ...{ run, source, pairing, level, part, listener },
    opened:
      opened === undefined
        ? undefined
        : {
            recording: opened.recording,
            ...{ reading: opened.entry.reading, fingerprint: opened.entry.fingerprint },
          },
    openCalibration:
      calibrate === undefined ? undefined : async () => (await recordings.load(calibrate)).recording,
    ...{ calibrationSeconds: undefined, split: undefined },
  });
}

export async function judgements({ runs }: Shelves): Promise<JudgedPair[]> {
  const found: JudgedPair[] = [];
  for (const { id } of (await runs.list()).runs) found.push(...(await pairsOf(await runs.open(id), id)));
  return found;
}

async function pairsOf(folder: RunFolder, run: string): Promise<JudgedPair[]> {
  const found: JudgedPair[] = [];
  for (const file of await evaluationFiles(folder)) {
    const pair = (await readEvaluation(folder, file))?.pairs.at(0);
    if (pair !== undefined) found.push({ key: `${run}/${file}`, run, file, pair: withoutCurves(pair) });
  }
  return found;
}

/** Thousands of points that a table does not show. */
function withoutCurves(pair: EvaluationPair): EvaluationPair {
  const scores = Object.entries(pair.scores).map(([key, { curve: _, ...figures }]) => [key, figures]);
  const { excerpt: _, ...rest } = pair;
  return { ...rest, scores: Object.fromEntries(scores) as EvaluationPair['scores'] };
}

export async function pairCharts({ runs }: Shelves, run: string, file: string): Promise<DrawnChart[]> {
  const pair = (await readEvaluation(await runs.open(run), file))?.pairs.at(0);
  if (pair === undefined)
    throw new SpikebridgeError('E_EVALUATION_MISSING', 'the document is not there, or of another version', {
      where: file,
      fix: 'judge the run again',
    });
  return drawn([...barChart(pair), ...curveCharts(pair), ...rasterChart(pair)]);
}

export async function reportOf({ runs }: Shelves, run: string): Promise<string> {
  const folder = await runs.open(run);
  return htmlReport({ title: `Spikebridge run ${run}`, runs: [await reportRun(folder, run)] });
}
