// Bit embedding, backward: partial sums of the gradients of weight and bias, in one dispatch.
import { bitEmbedBackwardSource, type BitEmbedBackwardFlags } from '../../generated/bit-embed-backward.ts';
import { groupsInRow } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import { powerOfTwo, valuesOf } from '../../values.ts';
import { FIRING } from './tile.ts';

export const BIT_EMBED_BACKWARD = {
  name: 'bitEmbedBackward',
  source: bitEmbedBackwardSource,
  storage: ['words', 'dOut', 'weightParts', 'biasParts'],
  uniforms: {
    rows: 'u32',
    count: 'u32',
    units: 'u32',
    words: 'u32',
    chunk: 'u32',
    across: 'u32',
    blocks: 'u32',
  },
  run: false,
} as const satisfies Kernel<BitEmbedBackwardFlags>;

export interface BitEmbedBackwardCall {
  readonly words: Slice; // (rows, ceil(units / 32)) u32
  readonly dOut: Slice; // (rows, width) f32
  readonly weightParts: Slice; // (chunks, units, width) f32, chunks as `bitEmbedChunks` says
  readonly biasParts: Slice | null; // (chunks, width) f32
  readonly rows: number;
  readonly units: number;
  readonly width: number;
}

/** Bins that a workgroup holds at a time. */
const TILE = 32;
/** Values of the width that a workgroup takes. */
const ACROSS = 8;
/** Words of a bin that a workgroup takes, 1, 2, 4 or 8: one sum of each in a thread's registers. */
const MOST_WORDS = 8;
const MOST_CHUNKS = 64;
/** Rows of a chunk for each unit, at the least. */
const ROWS_PER_UNIT = 6;

/**
 * Partial sums are (units, width) a chunk, written and read again, beside the gradient that is read, (rows, width): chunks of six
 * times as many rows as units keep them to a sixth of it. From 64 chunks on there are workgroups enough, and chunks grow.
 */
function chunkRows(rows: number, units: number): number {
  const chunks = Math.max(1, Math.min(MOST_CHUNKS, Math.floor(rows / (ROWS_PER_UNIT * units))));
  return TILE * Math.ceil(rows / chunks / TILE);
}

/** Partial sums that `bitEmbedBackward` leaves of each of its parameter gradients. */
export function bitEmbedChunks(rows: number, units: number): number {
  return Math.ceil(rows / chunkRows(rows, units));
}

export function bitEmbedBackward({ rows, units, width, ...storage }: BitEmbedBackwardCall): Dispatch {
  const { VECTOR, count } = valuesOf(width);
  const words = Math.ceil(units / 32);
  const WORDS = Math.min(MOST_WORDS, powerOfTwo(words));
  const blocks = Math.ceil(words / WORDS);
  const across = Math.ceil(count / ACROSS);
  const chunk = chunkRows(rows, units);
  const BIAS = storage.biasParts !== null;
  return dispatchOf(BIT_EMBED_BACKWARD, {
    flags: { VECTOR, WORDS, BIAS },
    storage,
    uniforms: { rows, count, units, words, chunk, across, blocks },
    groups: groupsInRow(Math.ceil(rows / chunk) * blocks * across),
    flops: rows * width * (FIRING * units + (BIAS ? 1 : 0)),
    bytes: 4 * (rows * words + rows * width + (units + (BIAS ? 1 : 0)) * width),
  });
}
