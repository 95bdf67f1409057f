// Matrix product: one call of c = a b with everything done to it before it is stored, in one of two geometries. Tiles in workgroup
// memory are for GPUs; software adapters, where barriers cost more than loads, take blocks in registers.
import { matmulDirectSource, type MatmulDirectFlags } from '../../generated/matmul-direct.ts';
import { matmulTiledSource, type MatmulTiledFlags } from '../../generated/matmul-tiled.ts';
import type { Groups } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';

const SHARED = {
  storage: ['a', 'b', 'c', 'bias', 'residual', 'before', 'kept', 'columns'],
  uniforms: { m: 'u32', n: 'u32', k: 'u32', chunk: 'u32', stream: 'u32', threshold: 'u32', factor: 'f32' },
  run: true,
} as const;

export const MATMUL_TILED = {
  name: 'matMul tiled',
  source: matmulTiledSource,
  ...SHARED,
} as const satisfies Kernel<MatmulTiledFlags>;

export const MATMUL_DIRECT = {
  name: 'matMul direct',
  source: matmulDirectSource,
  ...SHARED,
} as const satisfies Kernel<MatmulDirectFlags>;

/** nn: a (m, k), b (k, n). nt: b (n, k). tn: a (k, m). */
export type MatMulForm = 'nn' | 'nt' | 'tn';

export interface MatMulShape {
  readonly form: MatMulForm;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Tiles in workgroup memory (GPUs) or blocks in registers (software adapters). */
  readonly tiled: boolean;
}

/** c = dropout(act(a b + bias)) * act'(kept) + residual, each part where it is given. No two slices overlap. */
export interface MatMulCall extends MatMulShape {
  readonly label: string;
  readonly a: Slice;
  readonly b: Slice;
  readonly bias: Slice | null; // (n)
  readonly activation: 'none' | 'relu' | 'gelu';
  /** Where the value before the activation is kept, (m, n). */
  readonly before: Slice | null;
  /** Elements whose word of the counter generator is below `threshold` become 0, the others are multiplied by `factor`. */
  readonly dropout: { readonly stream: number; readonly threshold: number; readonly factor: number } | null;
  /** The derivative of the activation that the result is multiplied by: at the output for relu, at the input for gelu, (m, n). */
  readonly slope: { readonly activation: 'relu' | 'gelu'; readonly kept: Slice } | null;
  /** (m, n), or `c` for what is there: c += ... */
  readonly residual: Slice | 'c' | null;
  /** Sums of the columns of b (forms nn and tn) are added here, (n). */
  readonly columns: Slice | null;
  /** Parts that k is cut into. Above 1, c is (chunks, m, n) and columns (chunks, n): partial sums, and nothing else is done. */
  readonly chunks: number;
  readonly c: Slice; // (m, n)
}

/** Workgroups that fill a large GPU (132 multiprocessors) twice. */
const ENOUGH_GROUPS = 264;
/** Depth below which a part costs more to write and to add up than it saves. */
const LEAST_DEPTH = 128;
const MOST_CHUNKS = 32;
const MOST_PARTIAL_BYTES = 4 * 1024 * 1024;
/** Floating-point operations of gelu and of its derivative, an element. */
const GELU_FLOPS = 20;
const SLOPE_FLOPS = 27;

/** Invocations of the direct geometry along columns and rows, four of each to an invocation. */
const LANES = 8;
const ROWS = 8;

/** Rows and columns of c that share what is loaded of a and b, and the depth that is held at once. */
interface Tile {
  readonly side: 4 | 64 | 128;
  readonly depth: number;
}
const BLOCK: Tile = { side: 4, depth: 1 };
const NARROW: Tile = { side: 64, depth: 32 };
const WIDE: Tile = { side: 128, depth: 16 };

const tilesOf = ({ side }: Tile, m: number, n: number): number => Math.ceil(m / side) * Math.ceil(n / side);

/** The wide tile halves the traffic; it is taken where there are tiles enough and less than a tenth of them is empty. */
function tileOf({ m, n, tiled }: MatMulShape, chunks: number): Tile {
  if (!tiled) return BLOCK;
  const wide = tilesOf(WIDE, m, n);
  return wide * chunks >= ENOUGH_GROUPS && 4 * wide <= 1.1 * tilesOf(NARROW, m, n) ? WIDE : NARROW;
}

