// Bit embedding: the sum of the weight rows of the units that fire.
import { bitEmbedSource, type BitEmbedFlags } from '../../generated/bit-embed.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import { FIRING, spikeTile } from './tile.ts';

export const BIT_EMBED = {
  name: 'bitEmbed',
  source: bitEmbedSource,
  storage: ['words', 'weight', 'out', 'bias'],
  uniforms: { rows: 'u32', count: 'u32', across: 'u32', tail: 'u32' },
  run: false,
} as const satisfies Kernel<BitEmbedFlags>;

export interface BitEmbedCall {
  readonly words: Slice; // (rows, ceil(units / 32)) u32
  readonly weight: Slice; // (units, width) f32
  readonly bias: Slice | null; // (width) f32
  readonly out: Slice; // (rows, width) f32
  readonly rows: number;
  readonly units: number;
  readonly width: number;
}

/** @throws RangeError where one bin has more than 98,304 units. */
export function bitEmbed({ rows, units, width, ...storage }: BitEmbedCall): Dispatch {
  const { flags, uniforms, groups } = spikeTile(rows, units, width);
  const biasFloats = storage.bias === null ? 0 : width;
  return dispatchOf(BIT_EMBED, {
    flags: { ...flags, BIAS: storage.bias !== null },
    storage,
    uniforms,
    groups,
    flops: rows * width * FIRING * units,
    bytes: 4 * (rows * flags.WORDS + units * width + biasFloats + rows * width),
  });
}
