// `predict`: the probability of every unit in every next bin, from a trained run, as an array on disk.
import { basename } from 'node:path';
import type { BinSpan, TargetView, TrainedRun } from '@spikebridge/model';
import { binGrid, binRecording, dataRecord, modelOf, presentUnits } from '@spikebridge/model';
import { openData } from '../data.ts';
import { refuseToOverwrite, writeWhole } from '../host/files.ts';
import { npyFile } from '../host/npy.ts';
import type { GlobalFlags, ReadingFlags } from '../options.ts';
import { readOptions } from '../options.ts';
import { startProgress } from '../progress.ts';
import { readingFor } from '../reading.ts';
import { formatBytes, Terminal } from '../terminal.ts';
import { deviceOf, openRun, openSource } from '../trained-run.ts';

export interface PredictFlags extends ReadingFlags, GlobalFlags {
  readonly run: string;
  readonly data: string;
  readonly out: string;
  readonly start?: number;
  readonly stop?: number;
  readonly threads?: number;
  readonly force?: boolean;
}

const CHUNK_BINS = 8192;

export async function predict(flags: PredictFlags): Promise<void> {
  const terminal = Terminal.of(flags);
  const sidecar = `${flags.out.replace(/\.npy$/, '')}.json`;
  refuseToOverwrite(flags.out, flags.force === true);
  refuseToOverwrite(sidecar, flags.force === true);
  const run = await openRun(flags.run);
  const { config, hash } = run.resolved;
  const opened = await openData(
    flags.data,
    readingFor(run.path, run.folder, flags.data, readOptions(flags)),
    terminal,
  );
  const { recording } = opened;
  const grid = binGrid(recording, {
    binMilliseconds: config.data.binMs,
    ...(flags.start === undefined ? {} : { startSeconds: flags.start }),
    ...(flags.stop === undefined ? {} : { stopSeconds: flags.stop }),
  });
  // The i-th unit of the training file is the i-th of this one: the same recording, or one of the same units.
  const slots = dataRecord(run.folder).slots.map((unit) => (unit < recording.units.length ? unit : -1));
  const { raster } = binRecording(recording, grid, slots);
  const device = await deviceOf(run, flags.threads);
  const file = npyFile(flags.out, '<f4', raster.bins, raster.units);
  const progress = startProgress(terminal, 'predicting', raster.bins, 'bins');
  try {
    const predictor = modelOf(
      run,
      device,
    )({ raster, rates: null, scored: presentUnits(slots), ...(await knowledgeFor(run, terminal)) });
    let written = 0;
    const blank = (until: number) => {
      for (; written < until; written += Math.min(CHUNK_BINS, until - written))
        file.write(new Float32Array(Math.min(CHUNK_BINS, until - written) * raster.units).fill(NaN));
    };
    for (const span of raster.observed) {
      blank(span.start);
      for (const chunk of chunks(span)) {
        const rows = new Float32Array((chunk.stop - chunk.start) * raster.units);
        await predictor.predict(chunk.start, chunk.stop, rows);
        file.write(rows);
        written = chunk.stop;
        progress.update(written);
      }
    }
    blank(raster.bins);
    file.finish();
  } catch (error) {
    file.abandon();
    throw error;
  } finally {
    progress.stop();
    device.dispose();
  }
  const document = {
    schema: 'spikebridge.prediction/1',
    array: basename(flags.out),
    shape: [raster.bins, raster.units],
    axes: ['bin', 'unit'],
    meaning: 'row t: probability that the unit fires in bin t, from bins before t; NaN outside observed time',
    units: Array.from(slots, (unit) => (unit < 0 ? null : recording.units[unit].id)),
    binMilliseconds: raster.binMilliseconds,
    firstBin: grid.firstBin,
    configHash: hash,
    step: run.step,
    recording: { name: recording.name, fingerprint: opened.fingerprint },
  };
  writeWhole(sidecar, `${JSON.stringify(document, null, 2)}\n`);
  terminal.result(
    `${flags.out}: ${raster.bins} bins x ${raster.units} units, ${formatBytes(raster.bins * raster.units * 4)}\n` +
      `  unit order: ${sidecar}`,
    document,
  );
}

/** A unit-free net is told what the training part of its own recording says of the units; a transformer knows them. */
async function knowledgeFor(
  run: TrainedRun,
  terminal: Terminal,
): Promise<Pick<TargetView, 'level' | 'known'>> {
  if (run.net.kind === 'transformer') return { level: 'none', known: null };
  const { raster, split } = await openSource(run, undefined, terminal);
  return { level: run.net.config.level, known: { raster, spans: split.train.spans } };
}

function* chunks(span: BinSpan): Generator<BinSpan> {
  for (let start = span.start; start < span.stop; start += CHUNK_BINS)
    yield { start, stop: Math.min(span.stop, start + CHUNK_BINS) };
}
