// Ours on the device of a job.
import type { Backend } from '@spikebridge/model';
import { createWasmBackend, gpuName, WasmBackend } from '@spikebridge/model';
import { webDeviceHost } from '../../packages/web/src/host/web-device.ts';
import type { TfjsBackend } from '../src/tfjs-backend.ts';
import type { DeviceName } from './job.ts';

export interface OurDevice {
  readonly backend: Backend;
  readonly threads: number;
  /** As the `who` column has it. */
  readonly name: string;
  /** The adapter is a program on the CPU: its times say nothing about a GPU. */
  readonly software: boolean;
  /** Bytes of kernel memory or of the device in use. */
  bytes(): number;
  dispose(): void;
}

/** @throws Error where there is no such device. */
export async function openOurs(device: DeviceName): Promise<OurDevice> {
  if (device === 'webgpu') {
    const gpu = await webDeviceHost.openGpu();
    if ('missing' in gpu) throw new Error(`No GPU: ${gpu.missing}.`);
    const { backend, info } = gpu;
    return {
      ...{ backend, threads: 1, name: `spikebridge, WebGPU on ${gpuName(info)}`, software: info.software },
      bytes: () => backend.runtime.counters.bytes,
      dispose: () => gpu.dispose(),
    };
  }
  const { cores, spawn } = webDeviceHost;
  const backend = await createWasmBackend({ threads: device === 'wasm-1' ? 1 : cores, spawn });
  return {
    ...{
      backend,
      threads: backend.core.threads,
      name: `spikebridge, ${backend.description}`,
      software: false,
    },
    bytes: () => backend.core.memory.bytesInUse,
    dispose: () => backend.dispose(),
  };
}

/** The kernels behind a backend on the CPU, which roll-outs run on; null on a GPU. */
export const coreOf = ({ backend }: OurDevice): WasmBackend['core'] | null =>
  backend instanceof WasmBackend ? backend.core : null;

/** tfjs on the same device. Its plain JavaScript would take minutes at the full shapes. */
export function peersOf(device: DeviceName, quick: boolean): readonly TfjsBackend[] {
  if (device === 'webgpu') return ['webgpu'];
  return device === 'wasm-1' && quick ? ['wasm', 'cpu'] : ['wasm'];
}
