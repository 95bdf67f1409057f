// Sampling a trained run: kernels, roller, loop and progress, for `generate` and for the statistics of `evaluate`.
import { setImmediate } from 'node:timers/promises';
import type { Prompt, RateControl } from '@spikebridge/model';
import { generate, NetRoller, SpikeTrains } from '@spikebridge/model';
import { openKernels } from './device.ts';
import { startProgress } from './progress.ts';
import { dataRecord } from './run-record.ts';
import { presentUnits } from './target.ts';
import type { Terminal } from './terminal.ts';
import type { TrainedRun } from './trained-run.ts';

export interface SampleRequest {
  readonly run: TrainedRun;
  readonly prompt: Prompt;
  readonly bins: number;
  readonly seed: number;
  readonly temperature: number;
  readonly rateControl?: RateControl;
  readonly threads: number;
  /** Ends the roll-out early. */
  readonly signal?: AbortSignal;
  readonly terminal: Terminal;
}

export interface Sampled {
  readonly trains: SpikeTrains;
  /** What it took, the prompt included. */
  readonly seconds: number;
  readonly description: string;
}

/** Runs a run freely after a prompt; columns that held no unit in training stay silent. */
export async function sampleRun(request: SampleRequest): Promise<Sampled> {
  const { run, prompt, bins, seed, temperature, rateControl, signal, terminal } = request;
  const { net, weights } = run;
  const trains = new SpikeTrains(net.units);
  const backend = await openKernels(request.threads);
  const progress = startProgress(terminal, 'generating', bins, 'bins');
  const started = performance.now();
  try {
    const { doubleSigmoid } = run.resolved.config.loss;
    const roller = new NetRoller({ core: backend.core, net, weights, doubleSigmoid });
    await generate(roller, prompt, {
      ...{ bins, seed, temperature, present: presentUnits(dataRecord(run.folder).slots) },
      ...(signal === undefined ? {} : { signal }),
      ...(rateControl === undefined ? {} : { rateControl }),
      take: (bin, words) => trains.take(bin, words),
      onProgress: async (done) => {
        progress.update(done);
        // A turn for the signal.
        await setImmediate();
      },
    });
    return { trains, seconds: (performance.now() - started) / 1000, description: backend.description };
  } finally {
    progress.stop();
    backend.dispose();
  }
}
