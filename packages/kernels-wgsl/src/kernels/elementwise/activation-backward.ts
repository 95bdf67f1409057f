// Activation backward: the gradient through relu or gelu, where no product has taken it along.
import {
  activationBackwardSource,
  type ActivationBackwardFlags,
} from '../../generated/activation-backward.ts';
import { groupsFor } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import { valuesOf } from '../../values.ts';

export const ACTIVATION_BACKWARD = {
  name: 'activationBackward',
  source: activationBackwardSource,
  storage: ['dX', 'kept', 'dOut'],
  uniforms: { count: 'u32' },
  run: false,
} as const satisfies Kernel<ActivationBackwardFlags>;

export interface ActivationBackwardCall {
  readonly dX: Slice; // (length) f32
  readonly kept: Slice; // (length) f32
  /** (length) f32; null: in place. */
  readonly dOut: Slice | null;
  readonly length: number;
  readonly gelu: boolean;
}

export function activationBackward({ dX, kept, dOut, length, gelu }: ActivationBackwardCall): Dispatch {
  const { VECTOR, count } = valuesOf(length);
  return dispatchOf(ACTIVATION_BACKWARD, {
    label: `activationBackward ${gelu ? 'gelu' : 'relu'}`,
    flags: { VECTOR, IN_PLACE: dOut === null, GELU: gelu },
    storage: { dX, kept, dOut },
    uniforms: { count },
    groups: groupsFor(count, 256),
    flops: (gelu ? 27 : 1) * length,
    bytes: 12 * length,
  });
}
