// Every variant of what treats all elements alike, and of sums over rows: four at a time or one, in place or apart.
import type { Dispatch } from '../kernel.ts';
import { columnSum } from '../kernels/column-sum/column-sum.ts';
import { combine } from '../kernels/combine/combine.ts';
import { dropout } from '../kernels/dropout/dropout.ts';
import { activationBackward } from '../kernels/elementwise/activation-backward.ts';
import { add } from '../kernels/elementwise/add.ts';
import { sigmoid } from '../kernels/elementwise/sigmoid.ts';
import { fill } from '../kernels/fill/fill.ts';
import { combinations, EITHER, slice, sliceIf } from './pretend.ts';

/** A length that divides by four, and one that does not. */
const LENGTHS = [64, 63] as const;

export function elementwiseVariants(): Dispatch[] {
  return [
    fill({ out: slice(), length: 64, value: 1 }),
    combine({
      ...{ out: slice(), parts: slice(), blocks: slice() },
      sums: [{ to: 0, from: 0, length: 4, chunks: 2 }],
    }),
    ...[1, 2].map((chunks) => columnSum({ x: slice(), out: slice(), rows: 128, width: 64, chunks })),
    ...combinations({ length: LENGTHS, apart: EITHER, option: EITHER }).flatMap(
      ({ length, apart, option }) => [
        add({ out: slice(), b: slice(), a: sliceIf(apart), length }),
        sigmoid({ out: slice(), x: sliceIf(apart), length, twice: option }),
        activationBackward({ dX: slice(), kept: slice(), dOut: sliceIf(apart), length, gelu: option }),
      ],
    ),
    ...combinations({ length: LENGTHS, apart: EITHER, onto: ['none', 'other', 'out'] as const }).map(
      ({ length, apart, onto }) => {
        const out = slice();
        const residual = { none: null, other: slice(), out }[onto];
        const drawn = { threshold: 1, stream: 1, factor: 2 };
        return dropout({ out, x: apart ? slice() : out, residual, length, ...drawn });
      },
    ),
  ];
}
