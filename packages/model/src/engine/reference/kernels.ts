// Reference: which function runs which op.
import type { OpCall } from '../ops.ts';
import { attention, attentionBackward } from './attention.ts';
import { classLoss } from './class-loss.ts';
import {
  addPositions,
  addPositionsBackward,
  bitEmbed,
  bitEmbedBackward,
  rotary,
  unpackBits,
} from './embedding.ts';
import { layerNorm, layerNormBackward } from './layer-norm.ts';
import { activationBackward, columnSum, matMul } from './linear.ts';
import { loss } from './loss.ts';
import { lstm, lstmBackward } from './lstm.ts';
import type { Memory, RunKey } from './memory.ts';
import { ownHistory, ownHistoryBackward } from './own-history.ts';
import { attentionPool, attentionPoolBackward } from './attention-pool.ts';
import { copyRows, unitRows, unitRowsBackward } from './rows.ts';
import { add, dropout, dropoutBackward, fill, sigmoid } from './pointwise.ts';

/** Runs one call on float64 memory. */
export function runReference(call: OpCall, memory: Memory, key: RunKey): void {
  switch (call.op) {
    case 'bitEmbed':
      bitEmbed(call, memory);
      break;
    case 'bitEmbedBackward':
      bitEmbedBackward(call, memory);
      break;
    case 'unpackBits':
      unpackBits(call, memory);
      break;
    case 'addPositions':
      addPositions(call, memory);
      break;
    case 'addPositionsBackward':
      addPositionsBackward(call, memory);
      break;
    case 'rotary':
      rotary(call, memory);
      break;
    case 'layerNorm':
      layerNorm(call, memory);
      break;
    case 'layerNormBackward':
      layerNormBackward(call, memory);
      break;
    case 'matMul':
      matMul(call, memory);
      break;
    case 'columnSum':
      columnSum(call, memory);
      break;
    case 'activationBackward':
      activationBackward(call, memory);
      break;
    case 'attention':
      attention(call, memory, key);
      break;
    case 'attentionBackward':
      attentionBackward(call, memory, key);
      break;
    case 'dropout':
      dropout(call, memory, key);
      break;
    case 'dropoutBackward':
      dropoutBackward(call, memory, key);
      break;
    case 'add':
      add(call, memory);
      break;
    case 'ownHistory':
      ownHistory(call, memory);
      break;
    case 'ownHistoryBackward':
      ownHistoryBackward(call, memory);
      break;
    case 'loss':
      loss(call, memory);
      break;
    case 'sigmoid':
      sigmoid(call, memory);
      break;
    case 'fill':
      fill(call, memory);
      break;
    case 'lstm':
      lstm(call, memory);
      break;
    case 'lstmBackward':
      lstmBackward(call, memory);
      break;
    case 'attentionPool':
      attentionPool(call, memory);
      break;
    case 'attentionPoolBackward':
      attentionPoolBackward(call, memory);
      break;
    case 'unitRows':
      unitRows(call, memory);
      break;
    case 'unitRowsBackward':
      unitRowsBackward(call, memory);
      break;
    case 'copyRows':
      copyRows(call, memory);
      break;
    case 'classLoss':
      classLoss(call, memory);
      break;
  }
}
