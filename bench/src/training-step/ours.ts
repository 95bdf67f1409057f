// Ours on the CPU: the engine's `wasm` backend, in each build and thread count that the table shows.
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { createWasmBackend, hasRelaxedSimd, nodeThreads } from '@spikebridge/model';
import type { StepPeer } from './peer.ts';
import { netPeer } from './net.ts';

export interface OursOptions {
  /** `plain` is the deterministic build; `relaxed` fuses multiply and add where the machine does. */
  readonly build: 'plain' | 'relaxed';
  readonly threads: 1 | 2;
}

export async function oursPeer({ build, threads }: OursOptions): Promise<StepPeer> {
  // Node 20 compiles relaxed SIMD only behind this flag; newer ones ignore it.
  if (build === 'relaxed' && !hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');
  if (build === 'relaxed' && !hasRelaxedSimd()) throw new Error('This Node has no relaxed SIMD');
  const backend = await createWasmBackend({
    threads,
    spawn: nodeThreads(Worker),
    deterministic: build === 'plain',
  });
  return netPeer(`ours-${build}-${threads}`, threads, backend);
}
