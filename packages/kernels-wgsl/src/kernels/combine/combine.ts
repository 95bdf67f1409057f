// Combine: partial sums of many tensors, added to where they belong in one dispatch.
import { combineSource } from '../../generated/combine.ts';
import { groupsInRow } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';

export const COMBINE = {
  name: 'combine',
  source: combineSource,
  storage: ['out', 'parts', 'blocks'],
  uniforms: { blocks: 'u32' },
  run: false,
} as const satisfies Kernel;

/** Partial sums (chunks, length) that are added to `length` elements. Offsets are in elements of the slices below. */
export interface PartialSums {
  readonly to: number;
  readonly from: number;
  readonly length: number;
  readonly chunks: number;
}

const BLOCK = 256;
const WORDS = 5;

/** The table of blocks, (blocks, 5) u32. No two sums may share an element of `to`. */
export function combineBlocks(sums: readonly PartialSums[]): Uint32Array {
  return Uint32Array.from(
    sums.flatMap(({ to, from, length, chunks }) =>
      Array.from({ length: Math.ceil(length / BLOCK) }, (_, block) => {
        const start = block * BLOCK;
        return [to + start, from + start, Math.min(BLOCK, length - start), length, chunks];
      }).flat(),
    ),
  );
}

export interface CombineCall {
  readonly out: Slice; // f32, what `to` counts in
  readonly parts: Slice; // f32, what `from` counts in
  readonly blocks: Slice; // from `combineBlocks`
  readonly sums: readonly PartialSums[];
}

export function combine({ out, parts, blocks, sums }: CombineCall): Dispatch {
  const count = sums.reduce((sum, { length }) => sum + Math.ceil(length / BLOCK), 0);
  return dispatchOf(COMBINE, {
    flags: {},
    storage: { out, parts, blocks },
    uniforms: { blocks: count },
    groups: groupsInRow(count),
    flops: sums.reduce((sum, { length, chunks }) => sum + length * chunks, 0),
    bytes: sums.reduce((sum, { length, chunks }) => sum + 4 * length * (chunks + 2), 4 * WORDS * count),
  });
}
