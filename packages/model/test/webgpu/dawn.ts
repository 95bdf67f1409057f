// A device, and a backend on it, for the tests of this folder: Dawn, through npm's `webgpu`.
import { afterAll, beforeAll } from 'vitest';
import { WebGpuBackend } from '../../src/engine/webgpu/index.ts';

/** Kept for good: the process aborts when Dawn's entry object is collected while a device of it lives. */
let gpu: GPU | undefined;

/** `limits` beyond the default ones. */
export async function dawnDevice(limits: Record<string, number> = {}): Promise<GPUDevice> {
  const { create, globals } = (await import('webgpu')) as unknown as {
    readonly create: (flags: string[]) => GPU;
    globals: object;
  };
  Object.assign(globalThis, globals);
  gpu ??= create([]);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error('Dawn finds no adapter');
  return adapter.requestDevice({ requiredLimits: limits });
}

/** Opens a backend on a device of its own before the tests of a block, hands it over, and closes both after them. */
export function onDawn(
  use: (backend: WebGpuBackend) => void,
  options: { readonly software?: boolean } = {},
  limits: Record<string, number> = {},
): void {
  let device: GPUDevice;
  let backend: WebGpuBackend;
  beforeAll(async () => {
    device = await dawnDevice(limits);
    backend = new WebGpuBackend(device, 'Dawn', options);
    use(backend);
  });
  afterAll(() => {
    backend.dispose();
    device.destroy();
  });
}
