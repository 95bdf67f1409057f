// The GPU of the benchmark: one adapter for ours and for tfjs, which looks for it where browsers have it.
import type { GpuInfo } from '@spikebridge/model';
import { requestGpu, WebGpuBackend } from '@spikebridge/model';

export interface BenchGpu {
  readonly info: GpuInfo;
  /** The adapter in one line; a software one says so. */
  readonly name: string;
  backend(): Promise<WebGpuBackend>;
}

/** Kept for good: the process aborts when Dawn's entry object is collected while a device of it lives. */
let gpu: GPU | undefined;

const dawn: string = 'webgpu';

/** @throws Error with the reason where there is no adapter. */
export async function openBenchGpu(): Promise<BenchGpu> {
  const { create, globals } = (await import(dawn)) as {
    readonly create: (flags: string[]) => GPU;
    readonly globals: object;
  };
  Object.assign(globalThis, globals);
  gpu ??= create([]);
  // tfjs asks `navigator.gpu`, at import.
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  const entry = gpu;
  const access = await requestGpu(entry);
  if ('missing' in access) throw new Error(access.missing);
  const { info, device } = access;
  device.destroy();
  const name = `${info.description || [info.vendor, info.architecture].join(' ')}${info.software ? ' (SOFTWARE adapter: not a GPU speed)' : ''}`;
  return {
    info,
    name,
    backend: async () => {
      const own = await requestGpu(entry);
      if ('missing' in own) throw new Error(own.missing);
      return new WebGpuBackend(own.device, name, { software: info.software });
    },
  };
}
