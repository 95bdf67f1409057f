// Public names of the CPU backend, and what a host needs of core-wasm to start it (hosts see only the model package).
export { WasmBackend, createWasmBackend } from './backend.ts';
export { WasmParameters } from './parameter-set.ts';
export { hasRelaxedSimd, hasSharedMemory, nodeThreads, webThreads } from '@spikebridge/core-wasm';
export type { KernelOptions, SpawnThread, ThreadPort } from '@spikebridge/core-wasm';
