// Which backend computes, and why: chosen by the request, by what a run was begun with, or by a race on the run's own step.
import { hasRelaxedSimd, hasSharedMemory } from '@spikebridge/core-wasm';
import type { SpawnThread } from '@spikebridge/core-wasm';
import type { Backend } from '../engine/backend.ts';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { createWasmBackend } from '../engine/wasm/backend.ts';
import type { WasmBackend } from '../engine/wasm/backend.ts';
import type { GpuInfo } from '../engine/webgpu/adapter.ts';
import type { WebGpuBackend } from '../engine/webgpu/backend.ts';
import { SpikebridgeError } from '../errors.ts';
import { plainHost } from '../evaluation/dense-host.ts';
import type { DenseHost } from '../evaluation/dense-host.ts';
import { kernelHost } from '../evaluation/kernel-host.ts';
import { describeRace, raceDevices, threadCounts } from './device-choice.ts';
import type { Candidate, Measured, MeasuredShape, WasmBuild } from './device-choice.ts';
import type { Probe } from './device-probe.ts';

/** What a host has to compute with. */
export interface DeviceHost {
  readonly cores: number;
  /** Starts a thread of the CPU kernels. */
  readonly spawn: SpawnThread;
  /** Whether it is worth asking for a GPU: starting a driver takes a moment. */
  gpuMayExist(): boolean;
  /** A backend on the fastest GPU, or why there is none. */
  openGpu(): Promise<GpuDevice | { readonly missing: string }>;
}

export interface GpuDevice {
  readonly backend: WebGpuBackend;
  readonly info: GpuInfo;
  dispose(): void;
}

/** One line for env.json, reports and people: no host or user name. */
export function gpuName({ vendor, architecture, device, description, software }: GpuInfo): string {
  const name =
    description === '' ? [vendor, architecture, device].filter((word) => word !== '').join(' ') : description;
  return `${name === '' ? 'unnamed adapter' : name}${software ? ' (software)' : ''}`;
}

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
  /** With `auto`: ask the driver for a GPU even where the machine shows none, so that the reason names what it has. */
  readonly startDriver?: boolean | undefined;
}

/** What env.json and reports keep. */
export interface DeviceChoice {
  readonly backend: 'wasm' | 'reference' | 'webgpu';
  readonly build: WasmBuild | 'float64' | 'wgsl';
  readonly threads: number;
  readonly description: string;
  readonly why: string;
  /** The candidates of `auto` with their fastest steps; absent where nothing was measured. */
  readonly measured?: { readonly shape: MeasuredShape; readonly candidates: readonly Measured[] };
}

export interface Device {
  readonly choice: DeviceChoice;
  readonly backend: Backend;
  /** Matrix products of the floors, on the same threads (plain loops beside a GPU: floors are fitted on the CPU). */
  readonly matMul: DenseHost;
  /** Opens the device anew, after it was lost; absent where nothing can be lost. */
  readonly reopen?: () => Promise<Device>;
  dispose(): void;
}

/**
 * The CPU kernels by themselves, for work that is no plan: plain SIMD, so that what is drawn from their probabilities is the same on
 * every host.
 */
export const openKernels = ({ spawn }: Pick<DeviceHost, 'spawn'>, threads: number): Promise<WasmBackend> =>
  createWasmBackend({ threads: hasSharedMemory() ? threads : 1, deterministic: true, spawn });

const refuse = (message: string, fix: string): SpikebridgeError =>
  new SpikebridgeError('E_DEVICE', message, { where: '--device', fix, exitCode: 2 });

