// The runtime underneath (Node or Deno): its name, its cores, and the switch Node 20 needs for relaxed SIMD.
import { availableParallelism, cpus, totalmem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { hasRelaxedSimd, hasSharedMemory } from '@spikebridge/model';

/** Node 20 ships relaxed SIMD behind a flag that must be set before the first module is compiled. */
export function enableRelaxedSimd(): void {
  if (hasRelaxedSimd()) return;
  try {
    setFlagsFromString('--experimental-wasm-relaxed-simd');
  } catch {
    // A runtime without this switch keeps plain SIMD; the kernel loader finds out by itself.
  }
}

export interface HostDescription {
  readonly runtime: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly relaxedSimd: boolean;
  readonly sharedMemory: boolean;
}

/** What a figure depends on. No host name, no user name, no path. */
export function describeHost(): HostDescription {
  const deno = 'deno' in process.versions ? String(process.versions.deno) : undefined;
  return {
    runtime: deno === undefined ? `Node ${process.versions.node}` : `Deno ${deno}`,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    relaxedSimd: hasRelaxedSimd(),
    sharedMemory: hasSharedMemory(),
  };
}
