// `generate`: spike trains sampled freely from a trained run, bin after bin, after a prompt; what is there at Ctrl-C is written.
import type { ReadyPrompt, Recording, Sampled, Source, TrainedRun } from '@spikebridge/model';
import { formatDuration, generatedUnits, generateRun, SpikebridgeError, VERSION } from '@spikebridge/model';
import { nodeDeviceHost } from '../device.ts';
import { checkTrainOutput, writeTrains } from '../generation-output.ts';
import type { TrainFormat } from '../generation-output.ts';
import { isSilent, promptFor, silenceFor } from '../generation-prompt.ts';
import type { PromptFlags } from '../generation-prompt.ts';
import { holdInterrupt, INTERRUPTED } from '../interrupt.ts';
import type { GlobalFlags } from '../options.ts';
import { Terminal } from '../terminal.ts';
import { openRun, openSource } from '../trained-run.ts';

export interface GenerateFlags extends PromptFlags, GlobalFlags {
  readonly run: string;
  readonly bins: number;
  readonly out: string;
  readonly format?: TrainFormat;
  readonly source?: string;
  readonly seed: number;
  readonly temperature: number;
  readonly matchRates?: boolean;
  readonly device?: 'auto' | 'wasm' | 'webgpu';
  readonly threads: number;
  readonly force?: boolean;
}

/** Returns the exit code: 0, or 130 after Ctrl-C. */
export async function generateTrains(flags: GenerateFlags): Promise<number> {
  const terminal = Terminal.of(flags);
  const { out, temperature, seed, matchRates = false } = flags;
  const format = checkTrainOutput(out, flags.format, flags.force === true);
  const run = await openRun(flags.run);
  const source = await sourceFor(flags, run, terminal);
  const ready =
    source === undefined || isSilent(flags)
      ? silenceFor(flags, run)
      : await promptFor(flags, run, source, terminal);
  const sampled = await sample({ flags, run, source, ready, terminal });
  const { trains, seconds, description } = sampled;
  const finished = trains.bins === flags.bins;

  const { config, hash } = run.resolved;
  const { binMs } = config.data;
  const recording = trains.recording('generated', generatedUnits(run, source, ready), binMs);
  const provenance = {
    ...{ spikebridge: VERSION, configHash: hash, step: run.step, seed, temperature, matchRates },
    ...{ prompt: ready.record, bins: trains.bins, binMilliseconds: binMs },
  };
  if (trains.bins > 0) await writeTrains(out, format, recording, provenance);
  const { spikes } = trains;
  const binsPerSecond = trains.bins / seconds;
  const document = {
    ...{ schema: 'spikebridge.generation/1', out: trains.bins > 0 ? out : null, format },
    ...{ status: finished ? 'completed' : 'interrupted', requestedBins: flags.bins, spikes },
    ...{ units: recording.units.map(({ id }) => id), meanRateHz: meanRate(recording, trains.bins, binMs) },
    ...provenance,
    ...{ device: description, seconds, binsPerSecond },
  };
  terminal.result(
    trains.bins === 0
      ? `${out}: interrupted before the first bin; nothing was written`
      : `${out}: ${finished ? '' : `interrupted, ${trains.bins} of ${flags.bins} bins are kept; `}` +
          `${formatDuration((trains.bins * binMs) / 1000)} of ${recording.units.length} units, ${spikes} spikes, ` +
          `${binsPerSecond.toFixed(0)} bins/s`,
    document,
  );
  return finished ? 0 : INTERRUPTED;
}

interface SampleCall {
  readonly flags: GenerateFlags;
  readonly run: TrainedRun;
  readonly source: Source | undefined;
  readonly ready: ReadyPrompt;
  readonly terminal: Terminal;
}

/** The roll-out itself; Ctrl-C ends it early. */
async function sample({ flags, run, source, ready, terminal }: SampleCall): Promise<Sampled> {
  const { bins, seed, temperature, threads } = flags;
  const interrupt = holdInterrupt(() => {
    terminal.note('\nstopping; what is sampled so far will be written (Ctrl-C again: leave at once)');
  });
  try {
    return await generateRun({
      ...{ run, source, ready, bins, seed, temperature, threads, signal: interrupt.signal },
      ...{ host: nodeDeviceHost, matchRates: flags.matchRates === true, listener: terminal },
      ...(flags.device === 'webgpu' ? { device: flags.device } : {}),
    });
  } finally {
    interrupt.release();
  }
}

/**
 * The recording the run was trained on: it names the units, pairs those of a prompt and gives rates. From silence the run goes
 * without it where it is not found.
 */
async function sourceFor(
  flags: GenerateFlags,
  run: TrainedRun,
  terminal: Terminal,
): Promise<Source | undefined> {
  try {
    return await openSource(run, flags.source, terminal);
  } catch (error) {
    const needed = !isSilent(flags) || flags.matchRates === true || flags.source !== undefined;
    if (needed || !(error instanceof SpikebridgeError) || error.code !== 'E_DATA_MISSING') throw error;
    terminal.note(`${error.message}: units are called by their row in it`);
    return undefined;
  }
}

const meanRate = ({ times, units }: Recording, bins: number, binMs: number): number | null =>
  bins === 0 ? null : times.length / units.length / ((bins * binMs) / 1000);
