// Rotary positions, turned into query and key in place, and back.
import { rotarySource, type RotaryFlags } from '../../generated/rotary.ts';
import { groupsFor } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';

export const ROTARY = {
  name: 'rotary',
  source: rotarySource,
  storage: ['qkv', 'angles'],
  uniforms: { items: 'u32', rowItems: 'u32', half: 'u32', bins: 'u32', inverse: 'u32' },
  run: false,
} as const satisfies Kernel<RotaryFlags>;

export interface RotaryCall {
  readonly qkv: Slice; // (rows, 3 * heads * headWidth) f32, changed
  readonly angles: Slice; // (bins, headWidth) f32: cos | sin
  readonly rows: number;
  readonly bins: number;
  readonly heads: number;
  /** Even. */
  readonly headWidth: number;
  readonly inverse: boolean;
}

export function rotary({ qkv, angles, rows, bins, heads, headWidth, inverse }: RotaryCall): Dispatch {
  const lanes = headWidth % 8 === 0 ? 4 : 1;
  const half = headWidth / 2 / lanes;
  const rowItems = heads * half;
  const items = rows * rowItems;
  return dispatchOf(ROTARY, {
    flags: { VEC4: lanes === 4 },
    storage: { qkv, angles },
    uniforms: { items, rowItems, half, bins, inverse: inverse ? 1 : 0 },
    groups: groupsFor(items, 256),
    flops: 12 * lanes * items,
    bytes: 4 * lanes * (8 * items + 2 * half * bins),
  });
}
