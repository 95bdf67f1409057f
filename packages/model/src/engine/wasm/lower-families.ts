// Lowers what nets over feature families need: LSTMs, pooling attention, unit rows, copied rows, the loss of classes.
import { opcodes } from '@spikebridge/core-wasm';
import type { KernelRecord } from '@spikebridge/core-wasm';
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
import type { Placement } from './placement.ts';

export type FamilyCall =
  | Lstm
  | LstmBackward
  | AttentionPool
  | AttentionPoolBackward
  | UnitRows
  | UnitRowsBackward
  | CopyRows
  | ClassLoss;

const SPARE_FLOATS = 32;
const PANEL = 16;
const panels = (columns: number): number => Math.ceil(columns / PANEL) * PANEL;

/** Sequences a task: enough rows for the small products, and four tasks or more of a usual batch. */
const sequencesATask = (batch: number): number => Math.min(32, Math.max(8, Math.ceil(batch / 4)));

function lstm(call: Lstm, { at }: Placement): KernelRecord {
  const [rows, width] = call.cells.shape;
  const batch = rows / call.steps;
  const { x, recurrent, mask, out, gates, cells, before } = call;
  return {
    opcode: opcodes.OP_LSTM,
    ints: [
      ...[x, recurrent, mask, out, gates, cells, before].map(at),
      ...[batch, call.steps, width, out.shape[1], call.column, call.reverse ? 1 : 0, sequencesATask(batch)],
    ],
    scratch: 4 * (SPARE_FLOATS + panels(4 * width) * width),
  };
}

function lstmBackward({ forward, dOut, dX }: LstmBackward, { at }: Placement): KernelRecord {
  const [rows, width] = forward.cells.shape;
  const { steps, column, reverse, recurrent, mask, gates, cells } = forward;
  const batch = rows / steps;
  const sequences = sequencesATask(batch);
  return {
    opcode: opcodes.OP_LSTM_BACKWARD,
    ints: [
      ...[recurrent, mask, gates, cells, dOut, dX].map(at),
      ...[batch, steps, width, dOut.shape[1], column, reverse ? 1 : 0, sequences],
    ],
    scratch: 4 * (SPARE_FLOATS + panels(width) * 4 * width + 2 * sequences * width),
  };
}

function attentionPool(call: AttentionPool, { at }: Placement): KernelRecord {
  const [batch, width] = call.out.shape;
  const { keys, query, values, mask, weights, out, steps } = call;
  return {
    opcode: opcodes.OP_ATTENTION_POOL,
    ints: [...[keys, query, values, mask, weights, out].map(at), batch, steps, keys.shape[1], width],
  };
}

function attentionPoolBackward(call: AttentionPoolBackward, { at, workspace }: Placement): KernelRecord[] {
  const { forward, dOut, dKeys, dQuery, dValues } = call;
  const [batch, width] = dOut.shape;
  const keyWidth = dKeys.shape[1];
  const sequences = sequencesATask(batch);
  const tasks = Math.ceil(batch / sequences);
  const parts = workspace.floats(tasks * keyWidth);
  const kept = [forward.keys, forward.query, forward.values, forward.weights].map(at);
  return [
    {
      opcode: opcodes.OP_ATTENTION_POOL_BACKWARD,
      ints: [
        ...[...kept, at(dOut), at(dKeys), parts, at(dValues)],
        ...[batch, forward.steps, keyWidth, width, sequences],
      ],
    },
    { opcode: opcodes.OP_COMBINE, ints: [at(dQuery), parts, tasks, keyWidth, 1] },
  ];
}

function classLoss(call: ClassLoss, { at }: Placement): KernelRecord {
  const [rows, classes] = call.logits.shape;
  const { logits, labels, classWeights, value, dLogits, gamma, scale, share, margin } = call;
  return {
    opcode: opcodes.OP_CLASS_LOSS,
    ints: [...[logits, labels, classWeights, value, dLogits].map(at), rows, classes],
    floats: [gamma, scale, share, margin, cos(margin), sin(margin)],
    scratch: 4 * classes,
  };
}

/** The records of one call. */
export function lowerFamilies(call: FamilyCall, placement: Placement): KernelRecord[] {
  const { at } = placement;
  switch (call.op) {
    case 'lstm':
      return [lstm(call, placement)];
    case 'lstmBackward':
      return [lstmBackward(call, placement)];
    case 'attentionPool':
      return [attentionPool(call, placement)];
    case 'attentionPoolBackward':
      return attentionPoolBackward(call, placement);
    case 'unitRows': {
      const ints = [...[call.x, call.out, call.inverse].map(at), ...call.x.shape];
      return [{ opcode: opcodes.OP_UNIT_ROWS, ints }];
    }
    case 'unitRowsBackward': {
      const operands = [call.out, call.inverse, call.dOut, call.dX].map(at);
      const ints = [...operands, ...call.out.shape, call.accumulate ? 1 : 0];
      return [{ opcode: opcodes.OP_UNIT_ROWS_BACKWARD, ints }];
    }
    case 'copyRows': {
      const { count, xFirst, xStride, outFirst, outStride } = call;
      const ints = [at(call.x), at(call.out), count, call.x.shape[1], xFirst, xStride, outFirst, outStride];
      return [{ opcode: opcodes.OP_COPY_ROWS, ints }];
    }
    case 'classLoss':
      return [classLoss(call, placement)];
  }
}
