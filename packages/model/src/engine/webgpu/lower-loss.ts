// Lowers a loss to two dispatches, sums of chunks of rows and then the value; to three with its gradient.
import { loss, type Dispatch } from '@spikebridge/kernels-wgsl';
import type { Loss } from '../ops.ts';
import type { GpuPlacement } from './placement.ts';

export function lowerLoss(call: Loss, { at, scratch }: GpuPlacement): readonly Dispatch[] {
  const { kind, gamma, smooth, bceShare, doubleSigmoid, densityPenalty } = call;
  const [rows, units] = call.logits.shape;
  return loss({
    ...{ kind, gamma, smooth, bceShare, doubleSigmoid, densityPenalty, rows, units, scratch },
    wordsPerBin: call.targets.shape[1],
    logits: at(call.logits),
    targets: at(call.targets),
    unitMask: at(call.unitMask),
    rowMask: at(call.rowMask),
    value: at(call.value),
    dLogits: call.dLogits && at(call.dLogits),
  });
}
