// Copy rows: strided rows of one tensor to strided rows of another.
import { copyRowsSource, type CopyRowsFlags } from '../../generated/copy-rows.ts';
import { groupsFor } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import { valuesOf } from '../../values.ts';

export const COPY_ROWS = {
  name: 'copyRows',
  source: copyRowsSource,
  storage: ['out', 'x'],
  uniforms: {
    total: 'u32',
    count: 'u32',
    x_first: 'u32',
    x_stride: 'u32',
    out_first: 'u32',
    out_stride: 'u32',
  },
  run: false,
} as const satisfies Kernel<CopyRowsFlags>;

export interface CopyRowsCall {
  readonly x: Slice; // (rows of x, width) f32
  readonly out: Slice; // (rows of out, width) f32
  readonly rows: number;
  readonly width: number;
  /** In rows. */
  readonly xFirst: number;
  readonly xStride: number;
  readonly outFirst: number;
  readonly outStride: number;
}

export function copyRows(call: CopyRowsCall): Dispatch {
  const { x, out, rows, width, xFirst, xStride, outFirst, outStride } = call;
  const { VECTOR, count } = valuesOf(width);
  return dispatchOf(COPY_ROWS, {
    flags: { VECTOR },
    storage: { out, x },
    uniforms: {
      ...{ total: rows * count, count },
      ...{ x_first: xFirst, x_stride: xStride, out_first: outFirst, out_stride: outStride },
    },
    groups: groupsFor(rows * count, 256),
    flops: 0,
    bytes: 8 * rows * width,
  });
}
