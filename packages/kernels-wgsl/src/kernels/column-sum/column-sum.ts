// Column sums: out[j] += sum of x[n, j] over rows.
import { columnSumSource, type ColumnSumFlags } from '../../generated/column-sum.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';

export const COLUMN_SUM = {
  name: 'columnSum',
  source: columnSumSource,
  storage: ['x', 'out'],
  uniforms: { rows: 'u32', width: 'u32', chunk: 'u32' },
  run: false,
} as const satisfies Kernel<ColumnSumFlags>;

const LANES = 64;
const LEAST_ROWS = 64;
const MOST_CHUNKS = 128;

export interface ColumnSumCall {
  readonly x: Slice; // (rows, width)
  readonly rows: number;
  readonly width: number;
  /** Parts that the rows are cut into, from `columnSumChunks`. */
  readonly chunks: number;
  readonly out: Slice; // (width), added to; above one chunk (chunks, width), written
}

/** Parts of at least 64 rows, at most 128 of them, none empty. */
export function columnSumChunks(rows: number): number {
  const wanted = Math.max(1, Math.min(MOST_CHUNKS, Math.floor(rows / LEAST_ROWS)));
  return Math.ceil(rows / Math.ceil(rows / wanted));
}

export function columnSum({ x, rows, width, chunks, out }: ColumnSumCall): Dispatch {
  return dispatchOf(COLUMN_SUM, {
    flags: { PARTS: chunks > 1 },
    storage: { x, out },
    uniforms: { rows, width, chunk: Math.ceil(rows / chunks) },
    groups: [Math.ceil(width / LANES), chunks, 1],
    flops: rows * width,
    bytes: 4 * width * (rows + (chunks > 1 ? chunks : 2)),
  });
}
