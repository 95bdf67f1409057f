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
export { ACTIVATION_BACKWARD, activationBackward } from './kernels/elementwise/activation-backward.ts';
export type { ActivationBackwardCall } from './kernels/elementwise/activation-backward.ts';
export { ADD, add } from './kernels/elementwise/add.ts';
export type { AddCall } from './kernels/elementwise/add.ts';
export { SIGMOID, sigmoid } from './kernels/elementwise/sigmoid.ts';
export type { SigmoidCall } from './kernels/elementwise/sigmoid.ts';
export { BIT_EMBED, bitEmbed } from './kernels/embedding/bit-embed.ts';
export type { BitEmbedCall } from './kernels/embedding/bit-embed.ts';
export {
  BIT_EMBED_BACKWARD,
  bitEmbedBackward,
  bitEmbedChunks,
} from './kernels/embedding/bit-embed-backward.ts';
export type { BitEmbedBackwardCall } from './kernels/embedding/bit-embed-backward.ts';
export { UNPACK_BITS, unpackBits } from './kernels/embedding/unpack-bits.ts';
export type { UnpackBitsCall } from './kernels/embedding/unpack-bits.ts';
export { LAYER_NORM, layerNorm } from './kernels/layer-norm/layer-norm.ts';
export type { LayerNormCall } from './kernels/layer-norm/layer-norm.ts';
export {
  LAYER_NORM_BACKWARD,
  layerNormBackward,
  layerNormChunks,
} from './kernels/layer-norm/layer-norm-backward.ts';
export type { LayerNormBackwardCall } from './kernels/layer-norm/layer-norm-backward.ts';
export { ADD_POSITIONS, addPositions } from './kernels/positions/add-positions.ts';
export type { AddPositionsCall } from './kernels/positions/add-positions.ts';
export { ADD_POSITIONS_BACKWARD, addPositionsBackward } from './kernels/positions/add-positions-backward.ts';
export type { AddPositionsBackwardCall } from './kernels/positions/add-positions-backward.ts';
export {
  partsFor,
  ROLLOUT,
  rollout,
  ROLLOUT_CODES,
  ROLLOUT_CONTROL,
  ROLLOUT_RECORD,
} from './kernels/rollout/rollout.ts';
export type { RolloutCall } from './kernels/rollout/rollout.ts';
export { DROPOUT, dropout } from './kernels/dropout/dropout.ts';
export type { DropoutCall } from './kernels/dropout/dropout.ts';
export { ROTARY, rotary } from './kernels/rotary/rotary.ts';
export type { RotaryCall } from './kernels/rotary/rotary.ts';
export { ATTENTION, attention } from './kernels/attention/attention.ts';
export type { AttentionCall } from './kernels/attention/attention.ts';
export {
  ATTENTION_KEYS,
  ATTENTION_QUERIES,
  attentionBackward,
} from './kernels/attention/attention-backward.ts';
export type { AttentionBackwardCall } from './kernels/attention/attention-backward.ts';
export type { AttentionDropout, AttentionShape } from './kernels/attention/attention-geometry.ts';
export { loss, LOSS_COUNT, LOSS_SLOPES, LOSS_SUMS, LOSS_VALUE, lossGeometry } from './kernels/loss/loss.ts';
export type { LossCall, LossGeometry } from './kernels/loss/loss.ts';
export {
  historyTable,
  OWN_HISTORY,
  ownHistory,
  ownHistoryBackward,
} from './kernels/own-history/own-history.ts';
export type {
  HistoryBackwardCall,
  HistoryCall,
  HistoryForwardCall,
} from './kernels/own-history/own-history.ts';
export {
  ADAMW,
  ADAMW_NORM,
  ADAMW_WORKSPACE_BYTES,
  adamw,
  adamwBlocks,
  adamwSettings,
  SQUARE_SUM,
} from './kernels/adamw/adamw.ts';
export type { AdamWCall, AdamWSettings, OptimisedTensor } from './kernels/adamw/adamw.ts';
export { MATMUL_DIRECT, MATMUL_TILED, matMul, matMulChunks } from './kernels/matmul/matmul.ts';
export type { MatMulCall, MatMulForm, MatMulShape } from './kernels/matmul/matmul.ts';
export { COLUMN_SUM, columnSum, columnSumChunks } from './kernels/column-sum/column-sum.ts';
export type { ColumnSumCall } from './kernels/column-sum/column-sum.ts';
export { LSTM, LSTM_BACKWARD, lstm, lstmBackward } from './kernels/lstm/lstm.ts';
export type { LstmBackwardCall, LstmCall, LstmShape } from './kernels/lstm/lstm.ts';
export {
  ATTENTION_POOL,
  ATTENTION_POOL_BACKWARD,
  attentionPool,
  attentionPoolBackward,
  attentionPoolChunks,
} from './kernels/attention-pool/attention-pool.ts';
export type {
  AttentionPoolBackwardCall,
  AttentionPoolCall,
} from './kernels/attention-pool/attention-pool.ts';
export { UNIT_ROWS, unitRows, unitRowsBackward } from './kernels/unit-rows/unit-rows.ts';
export type { UnitRowsBackwardCall, UnitRowsCall } from './kernels/unit-rows/unit-rows.ts';
export { COPY_ROWS, copyRows } from './kernels/copy-rows/copy-rows.ts';
export type { CopyRowsCall } from './kernels/copy-rows/copy-rows.ts';
export { CLASS_LOSS, classLoss } from './kernels/class-loss/class-loss.ts';
export type { ClassLossCall } from './kernels/class-loss/class-loss.ts';
