// Which backend computes, and why: the one place where the command line meets kernels and threads.
import type { Backend } from '@spikebridge/model';
import { ReferenceBackend, SpikebridgeError } from '@spikebridge/model';

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
  readonly backend: string;
  readonly build: string;
  readonly threads: number;
  readonly description: string;
  readonly why: string;
}

export interface Device {
  readonly choice: DeviceChoice;
  readonly backend: Backend;
  dispose(): void;
}

/** @throws SpikebridgeError E_DEVICE */
export async function openDevice(request: DeviceRequest): Promise<Device> {
  await Promise.resolve();
  if (request.device === 'webgpu')
    throw new SpikebridgeError('E_DEVICE', 'there is no webgpu backend in this version', {
      where: '--device',
      fix: 'use --device auto, wasm or reference',
      exitCode: 2,
    });
  const backend = new ReferenceBackend();
  return {
    choice: {
      backend: 'reference',
      build: 'float64',
      threads: 1,
      description: backend.description,
      why: 'asked for',
    },
    backend,
    dispose: () => backend.dispose(),
  };
}