/** @throws SpikebridgeError E_DEVICE where the device asked for, or the build a run was begun with, is not to be had. */
export async function openDevice(host: DeviceHost, request: DeviceRequest): Promise<Device> {
  if (request.device === 'reference') return reference();
  if (request.device === 'webgpu' || request.begun?.build === 'wgsl') return webgpu(host, request);
  if (request.begun?.build === 'relaxed' && !hasRelaxedSimd())
    throw refuse(
      'the run was begun with relaxed SIMD, which this runtime lacks: its results would change midway',
      'resume it on a runtime with relaxed SIMD (spikebridge doctor tells), or begin it anew with --deterministic',
    );
  const { candidate, why, measured } = await choose(host, request);
  if (candidate.build === 'wgsl')
    return webgpu(host, request, { why, ...(measured === undefined ? {} : { measured }) });
  const backend = await createWasmBackend(optionsOf(host, candidate));
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

const optionsOf = ({ spawn }: DeviceHost, { build, threads }: Candidate) => ({
  threads,
  deterministic: build === 'plain',
  spawn,
});

interface Choice {
  readonly candidate: Candidate;
  readonly why: string;
  readonly measured?: NonNullable<DeviceChoice['measured']>;
}

async function choose(host: DeviceHost, request: DeviceRequest): Promise<Choice> {
  const { device, deterministic, threads, begun, probe, startDriver = false } = request;
  const cores = hasSharedMemory() ? host.cores : 1;
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
  const gpu =
    device === 'auto' && probe !== undefined && !deterministic ? await considerGpu(host, startDriver) : null;
  const left = gpu?.considered === false ? `; ${gpu.why}` : '';
  const oneCandidate = builds.length * counts.length === 1 && gpu?.considered !== true;
  if (device !== 'auto' || probe === undefined || oneCandidate) {
    const candidate = { build: builds[0], threads: fixed ?? cores };
    const asked = device === 'auto' ? 'auto' : 'asked for';
    return { candidate, why: `${asked}; ${buildReason}${fixed === undefined ? '; all cores' : ''}${left}` };
  }
  const { shape, time } = probe();
  const race = await raceDevices({
    builds,
    threads: counts,
    gpu: gpu?.considered === true,
    time: async (candidate, seconds) => {
      if (candidate.build === 'wgsl') return timeGpu(host, time, seconds);
      const backend = await createWasmBackend(optionsOf(host, candidate));
      try {
        return await time(backend, seconds);
      } finally {
        backend.dispose();
      }
    },
  });
  const why = describeRace(race, shape, gpu?.name) + (deterministic ? `; ${buildReason}` : '') + left;
  const { build, threads: count } = race.taken;
  return { candidate: { build, threads: count }, why, measured: { shape, candidates: race.measured } };
}

/** What `auto` makes of the GPU: its name, or why it is not measured. */
type Considered =
  | { readonly considered: true; readonly name: string }
  | { readonly considered: false; readonly why: string; readonly name?: never };

async function considerGpu(host: DeviceHost, startDriver: boolean): Promise<Considered> {
  if (!startDriver && !host.gpuMayExist()) return { considered: false, why: 'this machine shows no GPU' };
  const gpu = await host.openGpu();
  if ('missing' in gpu) return { considered: false, why: `no GPU: ${gpu.missing}` };
  gpu.dispose();
  const name = gpuName(gpu.info);
  return gpu.info.software
    ? { considered: false, why: `${name} computes on the CPU and was not measured` }
    : { considered: true, name };
}

async function timeGpu(host: DeviceHost, time: Probe['time'], seconds: number): ReturnType<Probe['time']> {
  const gpu = await host.openGpu();
  // Gone since it was looked at: it cannot win.
  if ('missing' in gpu) return { milliseconds: Infinity, steps: 0 };
  try {
    return await time(gpu.backend, seconds);
  } finally {
    gpu.dispose();
  }
}

/** The GPU, because it was asked for, remembered or measured fastest. */
async function webgpu(
  host: DeviceHost,
  { deterministic, begun }: DeviceRequest,
  chosen?: Pick<Choice, 'why' | 'measured'>,
): Promise<Device> {
  if (deterministic)
    throw refuse(
      'a GPU gives the same bits on one device, not on any host',
      'leave out --deterministic, or use --device wasm',
    );
  const gpu = await host.openGpu();
  if ('missing' in gpu)
    throw begun?.build === 'wgsl'
      ? refuse(
          `the run was begun on a GPU, and there is none here: ${gpu.missing}`,
          'resume it where there is one, or begin it anew with --device wasm',
        )
      : refuse(
          `there is no GPU to be had: ${gpu.missing}`,
          'use --device auto or wasm; docs/webgpu.md says what each host needs',
        );
  const { backend } = gpu;
  const why = chosen?.why ?? (begun === undefined ? 'asked for' : 'remembered: what the run was begun with');
  const measured = chosen?.measured;
  const choice: DeviceChoice = {
    ...{ backend: 'webgpu', build: 'wgsl', threads: 1, description: backend.description, why },
    ...(measured === undefined ? {} : { measured }),
  };
  const reopen = (): Promise<Device> =>
    webgpu(host, { device: 'webgpu', deterministic, begun: { build: 'wgsl', threads: 1 } });
  return { choice, backend, matMul: plainHost(), reopen, dispose: () => gpu.dispose() };
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
