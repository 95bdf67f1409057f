// Public names of the GPU backend.
export { WebGpuBackend } from './backend.ts';
export type { WebGpuOptions } from './backend.ts';
export { GpuParameters } from './parameter-set.ts';
export { GpuPlan } from './compiled-plan.ts';
