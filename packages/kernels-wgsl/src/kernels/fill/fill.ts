// Fill: out[i] = value.
import { fillSource } from '../../generated/fill.ts';
import { groupsFor } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';

export const FILL = {
  name: 'fill',
  source: fillSource,
  storage: ['out'],
  uniforms: { length: 'u32', value: 'f32' },
  run: false,
} as const satisfies Kernel;

export interface FillCall {
  readonly out: Slice; // (length) f32
  readonly length: number;
  readonly value: number;
}

export function fill({ out, length, value }: FillCall): Dispatch {
  return dispatchOf(FILL, {
    flags: {},
    storage: { out },
    uniforms: { length, value },
    groups: groupsFor(length, 256),
    flops: 0,
    bytes: 4 * length,
  });
}
