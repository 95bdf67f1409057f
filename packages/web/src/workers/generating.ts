// A run that fires by itself, told while it does, and compared with the recording it stands for.
import type { ReadyPrompt, Recording, Source, StatisticsDocument, TrainedRun } from '@spikebridge/model';
import {
  arrangeRaster,
  binGrid,
  binRecording,
  compareSides,
  countBins,
  dataRecord,
  generatedUnits,
  generateRun,
  recordedPrompt,
  secondsOfBin,
  silentPrompt,
  SpikebridgeError,
  statisticsCells,
  statisticsCharts,
} from '@spikebridge/model';
import { webDeviceHost } from '../host/web-device.ts';
import { drawn } from './drawn-chart.ts';
import type { DrawnChart } from './drawn-chart.ts';
import { openWhole } from './judging.ts';
import { listenerOf, paced } from './lab-events.ts';
import type { JobHost } from './lab-events.ts';
import type { Shelves } from './shelves.ts';

export interface GenerateRequest {
  readonly run: string;
  /** Page's id of a recording; null = silence. */
  readonly prompt: string | null;
  readonly bins: number;
  readonly seed: number;
  readonly temperature: number;
  readonly matchRates: boolean;
}

export interface Generated {
  readonly recording: Recording;
  /** The recording it was trained on, in the same order of units, after where its training part ends; null without such. */
  readonly real: Recording | null;
  readonly bins: number;
  readonly binsPerSecond: number;
  readonly device: string;
  /** Null where too little was generated to compare. */
  readonly statistics: {
    readonly seconds: number;
    /** Statistics that so short a stretch does not tell. */
    readonly untold: number;
    readonly head: readonly string[];
    readonly rows: readonly (readonly string[])[];
    readonly charts: readonly DrawnChart[];
  } | null;
}

/** Of the comparison: fewer tell less, and the page waits for them. */
const REPLICATES = 200;

export async function generateFrom(
  shelves: Shelves,
  request: GenerateRequest,
  host: JobHost,
): Promise<Generated> {
  const { run, source } = await openWhole(shelves, request.run);
  const { binMs } = run.resolved.config.data;
  const listener = listenerOf({ ...host, signal: NEVER });
  const ready = await promptOf(shelves, request, run, source, host);
  const units = generatedUnits(run, source, ready);
  const beside = realBeside(source, run, ready, request.bins);
  if (beside !== null) host.watch({ kind: 'beside', recording: beside });
  const due = paced();
  const { trains, seconds, description } = await generateRun({
    ...{ host: webDeviceHost, run, source, ready, listener, signal: host.signal, threads: 1 },
    ...{ bins: request.bins, seed: request.seed, temperature: request.temperature },
    matchRates: request.matchRates,
    onTrains: (so) => {
      // The prompt comes first, and makes nothing.
      if (so.bins === 0 || !due(so.bins === request.bins)) return;
      host.watch({ kind: 'spikes', done: so.bins, recording: so.recording('generated', units, binMs) });
    },
  });
  const recording = trains.recording('generated', units, binMs);
  return {
    recording,
    real: realBeside(source, run, ready, trains.bins),
    bins: trains.bins,
    binsPerSecond: trains.bins / seconds,
    device: description,
    statistics: await compared(source, run, recording, ready, host),
  };
}

/** The sampling hears its signal itself, and keeps what is there. */
const NEVER = new AbortController().signal;

async function promptOf(
  { recordings }: Shelves,
  { prompt }: GenerateRequest,
  run: TrainedRun,
  source: Source,
  host: JobHost,
): Promise<ReadyPrompt> {
  if (prompt === null) return silentPrompt(run);
  const { entry, recording } = await recordings.load(prompt);
  const opened = { recording, reading: entry.reading, fingerprint: entry.fingerprint };
  return recordedPrompt({ run, source, opened, listener: listenerOf(host) });
}

/** Units of the source in the order in which generated ones stand; none of another recording's. */
const sourceColumns = (run: TrainedRun): { readonly row: number; readonly column: number }[] =>
  Array.from(dataRecord(run.folder).slots, (row, column) => ({ row, column }))
    .filter(({ row }) => row >= 0)
    .sort((a, b) => a.row - b.row);

/** As much of the source's test part as was generated, its time from 0. */
function realBeside(source: Source, run: TrainedRun, ready: ReadyPrompt, bins: number): Recording | null {
  const test = source.split.test.spans.at(0);
  if (ready.others !== undefined || test === undefined || bins === 0) return null;
  const { recording, grid } = source;
  const perSecond = recording.clock.numerator / recording.clock.denominator;
  const first = Math.round(secondsOfBin(grid, test.start) * perSecond);
  const last = Math.round(secondsOfBin(grid, Math.min(test.stop, test.start + bins)) * perSecond);
  const columns = sourceColumns(run);
  const trains = columns.map(({ row }) =>
    recording.times
      .subarray(recording.offsets[row], recording.offsets[row + 1])
      .filter((time) => time >= first && time < last)
      .map((time) => time - first),
  );
  const offsets = new Uint32Array(trains.length + 1);
  trains.forEach((train, index) => (offsets[index + 1] = offsets[index] + train.length));
  const times = new Float64Array(offsets[trains.length]);
  trains.forEach((train, index) => times.set(train, offsets[index]));
  return {
    ...recording,
    ...{ times, offsets, units: columns.map(({ row }) => recording.units[row]) },
    observed: [{ start: 0, stop: last - first }],
  };
}

/** Beside the source's test part; null where that is another recording's units, or too little to compare. */
async function compared(
  source: Source,
  run: TrainedRun,
  made: Recording,
  ready: ReadyPrompt,
  host: JobHost,
): Promise<Generated['statistics']> {
  const spans = source.split.test.spans;
  if (ready.others !== undefined || countBins(spans) === 0 || made.times.length === 0) return null;
  const { binMs } = run.resolved.config.data;
  const columns = sourceColumns(run);
  const real = arrangeRaster(
    source.raster,
    columns.map(({ column }) => column),
  );
  const grid = binGrid(made, { binMilliseconds: binMs });
  const { raster } = binRecording(
    made,
    grid,
    Int32Array.from(made.units, (_, unit) => unit),
  );
  let document: StatisticsDocument;
  try {
    document = compareSides(
      { name: source.recording.name, raster: real, spans },
      { name: 'generated', raster, spans: raster.observed },
      'index',
      {
        units: columns.map(({ row }) => source.recording.units[row]),
        ...{ seed: run.resolved.config.seed, replicates: REPLICATES },
      },
      listenerOf({ ...host, signal: NEVER }),
    );
  } catch (error) {
    if (error instanceof SpikebridgeError && error.code === 'E_STATISTICS_SHORT') return null;
    throw error;
  }
  // A short stretch has no figure for what is slow.
  const told = document.statistics.filter(
    ({ real, generated }) => real !== null && generated?.value !== null,
  );
  return {
    ...statisticsCells({ ...document, statistics: told }),
    untold: document.statistics.length - told.length,
    seconds: document.compared.seconds,
    charts: await drawn(statisticsCharts(document)),
  };
}
