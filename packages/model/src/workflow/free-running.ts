// `evaluate --statistics`: the run goes on by itself after the last bins of the target's training part, and what it makes is
// compared with the part that is scored.
import { SpikebridgeError } from '../errors.ts';
import type { FreeRunning } from '../evaluation/document.ts';
import { excerptOf } from '../evaluation/excerpt.ts';
import type { KnownPart } from '../evaluation/types.ts';
import { RateControl } from '../generation/rate-control.ts';
import type { Prompt } from '../generation/types.ts';
import { binGrid, countBins } from '../recording/grid.ts';
import { arrangeRaster } from '../recording/pairing.ts';
import { binRecording } from '../recording/raster.ts';
import type { BinSpan, Raster, UnitInfo } from '../recording/types.ts';
import { compareSides } from './compare-sides.ts';
import type { DeviceHost } from './device.ts';
import type { Listener } from './listener.ts';
import { sampleRun } from './sampling.ts';
import type { PreparedTarget } from './target.ts';
import type { Source, TrainedRun } from './trained-run.ts';

/** Longer than this tells little more, and takes minutes. */
const MOST_SECONDS = 300;
/** Of what is known, before it begins: a net's slow traces remember about as much. */
const PROMPT_SECONDS = 60;

export interface FreeRunningRequest {
  readonly host: DeviceHost;
  readonly run: TrainedRun;
  readonly source: Source;
  readonly prepared: PreparedTarget;
  /** Bins to generate; by default half of what is scored, as much as a comparison of halves uses. */
  readonly bins: number | undefined;
  /** Hold each unit to its rates in the known part. */
  readonly matchRates: boolean;
  readonly replicates: number;
  /** Bins that are kept as a raster. */
  readonly shown: number;
  readonly listener: Listener;
}

/** @throws E_EVALUATION_SPLIT where nothing lies before the part that is scored, E_STATISTICS_SHORT */
export async function freeRunning(request: FreeRunningRequest): Promise<FreeRunning> {
  const { host, run, source, prepared, shown, matchRates, listener } = request;
  const { target, columns } = prepared;
  const { config, hash } = run.resolved;
  const { binMs } = config.data;
  const longest = Math.max(config.training.context, Math.round((PROMPT_SECONDS * 1000) / binMs));
  const known = target.known ?? { raster: target.raster, spans: target.train };
  const { prompt, record } = promptOf(target, known, longest);
  const most = Math.round((MOST_SECONDS * 1000) / binMs);
  const bins = request.bins ?? Math.max(1, Math.min(most, Math.floor(countBins(target.test) / 2)));
  const { seed } = config;
  const free = target.pairing === 'free';
  const { trains } = await sampleRun({
    ...{ host, run, prompt, bins, seed, temperature: 1, threads: 1, listener },
    known,
    ...(matchRates ? { rateControl: new RateControl(known, binMs) } : {}),
    ...(free && target.units !== undefined ? { present: target.units } : {}),
  });
  // Units that are in both recordings, in the order of columns.
  const both = columns.flatMap((unit, column) =>
    unit !== null && (free || source.selection.slots[column] >= 0) ? [{ column, unit }] : [],
  );
  const real = arrangeRaster(
    target.raster,
    both.map(({ column }) => column),
  );
  const generated = generatedRaster(trains, both, binMs);
  const statistics = compareSides(
    { name: target.name, raster: real, spans: target.test },
    { name: 'free run', raster: generated, spans: generated.observed },
    'index',
    { units: both.map(({ unit }) => unit), seed, replicates: Math.min(200, request.replicates) },
    listener,
  );
  const excerpt = excerptOf(generated, [...both.keys()], { start: 0, stop: Math.min(generated.bins, shown) });
  return { configHash: hash, step: run.step, seed, bins, matchRates, prompt: record, excerpt, statistics };
}

function generatedRaster(
  trains: Awaited<ReturnType<typeof sampleRun>>['trains'],
  units: readonly { readonly column: number; readonly unit: UnitInfo }[],
  binMilliseconds: number,
): Raster {
  const recording = trains.recording('free run', units, binMilliseconds);
  return binRecording(recording, binGrid(recording, { binMilliseconds })).raster;
}

/** The last bins before the scored part that may be known: `longest`, or what there is of it without a gap. */
function promptOf(
  target: PreparedTarget['target'],
  known: KnownPart,
  longest: number,
): { readonly prompt: Prompt; readonly record: FreeRunning['prompt'] } {
  const last: BinSpan | undefined = known.spans.at(-1);
  if (last === undefined || last.stop <= last.start)
    throw new SpikebridgeError('E_EVALUATION_SPLIT', 'nothing is known before the part that is scored', {
      where: target.name,
      fix: 'judge the test part (--part test), so that generation can begin after its training part',
      exitCode: 2,
    });
  const bins = Math.min(longest, last.stop - last.start);
  const start = last.stop - bins;
  const { words, wordsPerBin } = known.raster;
  return {
    prompt: { words: words.slice(start * wordsPerBin, last.stop * wordsPerBin), bins },
    record: { from: target.ratesFrom ?? (target.train.length === 0 ? 'source' : 'target'), start, bins },
  };
}
