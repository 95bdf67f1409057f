// Lowers each step of a plan to dispatches. The families of ops have a file each; what a kernel needs is written beside it in
// kernels-wgsl.
import type { Dispatch } from '@spikebridge/kernels-wgsl';
import type { Step } from './fuse.ts';
import { lowerElementwise } from './lower-elementwise.ts';
import { lowerEmbedding } from './lower-embedding.ts';
import { lowerFamilies } from './lower-families.ts';
import { lowerHistory, lowerHistoryBackward } from './lower-history.ts';
import { lowerLoss } from './lower-loss.ts';
import { lowerColumnSum, lowerProduct } from './lower-matmul.ts';
import { lowerNorm } from './lower-norm.ts';
import { lowerAttention, lowerAttentionBackward, lowerRotary } from './lower-attention.ts';
import { lowerDropout, lowerDropoutBackward } from './lower-pointwise.ts';
import type { GpuPlacement } from './placement.ts';

/** The dispatches of one step, in order. */
export function lower(step: Step, place: GpuPlacement): readonly Dispatch[] {
  if (step.kind === 'product') return lowerProduct(step, place);
  const { call } = step;
  switch (call.op) {
    case 'activationBackward':
    case 'add':
    case 'fill':
    case 'sigmoid':
      return lowerElementwise(call, place);
    case 'addPositions':
    case 'addPositionsBackward':
    case 'bitEmbed':
    case 'bitEmbedBackward':
    case 'unpackBits':
      return lowerEmbedding(call, place);
    case 'layerNorm':
    case 'layerNormBackward':
      return lowerNorm(call, place);
    case 'dropout':
      return [lowerDropout(call, place)];
    case 'dropoutBackward':
      return [lowerDropoutBackward(call, place)];
    case 'rotary':
      return [lowerRotary(call, place)];
    case 'attention':
      return [lowerAttention(call, place)];
    case 'attentionBackward':
      return lowerAttentionBackward(call, place);
    case 'ownHistory':
      return lowerHistory(call, place);
    case 'ownHistoryBackward':
      return lowerHistoryBackward(call, place);
    case 'loss':
      return lowerLoss(call, place);
    case 'columnSum':
      return [lowerColumnSum(call, place)];
    case 'lstm':
    case 'lstmBackward':
    case 'attentionPool':
    case 'attentionPoolBackward':
    case 'unitRows':
    case 'unitRowsBackward':
    case 'copyRows':
    case 'classLoss':
      return lowerFamilies(call, place);
  }
}
