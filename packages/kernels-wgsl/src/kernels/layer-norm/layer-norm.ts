// Layer norm: each row to mean 0 and variance 1, then gain and bias.
import { layerNormSource, type LayerNormFlags } from '../../generated/layer-norm.ts';
import { groupsFor } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import { rowShape } from './row-shape.ts';

export const LAYER_NORM = {
  name: 'layerNorm',
  source: layerNormSource,
  storage: ['x', 'gain', 'bias', 'out', 'mean', 'rstd'],
  uniforms: { rows: 'u32', count: 'u32', width: 'f32' },
  run: false,
} as const satisfies Kernel<LayerNormFlags>;

export interface LayerNormCall {
  readonly x: Slice; // (rows, width) f32
  readonly gain: Slice; // (width) f32
  readonly bias: Slice; // (width) f32
  readonly out: Slice; // (rows, width) f32
  readonly mean: Slice; // (rows) f32
  readonly rstd: Slice; // (rows) f32
  readonly rows: number;
  readonly width: number;
}

export function layerNorm({ rows, width, ...storage }: LayerNormCall): Dispatch {
  const { flags, count, rowsAtOnce } = rowShape(width);
  return dispatchOf(LAYER_NORM, {
    flags,
    storage,
    uniforms: { rows, count, width },
    groups: groupsFor(rows, rowsAtOnce),
    flops: 7 * rows * width,
    bytes: 4 * (2 * rows * width + 2 * width + 2 * rows),
  });
}
