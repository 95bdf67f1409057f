// What this browser computes with: kernel threads as web workers, and the GPU behind WebGPU.
import type { DeviceHost, GpuDevice } from '@spikebridge/model';
import {
  gpuName,
  hasRelaxedSimd,
  hasSharedMemory,
  requestGpu,
  WebGpuBackend,
  webThreads,
} from '@spikebridge/model';

export const webDeviceHost: DeviceHost = {
  cores: navigator.hardwareConcurrency,
  spawn: webThreads(),
  gpuMayExist: () => 'gpu' in navigator,
  openGpu: openWebGpu,
};

async function openWebGpu(): Promise<GpuDevice | { readonly missing: string }> {
  const { gpu } = navigator as { gpu?: GPU };
  if (gpu === undefined) return { missing: 'this browser has no WebGPU' };
  const access = await requestGpu(gpu);
  if ('missing' in access) return access;
  const { device, info } = access;
  const backend = new WebGpuBackend(device, gpuName(info), { software: info.software });
  return {
    ...{ backend, info },
    dispose: () => {
      backend.dispose();
      device.destroy();
    },
  };
}

/** What a figure depends on. Browsers tell no processor and hardly any memory. */
export function describeBrowser(): Readonly<Record<string, string | number | boolean>> {
  return {
    runtime: browserName(navigator.userAgent),
    platform: 'browser',
    processor: 'not told by browsers',
    cores: navigator.hardwareConcurrency,
    memoryGiB: (navigator as { deviceMemory?: number }).deviceMemory ?? 'not told',
    relaxedSimd: hasRelaxedSimd(),
    sharedMemory: hasSharedMemory(),
  };
}

/** `Firefox 140` of a user agent, which lists its ancestors; most particular name first. */
function browserName(agent: string): string {
  for (const name of ['Edg', 'OPR', 'Firefox', 'Chrome', 'Version']) {
    const version = new RegExp(`${name}/(\\d+)`).exec(agent)?.[1];
    if (version !== undefined)
      return `${{ Edg: 'Edge', OPR: 'Opera', Version: 'Safari' }[name] ?? name} ${version}`;
  }
  return 'unknown browser';
}
