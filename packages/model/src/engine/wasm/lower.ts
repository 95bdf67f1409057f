// Lowers each op row to kernel records: addresses for tensors, chunks fixed by the shape (never by the thread count),
// scratch and partial sums. The arguments of each opcode are written out beside its kernel in core-wasm.
import { matMulPartials, matMulRecords, opcodes } from '@spikebridge/core-wasm';
import type { KernelRecord } from '@spikebridge/core-wasm';
import { elementCount } from '../plan-builder.ts';
import { dropoutThreshold } from '../random.ts';
import type { ColumnSum, Dropout, LayerNormBackward, MatMul, OpCall } from '../ops.ts';
import { lowerAttention, lowerAttentionBackward } from './lower-attention.ts';
import { lowerFamilies } from './lower-families.ts';
import { lowerHistory, lowerHistoryBackward } from './lower-history.ts';
import { lowerLoss } from './lower-loss.ts';
import type { Placement } from './placement.ts';
import type { Workspace } from './workspace.ts';

/** Rows whose gradient sums share one partial row: at most 64 chunks, at least 64 rows each. */
function chunkRowsOf(rows: number): number {
  return Math.max(64, Math.ceil(rows / 64));
}

/** out (+)= the sum over rows of x, through partial rows. */
function columnSums(
  x: number,
  out: number,
  rows: number,
  width: number,
  workspace: Workspace,
): KernelRecord[] {
  const chunkRows = chunkRowsOf(rows);
  const chunks = Math.ceil(rows / chunkRows);
  const parts = workspace.floats(chunks * width);
  return [
    { opcode: opcodes.OP_COLUMN_SUM, ints: [x, parts, rows, width, chunkRows] },
    { opcode: opcodes.OP_COMBINE, ints: [out, parts, chunks, width, 1] },
  ];
}

function matMul(call: MatMul, { at, workspace }: Placement): KernelRecord[] {
  const floats = matMulPartials(call);
  return matMulRecords(
    {
      form: call.form,
      m: call.m,
      n: call.n,
      k: call.k,
      a: at(call.a),
      b: at(call.b),
      c: at(call.c),
      accumulate: call.accumulate,
      bias: at(call.bias),
      residual: at(call.residual),
      activation: call.activation,
      preActivation: at(call.preActivation),
    },
    floats > 0 ? workspace.floats(floats) : 0,
  );
}

function layerNormBackward(call: LayerNormBackward, { at, workspace }: Placement): KernelRecord[] {
  const [rows, width] = call.x.shape;
  const chunkRows = chunkRowsOf(rows);
  const chunks = Math.ceil(rows / chunkRows);
  const gainParts = workspace.floats(chunks * width);
  const biasParts = workspace.floats(chunks * width);
  return [
    {
      opcode: opcodes.OP_LAYER_NORM_BACKWARD,
      ints: [
        ...[call.x, call.gain, call.mean, call.rstd, call.dOut, call.dX].map(at),
        ...[gainParts, biasParts, rows, width, chunkRows, call.accumulate ? 1 : 0],
      ],
    },
    { opcode: opcodes.OP_COMBINE, ints: [at(call.dGain), gainParts, chunks, width, 1] },
    { opcode: opcodes.OP_COMBINE, ints: [at(call.dBias), biasParts, chunks, width, 1] },
  ];
}

function dropout(
  call: Pick<Dropout, 'probability' | 'stream'>,
  out: number,
  length: number,
  x: number,
  residual: number,
  accumulate: boolean,
): KernelRecord {
  return {
    opcode: opcodes.OP_DROPOUT,
    ints: [
      ...[out, length, x, residual, accumulate ? 1 : 0],
      ...[call.stream, dropoutThreshold(call.probability)],
    ],
    floats: [1 / (1 - call.probability)],
  };
}

function columnSum(call: ColumnSum, { at, workspace }: Placement): KernelRecord[] {
  const width = elementCount(call.out.shape);
  return columnSums(at(call.x), at(call.out), elementCount(call.x.shape) / width, width, workspace);
}

