// Lowers attention: one task a head, or several a head where heads are few, and the scratch one thread needs for one.
import { opcodes } from '@spikebridge/core-wasm';
import type { KernelRecord } from '@spikebridge/core-wasm';
import { dropoutThreshold } from '../random.ts';
import type { Attention, AttentionBackward } from '../ops.ts';
import type { Placement } from './placement.ts';

const roundUp = (value: number, to: number) => Math.ceil(value / to) * to;

/** Shares a head is cut into, so that there are at least eight tasks, whatever the threads. */
function chunksOf({ batch, heads, bins }: Attention): number {
  return Math.min(Math.ceil(8 / (batch * heads)), Math.ceil(bins / 64));
}

function headWidthOf(call: Attention): number {
  return call.qkv.shape[1] / 3 / call.heads;
}

/** The arguments that both directions share. */
function shared(call: Attention, { at }: Placement): { ints: number[]; floats: number[] } {
  return {
    ints: [
      ...[at(call.qkv), at(call.out), at(call.logSumExp), call.batch, call.bins, call.heads],
      ...[headWidthOf(call), call.window, call.causal ? 1 : 0, call.stream],
      ...[call.dropout > 0 ? dropoutThreshold(call.dropout) : 0, chunksOf(call)],
    ],
    floats: [call.scale, 1 / (1 - call.dropout)],
  };
}

export function lowerAttention(call: Attention, placement: Placement): KernelRecord {
  const width = headWidthOf(call);
  const padded = roundUp(width, 4);
  const bins = roundUp(call.bins, 16);
  const floats = bins * (width + padded) + 64 * (2 * padded + 2) + 4 * 128 + 16 + 128 + 64;
  return { opcode: opcodes.OP_ATTENTION, ...shared(call, placement), scratch: 4 * floats };
}

export function lowerAttentionBackward(call: AttentionBackward, placement: Placement): KernelRecord[] {
  const { at, workspace } = placement;
  const { forward } = call;
  const width = headWidthOf(forward);
  const padded = roundUp(width, 4);
  const bins = roundUp(forward.bins, 4);
  const chunks = chunksOf(forward);
  const [rows, model] = call.dOut.shape;
  const parts = chunks > 1 ? workspace.floats(chunks * rows * model) : 0;
  const { ints, floats } = shared(forward, placement);
  const scratch = bins * (3 * padded + 2) + 64 * (2 * width + 3 * padded) + 2 * 32 * 64 + 16 + 64 + 64;
  const backward: KernelRecord = {
    opcode: opcodes.OP_ATTENTION_BACKWARD,
    ints: [...ints, at(call.dOut), at(call.delta), at(call.dQkv), parts],
    floats,
    scratch: 4 * scratch,
  };
  if (chunks === 1) return [backward];
  const merge = { opcode: opcodes.OP_ATTENTION_MERGE, ints: [at(call.dQkv), parts, chunks, rows, model] };
  return [backward, merge];
}
