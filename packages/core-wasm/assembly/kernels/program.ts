// The interpreter: replays a list of records on all threads, one barrier after each.
import { adamw, squareSum, squareTotal } from './adamw';
import { attentionBackward, attentionMerge } from './attention-backward';
import { attention } from './attention-forward';
import { attentionPool, attentionPoolBackward } from './attention-pool';
import { classLoss } from './class-loss';
import { awaitEpoch, barrier, setThread } from './control';
import { activationBackward, add, fill, map } from './elementwise';
import { addPositions, addPositionsBackward, bitEmbed, bitEmbedBackward, rotary, unpackBits } from './embed';
import { ownHistory } from './history';
import { logisticGrid, logisticRows } from './logistic';
import { lossGradient, lossSums, lossTotals } from './loss';
import { lstm, lstmBackward } from './lstm';
import { combine, matmul } from './matmul';
import { columnSum, layerNorm, layerNormBackward } from './norm';
import {
  CONTROL_COUNT,
  CONTROL_EPOCH,
  CONTROL_PROGRAM,
  CONTROL_STOP,
  CONTROL_THREADS,
  OP_ACTIVATION_BACKWARD,
  OP_ADAMW,
  OP_ADD,
  OP_ADD_POSITIONS,
  OP_ADD_POSITIONS_BACKWARD,
  OP_ATTENTION,
  OP_ATTENTION_BACKWARD,
  OP_ATTENTION_MERGE,
  OP_ATTENTION_POOL,
  OP_ATTENTION_POOL_BACKWARD,
  OP_BIT_EMBED,
  OP_BIT_EMBED_BACKWARD,
  OP_CLASS_LOSS,
  OP_COLUMN_MOMENTS,
  OP_COLUMN_SUM,
  OP_COMBINE,
  OP_COPY_ROWS,
  OP_DROPOUT,
  OP_FILL,
  OP_LAYER_NORM,
  OP_LAYER_NORM_BACKWARD,
  OP_LOGISTIC_GRID,
  OP_LOGISTIC_ROWS,
  OP_LOSS_GRADIENT,
  OP_LOSS_SUMS,
  OP_LOSS_TOTALS,
  OP_LSTM,
  OP_LSTM_BACKWARD,
  OP_MAP,
  OP_MATMUL,
  OP_OWN_HISTORY,
  OP_OWN_HISTORY_BACKWARD,
  OP_PHILOX,
  OP_ROTARY,
  OP_ROW_ATTENTION,
  OP_ROW_LINEAR,
  OP_SQUARE_SUM,
  OP_SQUARE_TOTAL,
  OP_STANDARDISE,
  OP_TRACE_ROWS,
  OP_TRAIN_ROWS,
  OP_UNIT_ROWS,
  OP_UNIT_ROWS_BACKWARD,
  OP_UNPACK_BITS,
  RECORD_WORDS,
} from './opcodes';
import { dropout, philoxTest } from './philox';
import { rowAttention, rowLinear } from './row';
import { traceRows } from './traces';
import { columnMoments, standardise, trainRows } from './train-rows';
import { copyRows, unitRows, unitRowsBackward } from './unit-rows';

function dispatch(opcode: i32, record: usize): void {
  switch (opcode) {
    case OP_MATMUL:
      return matmul(record);
    case OP_COMBINE:
      return combine(record);
    case OP_FILL:
      return fill(record);
    case OP_ADD:
      return add(record);
    case OP_MAP:
      return map(record);
    case OP_DROPOUT:
      return dropout(record);
    case OP_BIT_EMBED:
      return bitEmbed(record);
    case OP_BIT_EMBED_BACKWARD:
      return bitEmbedBackward(record);
    case OP_UNPACK_BITS:
      return unpackBits(record);
    case OP_ADD_POSITIONS:
      return addPositions(record);
    case OP_ADD_POSITIONS_BACKWARD:
      return addPositionsBackward(record);
    case OP_ROTARY:
      return rotary(record);
    case OP_LAYER_NORM:
      return layerNorm(record);
    case OP_LAYER_NORM_BACKWARD:
      return layerNormBackward(record);
    case OP_COLUMN_SUM:
      return columnSum(record);
    case OP_ACTIVATION_BACKWARD:
      return activationBackward(record);
    case OP_ATTENTION:
      return attention(record);
    case OP_ATTENTION_BACKWARD:
      return attentionBackward(record);
    case OP_ATTENTION_MERGE:
      return attentionMerge(record);
    case OP_OWN_HISTORY:
      return ownHistory(record, false);
    case OP_OWN_HISTORY_BACKWARD:
      return ownHistory(record, true);
    case OP_LOSS_SUMS:
      return lossSums(record);
    case OP_LOSS_TOTALS:
      return lossTotals(record);
    case OP_LOSS_GRADIENT:
      return lossGradient(record);
    case OP_SQUARE_SUM:
      return squareSum(record);
    case OP_SQUARE_TOTAL:
      return squareTotal(record);
    case OP_ADAMW:
      return adamw(record);
    case OP_LOGISTIC_ROWS:
      return logisticRows(record);
    case OP_LOGISTIC_GRID:
      return logisticGrid(record);
    case OP_TRACE_ROWS:
      return traceRows(record);
    case OP_ROW_LINEAR:
      return rowLinear(record);
    case OP_ROW_ATTENTION:
      return rowAttention(record);
    case OP_LSTM:
      return lstm(record);
    case OP_LSTM_BACKWARD:
      return lstmBackward(record);
    case OP_ATTENTION_POOL:
      return attentionPool(record);
    case OP_ATTENTION_POOL_BACKWARD:
      return attentionPoolBackward(record);
    case OP_UNIT_ROWS:
      return unitRows(record);
    case OP_UNIT_ROWS_BACKWARD:
      return unitRowsBackward(record);
    case OP_COPY_ROWS:
      return copyRows(record);
    case OP_CLASS_LOSS:
      return classLoss(record);
    case OP_TRAIN_ROWS:
      return trainRows(record);
    case OP_COLUMN_MOMENTS:
      return columnMoments(record);
    case OP_STANDARDISE:
      return standardise(record);
    case OP_PHILOX:
      return philoxTest(record);
    default:
      unreachable();
  }
}

function replay(program: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const record = program + ((<usize>(i * RECORD_WORDS)) << 2);
    dispatch(load<i32>(record), record);
    barrier();
  }
}

/** Replays `count` records at `program` on every thread; returns when all have finished. */
export function run(program: usize, count: i32): void {
  if (load<i32>(CONTROL_THREADS) > 1) {
    store<u32>(CONTROL_PROGRAM, <u32>program);
    store<i32>(CONTROL_COUNT, count);
    atomic.add<i32>(CONTROL_EPOCH, 1);
    atomic.notify(CONTROL_EPOCH, -1);
  }
  replay(program, count);
}

/** A worker's life: wait for an epoch, replay, repeat, until told to stop. */
export function work(index: i32): void {
  setThread(index);
  let seen = 0;
  while (true) {
    seen = awaitEpoch(CONTROL_EPOCH, seen);
    if (load<i32>(CONTROL_STOP)) return;
    replay(<usize>load<u32>(CONTROL_PROGRAM), load<i32>(CONTROL_COUNT));
  }
}
