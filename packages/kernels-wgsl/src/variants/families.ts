// Every variant of what nets over feature families need: LSTM steps, pooling attention, unit rows, copied rows, the loss of classes.
import type { Dispatch } from '../kernel.ts';
import { attentionPool, attentionPoolBackward } from '../kernels/attention-pool/attention-pool.ts';
import { classLoss } from '../kernels/class-loss/class-loss.ts';
import { copyRows } from '../kernels/copy-rows/copy-rows.ts';
import { lstm, lstmBackward } from '../kernels/lstm/lstm.ts';
import { unitRows, unitRowsBackward } from '../kernels/unit-rows/unit-rows.ts';
import { combinations, EITHER, slice, sliceIf } from './pretend.ts';

export function familyVariants(): Dispatch[] {
  const batch = 8;
  return [
    // One step is first and last; of three, one is neither.
    ...combinations({ steps: [1, 3], mask: EITHER }).flatMap(({ steps, mask }) => {
      const both = {
        ...{ recurrent: slice(), gates: slice(), cells: slice(), mask: sliceIf(mask) },
        ...{ batch, steps, width: 16, columns: 32, column: 16, reverse: false },
      };
      return [
        ...lstm({ ...both, x: slice(), out: slice(), before: slice() }),
        ...lstmBackward({ ...both, dOut: slice(), dX: slice(), scratch: slice }),
      ];
    }),
    ...combinations({ mask: EITHER, width: [16, 15], keyWidth: [16, 65], steps: [1, 12] }).flatMap(
      ({ mask, width, keyWidth, steps }) => {
        const both = {
          ...{ keys: slice(), query: slice(), values: slice(), weights: slice() },
          ...{ batch, steps, keyWidth, width },
        };
        return [
          attentionPool({ ...both, mask: sliceIf(mask), out: slice() }),
          attentionPoolBackward({
            ...{ ...both, dOut: slice(), dKeys: slice(), dValues: slice(), queryParts: slice() },
          }),
        ];
      },
    ),
    ...[16, 15].flatMap((width) => {
      const rows = { out: slice(), rows: 64, width };
      const kept = { ...rows, inverse: slice() };
      return [
        copyRows({ ...rows, x: slice(), xFirst: 0, xStride: 1, outFirst: 0, outStride: 12 }),
        unitRows({ ...kept, x: slice() }),
        ...EITHER.map((accumulate) => unitRowsBackward({ ...kept, dOut: slice(), dX: slice(), accumulate })),
      ];
    }),
    ...combinations({ gradient: EITHER, gamma: [0, 0.5, 2], margin: [0, 0.35] }).map(
      ({ gradient, gamma, margin }) =>
        classLoss({
          ...{ logits: slice(), labels: slice(), classWeights: slice(), value: slice() },
          ...{ dLogits: sliceIf(gradient), rows: 64, classes: 5, gamma, scale: 1, share: 1 },
          ...{ margin, cosine: 1, sine: 0 },
        }),
    ),
  ];
}
