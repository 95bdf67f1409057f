// Add positions, backward: dPositions[t, :] += sum over the batch of dOut[b, t, :].
import {
  addPositionsBackwardSource,
  type AddPositionsBackwardFlags,
} from '../../generated/add-positions-backward.ts';
import { groupsFor } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import { valuesOf } from '../../values.ts';

export const ADD_POSITIONS_BACKWARD = {
  name: 'addPositionsBackward',
  source: addPositionsBackwardSource,
  storage: ['dPositions', 'dOut'],
  uniforms: { count: 'u32', batch: 'u32' },
  run: false,
} as const satisfies Kernel<AddPositionsBackwardFlags>;

export interface AddPositionsBackwardCall {
  readonly dPositions: Slice; // (bins or more, width) f32, added to
  readonly dOut: Slice; // (batch, bins, width) f32
  readonly batch: number;
  readonly bins: number;
  readonly width: number;
}

export function addPositionsBackward(call: AddPositionsBackwardCall): Dispatch {
  const { dPositions, dOut, batch, bins, width } = call;
  const length = bins * width;
  const { VECTOR, count } = valuesOf(length);
  return dispatchOf(ADD_POSITIONS_BACKWARD, {
    flags: { VECTOR },
    storage: { dPositions, dOut },
    uniforms: { count, batch },
    groups: groupsFor(count, 256),
    flops: batch * length,
    bytes: 4 * length * (batch + 2),
  });
}
