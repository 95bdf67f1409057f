// Lowers what nets over feature families need: LSTMs, pooling attention, unit rows, copied rows, the loss of classes.
import {
  attentionPool,
  attentionPoolBackward,
  attentionPoolChunks,
  classLoss,
  copyRows,
  lstm,
  lstmBackward,
  unitRows,
  unitRowsBackward,
  type Dispatch,
  type LstmShape,
} from '@spikebridge/kernels-wgsl';
import { cos, sin } from '../elementary.ts';
import type {
  AttentionPool,
  AttentionPoolBackward,
  ClassLoss,
  CopyRows,
  Lstm,
  LstmBackward,
  UnitRows,
  UnitRowsBackward,
} from '../ops.ts';
import type { GpuPlacement } from './placement.ts';

export type FamilyCall =
  | Lstm
  | LstmBackward
  | AttentionPool
  | AttentionPoolBackward
  | UnitRows
  | UnitRowsBackward
  | CopyRows
  | ClassLoss;

function lstmShape(call: Lstm, { at }: GpuPlacement): LstmShape {
  const [rows, width] = call.cells.shape;
  const { recurrent, mask, gates, cells, steps, column, reverse } = call;
  return {
    ...{ recurrent: at(recurrent), mask: mask && at(mask), gates: at(gates), cells: at(cells) },
    ...{ batch: rows / steps, steps, width, columns: call.out.shape[1], column, reverse },
  };
}

function poolShape(call: AttentionPool, { at }: GpuPlacement) {
  const [batch, width] = call.out.shape;
  const { keys, query, values, weights, steps } = call;
  return {
    ...{ keys: at(keys), query: at(query), values: at(values), weights: at(weights) },
    ...{ batch, steps, keyWidth: keys.shape[1], width },
  };
}

/** The dispatches of one call, in order. */
export function lowerFamilies(call: FamilyCall, place: GpuPlacement): readonly Dispatch[] {
  const { at, scratch, partials } = place;
  switch (call.op) {
    case 'lstm':
      return lstm({
        ...lstmShape(call, place),
        ...{ x: at(call.x), out: at(call.out), before: at(call.before) },
      });
    case 'lstmBackward':
      return lstmBackward({
        ...lstmShape(call.forward, place),
        ...{ dOut: at(call.dOut), dX: at(call.dX), scratch },
      });
    case 'attentionPool': {
      const mask = call.mask && at(call.mask);
      return [attentionPool({ ...poolShape(call, place), mask, out: at(call.out) })];
    }
    case 'attentionPoolBackward': {
      const { forward, dOut, dKeys, dQuery, dValues } = call;
      const queryParts = partials(dQuery, attentionPoolChunks(dOut.shape[0]));
      const gradients = { dOut: at(dOut), dKeys: at(dKeys), dValues: at(dValues), queryParts };
      return [attentionPoolBackward({ ...poolShape(forward, place), ...gradients })];
    }
    case 'unitRows': {
      const [rows, width] = call.x.shape;
      return [unitRows({ x: at(call.x), out: at(call.out), inverse: at(call.inverse), rows, width })];
    }
    case 'unitRowsBackward': {
      const [rows, width] = call.out.shape;
      const { out, inverse, dOut, dX, accumulate } = call;
      const operands = { out: at(out), inverse: at(inverse), dOut: at(dOut), dX: at(dX) };
      return [unitRowsBackward({ ...operands, rows, width, accumulate })];
    }
    case 'copyRows': {
      const { x, out, count, xFirst, xStride, outFirst, outStride } = call;
      const rows = { rows: count, width: x.shape[1], xFirst, xStride, outFirst, outStride };
      return [copyRows({ x: at(x), out: at(out), ...rows })];
    }
    case 'classLoss': {
      const [rows, classes] = call.logits.shape;
      const { logits, labels, classWeights, value, dLogits, gamma, scale, share, margin } = call;
      const operands = { logits: at(logits), labels: at(labels), classWeights: at(classWeights) };
      return [
        classLoss({
          ...{ ...operands, value: at(value), dLogits: dLogits && at(dLogits), rows, classes },
          ...{ gamma, scale, share, margin, cosine: cos(margin), sine: sin(margin) },
        }),
      ];
    }
  }
}
