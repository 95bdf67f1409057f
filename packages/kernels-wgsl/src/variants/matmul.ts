// Every variant of the matrix product: each form with what can be fused to it, in each geometry, at widths that are multiples of
// four and at widths that are not.
import type { Dispatch } from '../kernel.ts';
import { matMul, type MatMulCall } from '../kernels/matmul/matmul.ts';
import { combinations, EITHER, slice, sliceIf } from './pretend.ts';

type Fused = Partial<MatMulCall>;

const dropout = { stream: 1, threshold: 1, factor: 2 };

/** c = dropout(act(a b + bias)) + residual. Only gelu keeps what is before it, and only where a net is trained. */
const forward: readonly Fused[] = combinations({
  bias: EITHER,
  activation: ['none', 'relu', 'gelu', 'gelu kept'] as const,
  dropout: [null, dropout],
  residual: ['none', 'other', 'c'] as const,
}).map(({ bias, activation, residual, ...rest }) => ({
  ...rest,
  bias: sliceIf(bias),
  activation: activation === 'gelu kept' ? 'gelu' : activation,
  before: sliceIf(activation === 'gelu kept'),
  residual: { none: null, other: slice(), c: 'c' as const }[residual],
}));

/** The gradient of an input: masked, times the slope, or added to what is there. */
const backward: readonly Fused[] = [
  ...combinations({ dropout: [null, dropout], slope: ['none', 'relu', 'gelu'] as const }).map(
    ({ slope, ...rest }) => ({
      ...rest,
      slope: slope === 'none' ? null : { activation: slope, kept: slice() },
    }),
  ),
  { residual: 'c' },
];

/** The gradient of a weight, with that of its bias; alone, added to what is there, or in parts. */
const gradient: readonly Fused[] = combinations({
  columns: EITHER,
  how: ['alone', 'onto', 'parts'] as const,
}).map(({ columns, how }) => ({
  columns: sliceIf(columns),
  chunks: how === 'parts' ? 2 : 1,
  residual: how === 'onto' ? 'c' : null,
}));

const FUSED = { nn: forward, nt: backward, tn: gradient };

/** Small enough for narrow tiles, and large enough for wide ones; by fours and not. */
const ROWS = [64, 63, 128 * 264, 128 * 264 - 1];
const COLUMNS = [128, 127];
/** Whole tiles, by fours, and neither. */
const DEPTHS = [64, 60, 61];

export function matMulVariants(): Dispatch[] {
  return combinations({
    form: ['nn', 'nt', 'tn'] as const,
    tiled: EITHER,
    m: ROWS,
    n: COLUMNS,
    k: DEPTHS,
  }).flatMap((shape) =>
    FUSED[shape.form]
      .filter(({ chunks }) => shape.tiled || chunks !== 2) // Only tiles are cut in depth.
      .map((fused) =>
        matMul({
          ...{ label: 'matMul', a: slice(), b: slice(), c: slice(), bias: null, activation: 'none' },
          ...{ before: null, dropout: null, slope: null, residual: null, columns: null, chunks: 1 },
          ...shape,
          ...fused,
        }),
      ),
  );
}
