// Public names of the GPU backend.
export { WebGpuBackend } from './backend.ts';
export type { WebGpuOptions } from './backend.ts';
export { GpuParameters } from './parameter-set.ts';
export { GpuPlan } from './compiled-plan.ts';
export { chromeTrace } from './chrome-trace.ts';
export type { ChromeTrace } from './chrome-trace.ts';
// Checks of a host compile every shader; hosts see this package alone.
export { shaderVariants } from '@spikebridge/kernels-wgsl/variants';
export type { ShaderVariant } from '@spikebridge/kernels-wgsl/variants';
