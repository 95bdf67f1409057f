// The GPU as a device of the command line: opened, named, and told apart from a driver that computes on the CPU.
import { existsSync, readdirSync } from 'node:fs';
import type { GpuDevice } from '@spikebridge/model';
import { gpuName, WebGpuBackend } from '@spikebridge/model';
import { openGpu } from './host/webgpu.ts';
import type { OpenGpu } from './host/webgpu.ts';

export type OpenGpuDevice = GpuDevice & Pick<OpenGpu, 'host' | 'adapter'>;

/** A backend on this machine's fastest GPU, or why there is none. */
export async function openGpuDevice(): Promise<OpenGpuDevice | { readonly missing: string }> {
  const gpu = await openGpu();
  if ('missing' in gpu) return gpu;
  const { info, device, host, adapter } = gpu;
  const backend = new WebGpuBackend(device, `${gpuName(info)}, ${host === 'dawn' ? 'Dawn' : 'Deno'}`, {
    software: info.software,
  });
  return {
    ...{ backend, info, host, adapter },
    dispose: () => {
      backend.dispose();
      gpu.close();
    },
  };
}

/**
 * Whether it is worth asking for a GPU: starting a driver takes a moment and may print warnings of its own, which a login node
 * without one should be spared. Asked for by name (`--device webgpu`), the driver is started in any case.
 */
export function gpuMayExist(): boolean {
  if (process.platform !== 'linux') return true;
  if (existsSync('/dev/dxg') || existsSync('/dev/nvidia0')) return true;
  return existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('render'));
}
