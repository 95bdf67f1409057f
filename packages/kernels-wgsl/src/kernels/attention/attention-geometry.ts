// How the attention kernels divide their work: which rows an invocation owns, how many stream past at a time, and the floating-point
// operations and bytes that follow. Apart because the three kernels share it.
import { groupsInRow, type Groups } from '../../geometry.ts';

/** Attention as one call of it is described; sizes in rows and columns. */
export interface AttentionShape {
  readonly batch: number;
  readonly bins: number;
  readonly heads: number;
  readonly headWidth: number;
  /** Bins that a query sees, itself included; 0 = all the past. */
  readonly window: number;
  readonly causal: boolean;
  readonly scale: number;
  /** Of the probabilities; null = none. */
  readonly dropout: AttentionDropout | null;
  /** Tiles in workgroup memory, as GPUs want it; false for software adapters. */
  readonly tiled: boolean;
  /** Invocations beside each other and rows of each, for tests and measurements; chosen by the shape where they are not given. */
  readonly lanes?: 32 | 64 | 128;
  readonly rows?: number;
}

export interface AttentionDropout {
  /** Words below it are dropped: ceil(p * 2^32). */
  readonly threshold: number;
  readonly stream: number;
  /** What is kept is multiplied by this: 1 / (1 - p). */
  readonly factor: number;
}

export interface Tiles {
  /** Invocations beside each other, each with rows of its own. */
  readonly lanes: number;
  /** Rows of an invocation. */
  readonly rows: number;
  /** Invocations that own the same rows, against different shares of what streams past. */
  readonly parts: number;
  readonly streamed: number;
  /** Streamed rows that an invocation takes at once. */
  readonly group: number;
  /** Vectors of four floats in a row. */
  readonly vectors: number;
}

/** Floats of an invocation's rows that a GPU still keeps in registers. */
const REGISTERS = 128;
/** Vectors of a side that an invocation reads at once: more only makes the code longer. */
const AT_ONCE = 8;
/** Vectors of a row up to which software drivers are left to unroll loops. */
const UNROLLED = 2;
/** Vectors (of four floats) of workgroup memory: 8 KiB. */
const TILE = 512;

/** Invocations of a workgroup: lanes beside each other, times parts. */
const INVOCATIONS = 128;
/** Floats of owned rows from which a workgroup owns enough of them: an ideal tiling with 16 KiB would own no more. */
const OWNED_FLOATS = 4096;
/** Floats of owned rows from which the other side passes at most one and a half times as often as it would there. */
const NEARLY_OWNED_FLOATS = 2400;
/** Workgroups that a large GPU wants to share evenly: eight for each of 132 multiprocessors. Causality makes them unequal. */
const ENOUGH_GROUPS = 8 * 132;
/** Workgroups below which some of its multiprocessors would stand nearly idle: two for each. */
const FEWEST_GROUPS = 2 * 132;
/** Rows of an invocation that still make a short kernel. */
const MOST_ROWS = 6;
/** Bins seen for each owned row: a tile of B rows computes about B / 2 pairs too many a row, where causality or a window cuts it. */
const SEEN_PER_ROW = 16;
/** Owned rows whose dropout fits beside the tile with 32 streamed ones; twice as many take half of them. */
const DRAWN_ROWS = 128;

/** The largest power of two up to `value`. */
const powerOfTwo = (value: number): number => 2 ** Math.floor(Math.log2(value));

/**
 * The more rows a workgroup owns, the fewer times the other side streams past: traffic falls as 1 / (lanes * rows). So where heads
 * are narrow, the past is long and sequences are enough to fill a GPU anyway, invocations are taken from the parts: the same 128 of
 * them, each with the same registers, own two or four times the rows. Where sequences are few, workgroups stay as many as they can:
 * half as many parts, or else more rows an invocation, and only if that brings traffic near what it could be.
 *
 * @param usual rows of an invocation
 * @param floats of each owned row
 */
function ownedBy(
  shape: AttentionShape,
  usual: number,
  floats: number,
): { readonly lanes: number; readonly rows: number } {
  const { batch, heads, bins, window } = shape;
  const seen = window === 0 ? bins : Math.min(window, bins);
  const pays = (owned: number, groups: number): boolean =>
    SEEN_PER_ROW * owned <= seen && Math.ceil(bins / owned) * batch * heads >= groups;
  let lanes = 32;
  while (
    2 * lanes <= INVOCATIONS &&
    lanes * usual * floats < OWNED_FLOATS &&
    pays(2 * lanes * usual, ENOUGH_GROUPS)
  )
    lanes *= 2;
  const many = { lanes, rows: usual };
  if (lanes * usual * floats >= NEARLY_OWNED_FLOATS) return many;
  const few = [
    { lanes: 64, rows: usual },
    { lanes: 32, rows: Math.ceil(NEARLY_OWNED_FLOATS / (32 * floats)) },
  ].find(({ lanes, rows }) => lanes * rows * floats >= NEARLY_OWNED_FLOATS && rows <= MOST_ROWS);
  return few !== undefined && few.rows * floats <= REGISTERS && pays(few.lanes * few.rows, FEWEST_GROUPS)
    ? few
    : many;
}