/** The records of one call. */
export function lower(call: OpCall, placement: Placement): KernelRecord[] {
  const { at, workspace } = placement;
  workspace.reset();
  switch (call.op) {
    case 'matMul':
      return matMul(call, placement);
    case 'attention':
      return [lowerAttention(call, placement)];
    case 'attentionBackward':
      return lowerAttentionBackward(call, placement);
    case 'loss':
      return lowerLoss(call, placement);
    case 'ownHistory':
      return [lowerHistory(call, placement)];
    case 'ownHistoryBackward':
      return lowerHistoryBackward(call, placement);
    case 'layerNormBackward':
      return layerNormBackward(call, placement);
    case 'columnSum':
      return columnSum(call, placement);
    case 'bitEmbed': {
      const [rows, wordsPerBin] = call.words.shape;
      const operands = [call.words, call.weight, call.bias, call.out].map(at);
      return [{ opcode: opcodes.OP_BIT_EMBED, ints: [...operands, rows, wordsPerBin, ...call.weight.shape] }];
    }
    case 'bitEmbedBackward': {
      const [rows, wordsPerBin] = call.words.shape;
      const operands = [call.words, call.dOut, call.dWeight].map(at);
      const weights: KernelRecord = {
        opcode: opcodes.OP_BIT_EMBED_BACKWARD,
        ints: [...operands, rows, wordsPerBin, ...call.dWeight.shape],
      };
      if (!call.dBias) return [weights];
      const width = call.dWeight.shape[1];
      return [weights, ...columnSums(at(call.dOut), at(call.dBias), rows, width, workspace)];
    }
    case 'unpackBits': {
      const [rows, wordsPerBin] = call.words.shape;
      const ints = [at(call.words), at(call.out), rows, wordsPerBin, call.out.shape[1]];
      return [{ opcode: opcodes.OP_UNPACK_BITS, ints }];
    }
    case 'addPositions': {
      const ints = [at(call.positions), at(call.out), ...call.out.shape, call.bins];
      return [{ opcode: opcodes.OP_ADD_POSITIONS, ints }];
    }
    case 'addPositionsBackward': {
      const ints = [at(call.dOut), at(call.dPositions), ...call.dOut.shape, call.bins];
      return [{ opcode: opcodes.OP_ADD_POSITIONS_BACKWARD, ints }];
    }
    case 'rotary': {
      const [rows, triple] = call.qkv.shape;
      const headWidth = triple / 3 / call.heads;
      const ints = [
        ...[at(call.qkv), at(call.angles), rows, call.bins],
        ...[call.heads, headWidth, call.inverse ? 1 : 0],
      ];
      return [{ opcode: opcodes.OP_ROTARY, ints }];
    }
    case 'layerNorm': {
      const operands = [call.x, call.gain, call.bias, call.out, call.mean, call.rstd].map(at);
      return [{ opcode: opcodes.OP_LAYER_NORM, ints: [...operands, ...call.x.shape] }];
    }
    case 'activationBackward': {
      const ints = [
        ...[at(call.dX), elementCount(call.dX.shape), at(call.dOut), at(call.kept)],
        call.activation === 'relu' ? 1 : 2,
      ];
      return [{ opcode: opcodes.OP_ACTIVATION_BACKWARD, ints }];
    }
    case 'dropout':
      return [
        dropout(call, at(call.out), elementCount(call.out.shape), at(call.x), at(call.residual), false),
      ];
    case 'dropoutBackward':
      return [dropout(call, at(call.dX), elementCount(call.dX.shape), at(call.dOut), 0, call.accumulate)];
    case 'add': {
      const ints = [at(call.out), elementCount(call.out.shape), at(call.a), at(call.b)];
      return [{ opcode: opcodes.OP_ADD, ints }];
    }
    case 'sigmoid': {
      const map = call.doubleSigmoid ? opcodes.MAP_DOUBLE_SIGMOID : opcodes.MAP_SIGMOID;
      return [
        { opcode: opcodes.OP_MAP, ints: [at(call.out), elementCount(call.out.shape), at(call.x), map] },
      ];
    }
    case 'fill': {
      const ints = [at(call.out), elementCount(call.out.shape)];
      return [{ opcode: opcodes.OP_FILL, ints, floats: [call.value] }];
    }
    case 'lstm':
    case 'lstmBackward':
    case 'attentionPool':
    case 'attentionPoolBackward':
    case 'unitRows':
    case 'unitRowsBackward':
    case 'copyRows':
    case 'classLoss':
      return lowerFamilies(call, placement);
  }
}
