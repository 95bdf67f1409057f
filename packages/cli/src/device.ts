// Which backend computes, and why: the one place where the command line meets kernels and threads.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Backend, MatMulHost } from '@spikebridge/model';
import {
  createWasmBackend,
  hasRelaxedSimd,
  hasSharedMemory,
  kernelMatMul,
  nodeThreads,
  plainMatMul,
  ReferenceBackend,
  SpikebridgeError,
} from '@spikebridge/model';

export interface DeviceRequest {
  readonly device: 'auto' | 'wasm' | 'reference' | 'webgpu';
  /** Plain SIMD: the same bits on any host. */
  readonly deterministic: boolean;
  /** All cores by default. */
  readonly threads?: number | undefined;
  /** Build a run was begun with; resume keeps it. */
  readonly build?: string | undefined;
}

/** What env.json and reports keep. */
export interface DeviceChoice {
  readonly backend: 'wasm' | 'reference';
  readonly build: 'plain' | 'relaxed' | 'float64';
  readonly threads: number;
  readonly description: string;
  readonly why: string;
}

export interface Device {
  readonly choice: DeviceChoice;
  readonly backend: Backend;
  /** Matrix products of the floors, on the same threads. */
  readonly matMul: MatMulHost;
  dispose(): void;
}

const refuse = (message: string, fix: string): SpikebridgeError =>
  new SpikebridgeError('E_DEVICE', message, { where: '--device', fix, exitCode: 2 });

/** @throws SpikebridgeError E_DEVICE where the device asked for, or the build a run was begun with, is not to be had. */
export async function openDevice(request: DeviceRequest): Promise<Device> {
  if (request.device === 'webgpu')
    throw refuse('this version has no webgpu backend', 'use --device auto, wasm or reference');
  if (request.device === 'reference') return reference();
  const deterministic = request.deterministic || request.build === 'plain';
  const relaxed = !deterministic && hasRelaxedSimd();
  if (request.build === 'relaxed' && !relaxed)
    throw refuse(
      'the run was begun with relaxed SIMD, which this runtime lacks: its results would change midway',
      'resume it on a runtime with relaxed SIMD (spikebridge doctor tells), or begin it anew with --deterministic',
    );
  const cores = availableParallelism();
  const threads = hasSharedMemory() ? Math.max(1, request.threads ?? cores) : 1;
  const backend = await createWasmBackend({ threads, deterministic: !relaxed, spawn: nodeThreads(Worker) });
  return {
    choice: {
      backend: 'wasm',
      build: backend.core.build,
      threads: backend.core.threads,
      description: backend.description,
      why: reason(request, relaxed),
    },
    backend,
    matMul: kernelMatMul(backend.core),
    dispose: () => backend.dispose(),
  };
}

/** Why this build, in words. */
function reason({ device, deterministic, build, threads }: DeviceRequest, relaxed: boolean): string {
  const what = device === 'auto' ? 'auto: the only fast device of this version' : 'asked for';
  const why = relaxed
    ? 'relaxed SIMD is faster here'
    : deterministic
      ? 'plain SIMD gives the same bits everywhere'
      : build === 'plain'
        ? 'the run was begun with plain SIMD'
        : 'this runtime has no relaxed SIMD';
  return `${what}; ${why}${threads === undefined ? '; all cores' : ''}`;
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
    matMul: plainMatMul(),
    dispose: () => backend.dispose(),
  };
}
