// Unpacking: bits as floats, for the nets whose token is the binary vector itself.
import { unpackBitsSource, type UnpackBitsFlags } from '../../generated/unpack-bits.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import { spikeTile } from './tile.ts';

export const UNPACK_BITS = {
  name: 'unpackBits',
  source: unpackBitsSource,
  storage: ['words', 'out'],
  uniforms: { rows: 'u32', count: 'u32', across: 'u32', tail: 'u32' },
  run: false,
} as const satisfies Kernel<UnpackBitsFlags>;

export interface UnpackBitsCall {
  readonly words: Slice; // (rows, ceil(units / 32)) u32
  readonly out: Slice; // (rows, units) f32
  readonly rows: number;
  readonly units: number;
}

/** @throws RangeError where one bin has more than 98,304 units. */
export function unpackBits({ words, out, rows, units }: UnpackBitsCall): Dispatch {
  const { flags, uniforms, groups } = spikeTile(rows, units, units);
  return dispatchOf(UNPACK_BITS, {
    flags,
    storage: { words, out },
    uniforms,
    groups,
    flops: 0,
    bytes: 4 * rows * (flags.WORDS + units),
  });
}
