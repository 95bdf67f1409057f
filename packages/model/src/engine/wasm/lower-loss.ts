// Lowers a loss to its three kernels: sums of chunks of rows, totals in order, gradient.
import { opcodes } from '@spikebridge/core-wasm';
import type { KernelRecord } from '@spikebridge/core-wasm';
import type { Loss, LossKind } from '../ops.ts';
import type { Placement } from './placement.ts';

const KINDS: Readonly<Record<LossKind, number>> = { bce: 0, focal: 1, dice: 2, 'dice-per-unit': 3 };
const ROWS = 64;
const SUM_BYTES = 64;

export function lowerLoss(call: Loss, { at, workspace }: Placement): KernelRecord[] {
  const [rows, units] = call.logits.shape;
  const wordsPerBin = call.targets.shape[1];
  const kind = KINDS[call.kind];
  const chunks = Math.ceil(rows / ROWS);
  const unitsUp = Math.ceil(units / 4) * 4;
  const sums = workspace.take(chunks * SUM_BYTES);
  const unitSums = call.kind === 'dice-per-unit' ? workspace.floats(chunks * 3 * unitsUp) : 0;
  const coefficients = workspace.floats(16 + 2 * unitsUp);
  const operands = [
    kind,
    ...[call.logits, call.targets, call.unitMask, call.rowMask].map(at),
    ...[rows, units, wordsPerBin, call.doubleSigmoid ? 1 : 0],
  ];
  const scratch = 64;
  const records: KernelRecord[] = [
    { opcode: opcodes.OP_LOSS_SUMS, ints: [...operands, sums, unitSums], floats: [call.gamma], scratch },
    {
      opcode: opcodes.OP_LOSS_TOTALS,
      ints: [
        ...[kind, sums, unitSums, chunks, at(call.unitMask), units],
        ...[at(call.value), coefficients, call.densityPenalty ? 1 : 0],
      ],
      floats: [call.smooth, call.bceShare],
    },
  ];
  if (call.dLogits) {
    const ints = [...operands, at(call.dLogits), coefficients];
    records.push({ opcode: opcodes.OP_LOSS_GRADIENT, ints, floats: [call.gamma], scratch });
  }
  return records;
}
