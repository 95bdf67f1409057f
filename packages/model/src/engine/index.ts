// Public names of the engine: op rows, plans, backends, and the counter-based generator that everything random uses.
export * from './ops.ts';
export * from './backend.ts';
export { CounterRandom, RandomStream, dropoutThreshold, philox4x32 } from './random.ts';
export { PlanBuilder, elementCount } from './plan-builder.ts';
export * from './conformance/index.ts';
export { callCost, estimateSeconds, planCosts, visiblePairs } from './costs.ts';
export type { Cost, MachineSpeed, PlanCosts } from './costs.ts';
export {
  activationLifetimes,
  lifetimesOf,
  placeActivations,
  placeLifetimes,
  tensorBytes,
} from './placement.ts';
export type { Arena, Lifetime, PlacementOptions } from './placement.ts';
export { operandsOf } from './operands.ts';
export { ReferenceBackend, ReferenceParameters, ReferencePlan } from './reference/backend.ts';
export * as elementary from './elementary.ts';
export * from './wasm/index.ts';
export * from './webgpu/index.ts';
export { isSoftwareAdapter, requestGpu } from './webgpu/adapter.ts';
export type { GpuAccess, GpuInfo, GpuMissing } from './webgpu/adapter.ts';
