// Public names of generation: what runs freely, the loop that samples it, and what becomes of the samples.
export { generate } from './generate.ts';
export type { GenerateOptions } from './generate.ts';
export { DeviceRollout } from './device-rollout.ts';
export type { DeviceGenerateOptions, DeviceRolloutOptions } from './device-rollout.ts';
export { NetRoller } from './net-roller.ts';
export type { NetRollerOptions } from './net-roller.ts';
export { RateControl } from './rate-control.ts';
export { rolloutRows } from './rollout-conformance.ts';
export type { RolloutRow } from './rollout-conformance.ts';
export { SpikeTrains } from './spike-trains.ts';
export type { Prompt, Roller } from './types.ts';