/**
 * Parts that a long k is cut into where c is small and is added up later (gradients of weights): enough to fill a large GPU, each
 * deep enough to be worth its traffic, 4 MiB of partial sums at most. 1 on a software adapter, which few invocations fill.
 */
export function matMulChunks({ m, n, k, tiled }: MatMulShape): number {
  if (!tiled) return 1;
  const wanted = Math.ceil(ENOUGH_GROUPS / tilesOf(NARROW, m, n));
  const most = Math.min(
    MOST_CHUNKS,
    Math.floor(k / LEAST_DEPTH),
    Math.floor(MOST_PARTIAL_BYTES / (4 * m * n)),
  );
  const chunks = Math.max(1, Math.min(wanted, most));
  // Whole tiles each, none of them empty.
  return Math.ceil(k / (Math.ceil(k / chunks / NARROW.depth) * NARROW.depth));
}

/**
 * The product as one dispatch. Its bytes are those of the tile model: a once for each column of tiles, b once for each row of them.
 * @throws RangeError for partial sums that anything else is done to.
 */
export function matMul(call: MatMulCall): Dispatch {
  const { label, form, m, n, k, tiled, chunks, a, b, c, bias, activation, before, dropout, slope, columns } =
    call;
  const onto = call.residual === 'c';
  const residual = onto ? null : call.residual;
  const after = [bias, before, dropout, slope, call.residual].filter((part) => part !== null).length;
  if (chunks > 1 && (after > 0 || activation !== 'none'))
    throw new RangeError(`${label}: nothing is done to partial sums but adding them up`);
  const tile = tileOf(call, chunks);
  const four = (width: number): boolean => width % 4 === 0;
  const flags = {
    A_ALONG_K: form !== 'tn',
    B_ALONG_K: form === 'nt',
    // Along the depth, only tiles are read four at a time.
    VEC_A: form === 'tn' ? four(m) : tiled && four(k),
    VEC_B: form === 'nt' ? tiled && four(k) : four(n),
    VEC_C: four(n),
    BIAS: bias !== null,
    KEEP: before !== null,
    RELU: activation === 'relu',
    GELU: activation === 'gelu',
    DROPOUT: dropout !== null,
    SLOPE: slope !== null,
    SLOPE_RELU: slope?.activation === 'relu',
    SLOPE_GELU: slope?.activation === 'gelu',
    RESIDUAL: residual !== null,
    ONTO: onto,
    PARTS: chunks > 1,
    COLUMNS: columns !== null,
  };
  const passes = [before, slope, call.residual].filter((part) => part !== null).length;
  const loads = m * k * Math.ceil(n / tile.side) + n * k * Math.ceil(m / tile.side);
  const perElement =
    2 * k +
    after +
    (activation === 'gelu' ? GELU_FLOPS : 0) +
    (slope?.activation === 'gelu' ? SLOPE_FLOPS : 0);
  const rest = {
    label,
    storage: { a, b, c, bias, residual, before, kept: slope?.kept ?? null, columns },
    uniforms: {
      m,
      n,
      k,
      chunk: Math.ceil(k / chunks / tile.depth) * tile.depth,
      stream: dropout?.stream ?? 0,
      threshold: dropout?.threshold ?? 0,
      factor: dropout?.factor ?? 1,
    },
    flops: m * n * perElement + (columns === null ? 0 : n * k),
    bytes:
      4 * (loads + m * n * (chunks + passes) + (bias === null ? 0 : n) + (columns === null ? 0 : n * chunks)),
  };
  if (tile === BLOCK) {
    const groups: Groups = [Math.ceil(n / (4 * LANES)), Math.ceil(m / (4 * ROWS)), 1];
    return dispatchOf(MATMUL_DIRECT, { ...rest, groups, flags: { ...flags, LANES, ROWS } });
  }
  return dispatchOf(MATMUL_TILED, {
    ...rest,
    groups: [Math.ceil(n / tile.side), Math.ceil(m / tile.side), chunks],
    flags: {
      ...flags,
      TILE: tile.side,
      DEPTH: tile.depth,
      WIDE: tile === WIDE,
      WHOLE_K: k % tile.depth === 0,
    },
  });
}
