/// <reference types="@webgpu/types" preserve="true" />
// WGSL kernels, their typed specs, and the runtime that replays them. The package takes a GPUDevice and never makes one.
export { dispatchOf } from './kernel.ts';
export type { CallOf, Dispatch, Flags, Kernel, Slice, UniformType } from './kernel.ts';
export { groupsFor, groupsInRow, MOST_GROUPS } from './geometry.ts';
export type { Groups } from './geometry.ts';
export { GpuError } from './runtime/gpu-error.ts';
export type { GpuErrorCode } from './runtime/gpu-error.ts';
export { GpuRuntime } from './runtime/gpu-runtime.ts';
export type { GpuCounters } from './runtime/gpu-runtime.ts';
export type { Program } from './runtime/program.ts';
export type { Timing } from './runtime/profiler.ts';
export { FILL, fill } from './kernels/fill/fill.ts';
export type { FillCall } from './kernels/fill/fill.ts';
export { COMBINE, combine, combineBlocks } from './kernels/combine/combine.ts';
export type { CombineCall, PartialSums } from './kernels/combine/combine.ts';
export { DROPOUT, dropout } from './kernels/dropout/dropout.ts';
export type { DropoutCall } from './kernels/dropout/dropout.ts';
export { ROTARY, rotary } from './kernels/rotary/rotary.ts';
export type { RotaryCall } from './kernels/rotary/rotary.ts';
export { ATTENTION, attention } from './kernels/attention/attention.ts';
export type { AttentionCall } from './kernels/attention/attention.ts';
export { ATTENTION_KEYS, ATTENTION_QUERIES, attentionBackward } from './kernels/attention/attention-backward.ts';
export type { AttentionBackwardCall } from './kernels/attention/attention-backward.ts';
export type { AttentionDropout, AttentionShape } from './kernels/attention/attention-geometry.ts';
