// Lowers the own-history path: constants into a table, one task per four units of a sequence.
import { opcodes } from '@spikebridge/core-wasm';
import type { KernelRecord } from '@spikebridge/core-wasm';
import type { OwnHistory, OwnHistoryBackward } from '../ops.ts';
import type { Placement } from './placement.ts';

function sizesOf(call: OwnHistory): { traces: number; buckets: number; features: number } {
  const traces = call.decays.length;
  const buckets = call.ageEdges.length;
  return { traces, buckets, features: call.lags + traces + buckets };
}

/** `weight` is the weight itself (forward) or where the gradient's parts go (backward). */
function record(
  opcode: number,
  call: OwnHistory,
  weight: number,
  logits: number,
  { at, table }: Placement,
): KernelRecord {
  const { traces, buckets, features } = sizesOf(call);
  const units = call.weight.shape[1];
  const constants = table([...call.decays, ...call.logScale, ...call.scales, ...call.ageEdges]);
  return {
    opcode,
    ints: [
      ...[at(call.words), at(call.recent), at(call.state), weight, logits],
      ...[call.batch, call.bins, units, call.words.shape[1]],
      ...[call.lags, traces, buckets, constants],
    ],
    scratch: 16 * (2 * features + traces + 1),
  };
}

export function lowerHistory(call: OwnHistory, placement: Placement): KernelRecord {
  return record(
    opcodes.OP_OWN_HISTORY,
    call,
    placement.at(call.weight),
    placement.at(call.logits),
    placement,
  );
}

export function lowerHistoryBackward(call: OwnHistoryBackward, placement: Placement): KernelRecord[] {
  const { at, workspace } = placement;
  const { forward } = call;
  const width = sizesOf(forward).features * forward.weight.shape[1];
  const parts = workspace.floats(forward.batch * width);
  return [
    record(opcodes.OP_OWN_HISTORY_BACKWARD, forward, parts, at(call.dLogits), placement),
    { opcode: opcodes.OP_COMBINE, ints: [at(call.dWeight), parts, forward.batch, width, 1] },
  ];
}
