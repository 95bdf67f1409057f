// Sigmoid: probabilities from logits.
import { sigmoidSource, type SigmoidFlags } from '../../generated/sigmoid.ts';
import { groupsFor } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import { valuesOf } from '../../values.ts';

export const SIGMOID = {
  name: 'sigmoid',
  source: sigmoidSource,
  storage: ['out', 'x'],
  uniforms: { count: 'u32' },
  run: false,
} as const satisfies Kernel<SigmoidFlags>;

export interface SigmoidCall {
  readonly out: Slice; // (length) f32
  /** (length) f32; null: in place. */
  readonly x: Slice | null;
  readonly length: number;
  /** sigmoid(sigmoid(x)) */
  readonly twice: boolean;
}

export function sigmoid({ out, x, length, twice }: SigmoidCall): Dispatch {
  const { VECTOR, count } = valuesOf(length);
  return dispatchOf(SIGMOID, {
    flags: { VECTOR, IN_PLACE: x === null, TWICE: twice },
    storage: { out, x },
    uniforms: { count },
    groups: groupsFor(count, 256),
    flops: (twice ? 28 : 14) * length,
    bytes: 8 * length,
  });
}
