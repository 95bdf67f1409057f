// Layer norm, backward: the gradient of its input, and partial sums of those of gain and bias, in one dispatch.
import { layerNormBackwardSource, type LayerNormBackwardFlags } from '../../generated/layer-norm-backward.ts';
import { groupsInRow } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import { rowShape } from './row-shape.ts';

export const LAYER_NORM_BACKWARD = {
  name: 'layerNormBackward',
  source: layerNormBackwardSource,
  storage: ['x', 'gain', 'mean', 'rstd', 'dOut', 'dX', 'gainParts', 'biasParts'],
  uniforms: { rows: 'u32', count: 'u32', chunk: 'u32', width: 'f32' },
  run: false,
} as const satisfies Kernel<LayerNormBackwardFlags>;

export interface LayerNormBackwardCall {
  readonly x: Slice; // (rows, width) f32
  readonly gain: Slice; // (width) f32
  readonly mean: Slice; // (rows) f32
  readonly rstd: Slice; // (rows) f32
  readonly dOut: Slice; // (rows, width) f32
  readonly dX: Slice; // (rows, width) f32
  readonly gainParts: Slice; // (chunks, width) f32, chunks as `layerNormChunks` says
  readonly biasParts: Slice; // (chunks, width) f32
  readonly rows: number;
  readonly width: number;
  /** dX is added to. */
  readonly accumulate: boolean;
}

/** At most this many workgroups: more would write more partial sums than they save time. */
const MOST_CHUNKS = 256;

function chunkRows(rows: number, rowsAtOnce: number): number {
  return rowsAtOnce * Math.max(2, Math.ceil(rows / (rowsAtOnce * MOST_CHUNKS)));
}

/** Partial sums that `layerNormBackward` leaves of each of its two parameter gradients. */
export function layerNormChunks(rows: number, width: number): number {
  return Math.ceil(rows / chunkRows(rows, rowShape(width).rowsAtOnce));
}

export function layerNormBackward(call: LayerNormBackwardCall): Dispatch {
  const { rows, width, accumulate, ...storage } = call;
  const { flags, count, rowsAtOnce } = rowShape(width);
  const chunk = chunkRows(rows, rowsAtOnce);
  const chunks = Math.ceil(rows / chunk);
  return dispatchOf(LAYER_NORM_BACKWARD, {
    flags: { ...flags, ACCUMULATE: accumulate },
    storage,
    uniforms: { rows, count, chunk, width },
    groups: groupsInRow(chunks),
    flops: 13 * rows * width,
    bytes: 4 * ((accumulate ? 4 : 3) * rows * width + 2 * rows + 3 * width),
  });
}
