// Dropout by the counter generator, and its backward, which is the same call on gradients.
import { dropoutSource, type DropoutFlags } from '../../generated/dropout.ts';
import { groupsFor } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';

export const DROPOUT = {
  name: 'dropout',
  source: dropoutSource,
  storage: ['out', 'x', 'residual'],
  uniforms: { length: 'u32', threshold: 'u32', stream: 'u32', factor: 'f32' },
  run: true,
} as const satisfies Kernel<DropoutFlags>;

export interface DropoutCall {
  readonly label?: string;
  readonly out: Slice; // (length) f32
  readonly x: Slice; // (length) f32, may be `out`, not the residual
  /** (length) f32, added; may be `out`, which is then added to. */
  readonly residual: Slice | null;
  readonly length: number;
  /** Words below it are dropped: ceil(p * 2^32). */
  readonly threshold: number;
  readonly stream: number;
  /** What is kept is multiplied by this: 1 / (1 - p). */
  readonly factor: number;
}

/** Ten rounds of the generator serve four elements. */
const FLOPS = 20;

const same = (a: Slice, b: Slice): boolean => a.buffer === b.buffer && a.offset === b.offset;

export function dropout({ label = DROPOUT.name, out, x, residual, ...uniforms }: DropoutCall): Dispatch {
  const { length } = uniforms;
  const xApart = !same(x, out);
  const residualIsOut = residual !== null && same(residual, out);
  const residualApart = residual !== null && !residualIsOut;
  return dispatchOf(DROPOUT, {
    label,
    flags: {
      VEC4: length % 4 === 0,
      X_APART: xApart,
      RESIDUAL_APART: residualApart,
      RESIDUAL_IS_OUT: residualIsOut,
    },
    storage: { out, x: xApart ? x : null, residual: residualApart ? residual : null },
    uniforms,
    groups: groupsFor(length, 1024),
    flops: FLOPS * length,
    bytes: 4 * length * (2 + (residual === null ? 0 : 1)),
  });
}
