// Add positions: out[b, t, :] += positions[t, :].
import { addPositionsSource, type AddPositionsFlags } from '../../generated/add-positions.ts';
import { groupsInRow } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import { valuesOf } from '../../values.ts';

export const ADD_POSITIONS = {
  name: 'addPositions',
  source: addPositionsSource,
  storage: ['out', 'positions'],
  uniforms: { count: 'u32', batch: 'u32' },
  run: false,
} as const satisfies Kernel<AddPositionsFlags>;

export interface AddPositionsCall {
  readonly out: Slice; // (batch, bins, width) f32
  readonly positions: Slice; // (bins or more, width) f32
  readonly batch: number;
  readonly bins: number;
  readonly width: number;
}

export function addPositions({ out, positions, batch, bins, width }: AddPositionsCall): Dispatch {
  const length = bins * width;
  const { VECTOR, count } = valuesOf(length);
  return dispatchOf(ADD_POSITIONS, {
    flags: { VECTOR },
    storage: { out, positions },
    uniforms: { count, batch },
    groups: groupsInRow(Math.ceil(count / 256) * Math.ceil(batch / 4)),
    flops: batch * length,
    bytes: 4 * length * (2 * batch + 1),
  });
}
