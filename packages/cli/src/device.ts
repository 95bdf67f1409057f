// Which backend computes, and why: the one place where the command line meets kernels and threads.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Backend, DenseHost } from '@spikebridge/model';
import {
  createWasmBackend,
  hasRelaxedSimd,
  hasSharedMemory,
  kernelHost,
  nodeThreads,
  plainHost,
  ReferenceBackend,
  SpikebridgeError,
} from '@spikebridge/model';
import { describeRace, raceDevices, threadCounts } from './device-choice.ts';
import type { Candidate, Measured, MeasuredShape, WasmBuild } from './device-choice.ts';
import type { Probe } from './device-probe.ts';

export interface DeviceRequest {
  readonly device: 'auto' | 'wasm' | 'reference' | 'webgpu';
  /** Plain SIMD: the same bits on any host. */
  readonly deterministic: boolean;
  /** Left out: as remembered or measured, else all cores. */
  readonly threads?: number | undefined;
  /** What a run was begun with. Its build is kept; its threads are, where the machine has as many cores. */
  readonly begun?: Candidate | undefined;
  /** With `auto`: the step to time the candidates on. Without it nothing is measured. */
  readonly probe?: (() => Probe) | undefined;
}

/** What env.json and reports keep. */
export interface DeviceChoice {
  readonly backend: 'wasm' | 'reference';
  readonly build: WasmBuild | 'float64';
  readonly threads: number;
  readonly description: string;
  readonly why: string;
  /** The candidates of `auto` with their fastest steps; absent where nothing was measured. */
  readonly measured?: { readonly shape: MeasuredShape; readonly candidates: readonly Measured[] };
}

export interface Device {
  readonly choice: DeviceChoice;
  readonly backend: Backend;
  /** Matrix products of the floors, on the same threads. */
  readonly matMul: DenseHost;
  dispose(): void;
}

const refuse = (message: string, fix: string): SpikebridgeError =>
  new SpikebridgeError('E_DEVICE', message, { where: '--device', fix, exitCode: 2 });

/** @throws SpikebridgeError E_DEVICE where the device asked for, or the build a run was begun with, is not to be had. */
export async function openDevice(request: DeviceRequest): Promise<Device> {
  if (request.device === 'webgpu')
    throw refuse('this version has no webgpu backend', 'use --device auto, wasm or reference');
  if (request.device === 'reference') return reference();
  if (request.begun?.build === 'relaxed' && !hasRelaxedSimd())
    throw refuse(
      'the run was begun with relaxed SIMD, which this runtime lacks: its results would change midway',
      'resume it on a runtime with relaxed SIMD (spikebridge doctor tells), or begin it anew with --deterministic',
    );
  const { candidate, why, measured } = await choose(request);
  const backend = await createWasmBackend(optionsOf(candidate));
  return {
    choice: {
      backend: 'wasm',
      build: backend.core.build,
      threads: backend.core.threads,
      description: backend.description,
      why,
      ...(measured === undefined ? {} : { measured }),
    },
    backend,
    matMul: kernelHost(backend.core),
    dispose: () => backend.dispose(),
  };
}

const optionsOf = ({ build, threads }: Candidate) => ({
  threads,
  deterministic: build === 'plain',
  spawn: nodeThreads(Worker),
});

interface Choice {
  readonly candidate: Candidate;
  readonly why: string;
  readonly measured?: NonNullable<DeviceChoice['measured']>;
}

async function choose({ device, deterministic, threads, begun, probe }: DeviceRequest): Promise<Choice> {
  const cores = hasSharedMemory() ? availableParallelism() : 1;
  const fixed = !hasSharedMemory() ? 1 : threads === undefined ? undefined : Math.max(1, threads);
  if (begun !== undefined) {
    const candidate = { build: begun.build, threads: fixed ?? Math.min(begun.threads, cores) };
    return { candidate, why: 'remembered: what the run was begun with' };
  }
  const builds: WasmBuild[] = deterministic || !hasRelaxedSimd() ? ['plain'] : ['relaxed', 'plain'];
  const counts = fixed === undefined ? threadCounts(cores) : [fixed];
  const buildReason = deterministic
    ? 'plain SIMD gives the same bits everywhere'
    : builds.length === 1
      ? 'this runtime has no relaxed SIMD'
      : 'relaxed SIMD is faster on most machines';
  if (device !== 'auto' || probe === undefined || builds.length * counts.length === 1) {
    const candidate = { build: builds[0], threads: fixed ?? cores };
    const asked = device === 'auto' ? 'auto' : 'asked for';
    return { candidate, why: `${asked}; ${buildReason}${fixed === undefined ? '; all cores' : ''}` };
  }
  const { shape, time } = probe();
  const race = await raceDevices({
    builds,
    threads: counts,
    time: async (candidate, seconds) => {
      const backend = await createWasmBackend(optionsOf(candidate));
      try {
        return await time(backend, seconds);
      } finally {
        backend.dispose();
      }
    },
  });
  const why = describeRace(race, shape) + (deterministic ? `; ${buildReason}` : '');
  const { build, threads: count } = race.taken;
  return { candidate: { build, threads: count }, why, measured: { shape, candidates: race.measured } };
}

function reference(): Device {
  const backend = new ReferenceBackend();
  return {
    choice: {
      backend: 'reference',
      build: 'float64',
      threads: 1,
      description: backend.description,
      why: 'asked for; slow, an oracle for tests',
    },
    backend,
    matMul: plainHost(),
    dispose: () => backend.dispose(),
  };
}
