// The GPU of a command-line host: Dawn through npm's `webgpu` on Node, the runtime's own on Deno.
import type { GpuAccess, GpuMissing } from '@spikebridge/model';
import { requestGpu } from '@spikebridge/model';

export interface OpenGpu extends GpuAccess {
  readonly host: 'dawn' | 'deno';
  /** Destroys the device; what it held is gone and the process can end. */
  close(): void;
}

/** A device of this machine's fastest GPU, or why there is none. Never throws for want of a package or a driver. */
export async function openGpu(): Promise<OpenGpu | GpuMissing> {
  const host = 'deno' in process.versions ? 'deno' : 'dawn';
  const entry = host === 'deno' ? denoGpu() : await dawnGpu();
  if ('missing' in entry) return entry;
  const access = await requestGpu(entry.gpu);
  if ('missing' in access) return access;
  return { ...access, host, close: () => access.device.destroy() };
}

interface Entry {
  readonly gpu: GPU;
}

function denoGpu(): Entry | GpuMissing {
  const { gpu } = navigator as { gpu?: GPU };
  return gpu === undefined ? { missing: 'this Deno was built without WebGPU' } : { gpu };
}

/** What the package `webgpu` exports. Its own types are not asked for: the package may be absent. */
interface DawnPackage {
  readonly create: (flags: string[]) => GPU;
  readonly globals: object;
}

/** The process aborts when Dawn's entry object is collected while a device of it lives: it is kept for good. */
let dawn: GPU | undefined;

const dawnPackage: string = 'webgpu';

/** Dawn's entry object. `load` brings the package; a test brings it amiss. */
export async function dawnGpu(
  load: () => Promise<unknown> = () => import(dawnPackage),
): Promise<Entry | GpuMissing> {
  if (dawn === undefined) {
    try {
      const { create, globals } = (await load()) as DawnPackage;
      // GPUBufferUsage and kin are globals in every browser; kernels expect them there.
      Object.assign(globalThis, globals);
      dawn = create([]);
    } catch (error) {
      return { missing: describeFailure(error) };
    }
  }
  return { gpu: dawn };
}

function describeFailure(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')
    return `npm's optional package \`${dawnPackage}\` is not installed`;
  const [reason] = String(error).split('\n');
  return `npm's package \`${dawnPackage}\` does not load on ${process.platform} ${process.arch}: ${reason}`;
}
