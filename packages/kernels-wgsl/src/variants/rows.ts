// Every variant of what works row by row: embeddings, positions, norms. Sizes stand for the ranges between which the kernels change
// what a workgroup holds; the numbers that a shader is given inside such a range differ, its text does not.
import type { Dispatch } from '../kernel.ts';
import { bitEmbedBackward } from '../kernels/embedding/bit-embed-backward.ts';
import { bitEmbed } from '../kernels/embedding/bit-embed.ts';
import { unpackBits } from '../kernels/embedding/unpack-bits.ts';
import { layerNormBackward } from '../kernels/layer-norm/layer-norm-backward.ts';
import { layerNorm } from '../kernels/layer-norm/layer-norm.ts';
import { addPositionsBackward } from '../kernels/positions/add-positions-backward.ts';
import { addPositions } from '../kernels/positions/add-positions.ts';
import { rotary } from '../kernels/rotary/rotary.ts';
import { rollout } from '../kernels/rollout/rollout.ts';
import { combinations, EITHER, slice, sliceIf } from './pretend.ts';

/** Fewer columns than a workgroup has, as many, more; by fours and one by one. */
const WIDTHS = [1, 3, 4, 63, 64, 128, 260, 1000] as const;
/** One word of a bin, several, more than a workgroup takes of one, and the most that fit. */
const UNITS = [1, 33, 128, 300, 98_304] as const;
/** Rows of one value and of several a thread, of all threads, staged in workgroup memory and not. */
const NORM_WIDTHS = [1, 2, 17, 64, 128, 129, 256, 768, 1024, 1025, 2052, 4096] as const;

export function rowVariants(): Dispatch[] {
  const rows = 256;
  return [
    ...combinations({ width: WIDTHS, units: UNITS, bias: EITHER }).flatMap(({ width, units, bias }) => [
      bitEmbed({
        ...{ words: slice(), weight: slice(), out: slice(), bias: sliceIf(bias) },
        ...{ rows, units, width },
      }),
      bitEmbedBackward({
        ...{ words: slice(), dOut: slice(), weightParts: slice(), biasParts: sliceIf(bias) },
        ...{ rows, units, width },
      }),
    ]),
    ...UNITS.map((units) => unpackBits({ words: slice(), out: slice(), rows, units })),
    ...[63, 64].flatMap((width) => {
      const sizes = { batch: 2, bins: 3, width };
      return [
        addPositions({ out: slice(), positions: slice(), ...sizes }),
        addPositionsBackward({ dOut: slice(), dPositions: slice(), ...sizes }),
      ];
    }),
    ...[6, 16].map((headWidth) =>
      rotary({ qkv: slice(), angles: slice(), rows, bins: 64, heads: 2, headWidth, inverse: false }),
    ),
    ...[32, 256].map((lanes) =>
      rollout({
        ...{ floats: slice(), program: slice(), trains: slice(), angles: slice(), control: slice() },
        ...{ records: 1, words: 4, units: 128, capacity: 64, lanes, flops: 0, bytes: 0 },
      }),
    ),
    ...NORM_WIDTHS.flatMap((width) => {
      const both = { x: slice(), gain: slice(), mean: slice(), rstd: slice(), rows, width };
      const parts = { gainParts: slice(), biasParts: slice() };
      return [
        layerNorm({ ...both, bias: slice(), out: slice() }),
        ...EITHER.map((accumulate) =>
          layerNormBackward({ ...both, ...parts, dOut: slice(), dX: slice(), accumulate }),
        ),
      ];
    }),
  ];
}
