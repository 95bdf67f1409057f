// Sampling a trained run: kernels, roller, loop and progress, for `generate` and for the statistics of `evaluate`.
import type { WasmBackend } from '../engine/wasm/backend.ts';
import { SpikebridgeError } from '../errors.ts';
import { kernelHost } from '../evaluation/kernel-host.ts';
import type { KnownPart } from '../evaluation/types.ts';
import type { DeviceGenerateOptions } from '../generation/device-rollout.ts';
import { DeviceRollout } from '../generation/device-rollout.ts';
import { generate } from '../generation/generate.ts';
import { NetRoller } from '../generation/net-roller.ts';
import type { RateControl } from '../generation/rate-control.ts';
import { SpikeTrains } from '../generation/spike-trains.ts';
import type { Prompt, Roller } from '../generation/types.ts';
import { UnitFreeRoller } from '../unit-free/unit-free-roller.ts';
import type { DeviceHost } from './device.ts';
import { openKernels } from './device.ts';
import type { Listener } from './listener.ts';
import { dataRecord } from './run-record.ts';
import { presentUnits } from './target.ts';
import type { TrainedRun } from './trained-run.ts';
import { nextTurn } from './turn.ts';

export interface SampleRequest {
  readonly host: DeviceHost;
  readonly run: TrainedRun;
  readonly prompt: Prompt;
  readonly bins: number;
  readonly seed: number;
  readonly temperature: number;
  readonly rateControl?: RateControl;
  readonly threads: number;
  /** Where bins are drawn; the CPU by default. */
  readonly device?: 'wasm' | 'webgpu';
  /** What is known of the units that fire: a unit-free net has no others. */
  readonly known?: KnownPart;
  /** (units) 1 = the column may fire; by default those that held a unit in training. */
  readonly present?: Uint8Array;
  /** Ends the roll-out early. */
  readonly signal?: AbortSignal;
  readonly listener: Listener;
  /** Told now and then what is there so far. */
  readonly onTrains?: (trains: SpikeTrains) => void;
}

export interface Sampled {
  readonly trains: SpikeTrains;
  /** What it took, the prompt included. */
  readonly seconds: number;
  readonly description: string;
}

/** Runs a run freely after a prompt; columns that held no unit in training stay silent. @throws E_DEVICE, E_GENERATE_KNOWN */
export async function sampleRun(request: SampleRequest): Promise<Sampled> {
  const { run, prompt, bins, seed, temperature, signal, listener } = request;
  const trains = new SpikeTrains(run.resolved.config.data.units);
  const sampler = request.device === 'webgpu' ? await deviceSampler(request) : await kernelSampler(request);
  const progress = listener.progress('generating', bins, 'bins');
  const started = performance.now();
  try {
    await sampler.generate(prompt, {
      ...{ bins, seed, temperature },
      present: request.present ?? presentUnits(dataRecord(run.folder).slots),
      ...(signal === undefined ? {} : { signal }),
      take: (bin, words) => trains.take(bin, words),
      onProgress: async (done) => {
        progress.update(done);
        request.onTrains?.(trains);
        await nextTurn();
      },
    });
    return { trains, seconds: (performance.now() - started) / 1000, description: sampler.description };
  } finally {
    progress.stop();
    sampler.dispose();
  }
}

interface Sampler {
  readonly description: string;
  generate(prompt: Prompt, options: DeviceGenerateOptions): Promise<number>;
  dispose(): void;
}

async function kernelSampler(request: SampleRequest): Promise<Sampler> {
  const backend = await openKernels(request.host, request.threads);
  const { rateControl } = request;
  try {
    const roller = rollerOf(request, backend);
    return {
      description: backend.description,
      generate: (prompt, options) =>
        generate(roller, prompt, { ...options, ...(rateControl === undefined ? {} : { rateControl }) }),
      dispose: () => backend.dispose(),
    };
  } catch (error) {
    backend.dispose();
    throw error;
  }
}

async function deviceSampler({ host, run, rateControl }: SampleRequest): Promise<Sampler> {
  const refuse = (message: string): never => {
    const fix = 'leave --device out: the CPU samples it';
    throw new SpikebridgeError('E_DEVICE', message, { where: '--device', fix, exitCode: 2 });
  };
  const { net, weights } = run;
  if (net.kind !== 'transformer') return refuse('a unit-free net is sampled on the CPU only');
  if (rateControl !== undefined) return refuse('rates are matched on the CPU only');
  const gpu = await host.openGpu();
  if ('missing' in gpu) return refuse(`no GPU: ${gpu.missing}`);
  const { backend } = gpu;
  try {
    const { doubleSigmoid } = run.resolved.config.loss;
    const rollout = new DeviceRollout({ backend, net, weights, doubleSigmoid });
    return {
      description: backend.description,
      generate: (prompt, options) => rollout.generate(prompt, options),
      dispose: () => {
        rollout.dispose();
        gpu.dispose();
      },
    };
  } catch (error) {
    gpu.dispose();
    throw error;
  }
}

/** @throws E_GENERATE_KNOWN where a unit-free net is told of no unit */
function rollerOf({ run, known }: SampleRequest, backend: WasmBackend): Roller {
  const { net, weights } = run;
  if (net.kind === 'transformer') {
    const { doubleSigmoid } = run.resolved.config.loss;
    return new NetRoller({ core: backend.core, net, weights, doubleSigmoid });
  }
  if (known !== undefined)
    return new UnitFreeRoller({ backend, net, weights, known, host: kernelHost(backend.core) });
  throw new SpikebridgeError('E_GENERATE_KNOWN', 'a unit-free net has no units but those it is told of', {
    where: run.path,
    fix: 'say where the recording it was trained on lies with --source, or name a recording with --prompt',
    exitCode: 2,
  });
}
