// Every variant of the attention kernels, for heads of each number of vectors that changes what an invocation keeps.
import type { Dispatch } from '../kernel.ts';
import { attentionBackward } from '../kernels/attention/attention-backward.ts';
import { attention } from '../kernels/attention/attention.ts';
import { combinations, EITHER, slice } from './pretend.ts';

export function attentionVariants(): Dispatch[] {
  const drawn = { threshold: 1, stream: 1, factor: 2 };
  const chosen = combinations({
    // Narrow enough for more rows an invocation, in long sequences that are few.
    headWidth: [4, 5, 8],
    bins: [5000, 5001],
    heads: [16],
    dropout: [null, drawn],
    tiled: [true],
  });
  const given = combinations({
    // 128 and 256: one row of a side fills what an invocation keeps, and the streamed tile shrinks.
    headWidth: [1, 4, 5, 8, 16, 30, 32, 64, 128, 256],
    // Rows that are multiples of four bins, and not: blocks of the counter generator lie across them.
    bins: [64, 65],
    // Taken by the shape's size.
    lanes: [32, 64, 128] as const,
    heads: [2],
    dropout: [null, drawn],
    tiled: EITHER,
  });
  return [...given, ...chosen].flatMap((options) => {
    const shape = { ...options, batch: 1, window: 0, causal: true, scale: 1 };
    const both = { ...shape, qkv: slice(), out: slice(), logSumExp: slice() };
    return [attention(both), ...attentionBackward({ ...both, dOut: slice(), delta: slice(), dQkv: slice() })];
  });
}
