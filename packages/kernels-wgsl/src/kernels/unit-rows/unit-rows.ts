// Unit rows: each row divided by its length, and the way back.
import { unitRowsSource, type UnitRowsFlags } from '../../generated/unit-rows.ts';
import { groupsInRow } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import { valuesOf } from '../../values.ts';

export const UNIT_ROWS = {
  name: 'unitRows',
  source: unitRowsSource,
  storage: ['inverse', 'out', 'dOut', 'dX', 'x'],
  uniforms: { rows: 'u32', count: 'u32' },
  run: false,
} as const satisfies Kernel<UnitRowsFlags>;

export interface UnitRowsCall {
  readonly x: Slice; // (rows, width) f32
  readonly out: Slice; // (rows, width) f32
  readonly inverse: Slice; // (rows) f32
  readonly rows: number;
  readonly width: number;
}
export interface UnitRowsBackwardCall {
  readonly out: Slice; // (rows, width) f32
  readonly inverse: Slice; // (rows) f32
  readonly dOut: Slice; // (rows, width) f32
  readonly dX: Slice; // (rows, width) f32
  readonly rows: number;
  readonly width: number;
  /** dX is added to. */
  readonly accumulate: boolean;
}

export function unitRows({ rows, width, ...storage }: UnitRowsCall): Dispatch {
  const { VECTOR, count } = valuesOf(width);
  return dispatchOf(UNIT_ROWS, {
    flags: { VECTOR, BACKWARD: false, ACCUMULATE: false },
    storage,
    uniforms: { rows, count },
    groups: groupsInRow(rows),
    flops: 3 * rows * width,
    bytes: 4 * (3 * rows * width + rows),
  });
}

export function unitRowsBackward(call: UnitRowsBackwardCall): Dispatch {
  const { rows, width, accumulate, ...storage } = call;
  const { VECTOR, count } = valuesOf(width);
  return dispatchOf(UNIT_ROWS, {
    label: 'unitRowsBackward',
    flags: { VECTOR, BACKWARD: true, ACCUMULATE: accumulate },
    storage,
    uniforms: { rows, count },
    groups: groupsInRow(rows),
    flops: 5 * rows * width,
    bytes: 4 * ((accumulate ? 6 : 5) * rows * width + 64 * rows),
  });
}