/** @param arrays rows of `headWidth` that a kernel keeps of each row it owns */
export function tilesOf(shape: AttentionShape, arrays: number): Tiles {
  const vectors = Math.ceil(shape.headWidth / 4);
  if (!shape.tiled) return { lanes: 32, rows: 1, parts: 1, streamed: 64, group: 1, vectors };
  const floats = 4 * arrays * vectors;
  const usual = Math.max(1, Math.min(2, Math.floor(REGISTERS / floats)));
  const chosen = ownedBy(shape, usual, floats);
  const { lanes = chosen.lanes, rows = shape.lanes === undefined ? chosen.rows : usual } = shape;
  const group = powerOfTwo(Math.max(1, Math.min(4, AT_ONCE / vectors)));
  const most = shape.dropout !== null && lanes * rows > DRAWN_ROWS ? 16 : 32;
  const streamed = Math.min(most, powerOfTwo(TILE / 2 / vectors));
  return { lanes, rows, parts: Math.min(INVOCATIONS / lanes, streamed / 4), streamed, group, vectors };
}

/** Bins [first, stop) of the other side that rows `start` ... `last` of a sequence meet. */
export type Range = readonly [first: number, stop: number];

/** What the kernels know of visibility: a query sees the bins from its own - `back` to its own + `ahead`. */
export function reachOf({ bins, window, causal }: AttentionShape): { back: number; ahead: number } {
  return { back: causal && window > 0 ? window - 1 : bins, ahead: causal ? 0 : bins };
}

/** Keys that queries `start` ... `last` see. */
export function keysOf(shape: AttentionShape, start: number, last: number): Range {
  const { back, ahead } = reachOf(shape);
  return [Math.max(0, start - back), Math.min(last + ahead + 1, shape.bins)];
}

/** Queries that see keys `start` ... `last`. */
export function queriesOf(shape: AttentionShape, start: number, last: number): Range {
  const { back, ahead } = reachOf(shape);
  return [Math.max(0, start - ahead), Math.min(last + back + 1, shape.bins)];
}

/** Pairs of a query and a key that it sees, in all sequences and heads. */
export function visiblePairs({ batch, heads, bins, window, causal }: AttentionShape): number {
  const seen = window === 0 ? bins : Math.min(window, bins);
  const pairs = causal ? (seen * (seen + 1)) / 2 + (bins - seen) * seen : bins * bins;
  return batch * heads * pairs;
}

export interface Work {
  /** Groups of owned rows in a sequence. */
  readonly tiles: number;
  readonly groups: Groups;
  /** Rows that stream past, in all groups together. */
  readonly streamedRows: number;
}

/** @param rangeOf what a group's rows meet */
export function workOf(
  shape: AttentionShape,
  { lanes, rows, streamed }: Tiles,
  rangeOf: (shape: AttentionShape, start: number, last: number) => Range,
): Work {
  const { batch, heads, bins } = shape;
  const owned = lanes * rows;
  const tiles = Math.ceil(bins / owned);
  let met = 0;
  for (let start = 0; start < bins; start += owned) {
    const [first, stop] = rangeOf(shape, start, Math.min(start + owned, bins) - 1);
    met += (Math.ceil(stop / streamed) - Math.floor(first / streamed)) * streamed;
  }
  return { tiles, groups: groupsInRow(tiles * batch * heads), streamedRows: met * batch * heads };
}

/** Uniforms of all three kernels. */
export const ATTENTION_UNIFORMS = {
  bins: 'u32',
  heads: 'u32',
  sequences: 'u32',
  tiles: 'u32',
  back: 'u32',
  ahead: 'u32',
  scale: 'f32',
  stream: 'u32',
  threshold: 'u32',
  factor: 'f32',
  vectors: 'u32',
} as const;

export function uniformsOf(
  shape: AttentionShape,
  tiles: number,
): Record<keyof typeof ATTENTION_UNIFORMS, number> {
  const { batch, bins, heads, headWidth, scale, dropout } = shape;
  const { stream, threshold, factor } = dropout ?? { stream: 0, threshold: 0, factor: 1 };
  return {
    ...{ bins, heads, sequences: batch * heads, tiles, ...reachOf(shape), scale },
    ...{ stream, threshold, factor, vectors: Math.ceil(headWidth / 4) },
  };
}

/**
 * Flags of all three kernels.
 * @param drawn (rows, keys) of the tiles that dropout is drawn for: those of queries and of keys
 */
export function flagsOf(
  { headWidth, bins, dropout, tiled }: AttentionShape,
  { lanes, rows, parts, streamed, group, vectors }: Tiles,
  drawn: { readonly queries: number; readonly keys: number },
) {
  return {
    ...{ HEAD: headWidth, LANES: lanes, ROWS: rows, PARTS: parts, STREAMED: streamed, GROUP: group, TILE },
    VEC4: headWidth % 4 === 0,
    TILED: tiled,
    ROLLED: !tiled && vectors > UNROLLED,
    DROPOUT: dropout !== null,
    DRAWN_ROWS: drawn.queries,
    // Where rows are no multiple of four bins, a row's keys begin inside a block and end inside one more.
    DRAWN_BLOCKS: drawn.keys / 4 + (bins % 4 === 0 ? 0 : 1),
  };
}
