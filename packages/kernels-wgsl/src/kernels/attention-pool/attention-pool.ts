// Additive attention that pools the steps of each sequence, forward and backward.
import {
  attentionPoolBackwardSource,
  type AttentionPoolBackwardFlags,
} from '../../generated/attention-pool-backward.ts';
import { attentionPoolSource, type AttentionPoolFlags } from '../../generated/attention-pool.ts';
import { groupsInRow } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import { valuesOf } from '../../values.ts';

export const ATTENTION_POOL = {
  name: 'attentionPool',
  source: attentionPoolSource,
  storage: ['keys', 'query', 'values', 'weights', 'out', 'mask'],
  uniforms: { batch: 'u32', key_width: 'u32', count: 'u32' },
  run: false,
} as const satisfies Kernel<AttentionPoolFlags>;

export const ATTENTION_POOL_BACKWARD = {
  name: 'attentionPoolBackward',
  source: attentionPoolBackwardSource,
  storage: ['keys', 'query', 'values', 'weights', 'dOut', 'dKeys', 'dValues', 'queryParts'],
  uniforms: { batch: 'u32', chunk: 'u32', key_width: 'u32', count: 'u32' },
  run: false,
} as const satisfies Kernel<AttentionPoolBackwardFlags>;

/** What both directions take. rows = batch * steps. */
interface PoolShape {
  readonly keys: Slice; // (rows, keyWidth) f32
  readonly query: Slice; // (keyWidth) f32
  readonly values: Slice; // (rows, width) f32
  readonly weights: Slice; // (rows) f32
  readonly batch: number;
  readonly steps: number;
  readonly keyWidth: number;
  readonly width: number;
}
export interface AttentionPoolCall extends PoolShape {
  readonly mask: Slice | null; // (rows) f32
  readonly out: Slice; // (batch, width) f32
}
export interface AttentionPoolBackwardCall extends PoolShape {
  readonly dOut: Slice; // (batch, width) f32
  readonly dKeys: Slice; // (rows, keyWidth) f32
  readonly dValues: Slice; // (rows, width) f32
  readonly queryParts: Slice; // (chunks, keyWidth) f32, chunks as `attentionPoolChunks` says
}

const LANES = 64;
const MOST_CHUNKS = 64;
/** A thread keeps the weights of all steps. */
const MOST_STEPS = 64;

function checked(steps: number): number {
  if (steps > MOST_STEPS) throw new RangeError(`attention pools at most ${MOST_STEPS} steps, not ${steps}`);
  return steps;
}

const chunkOf = (batch: number): number => Math.ceil(batch / MOST_CHUNKS);

/** Partial sums that `attentionPoolBackward` leaves of the query's gradient. */
export const attentionPoolChunks = (batch: number): number => Math.ceil(batch / chunkOf(batch));

/** @throws RangeError above 64 steps. */
export function attentionPool(call: AttentionPoolCall): Dispatch {
  const { batch, steps, keyWidth, width, mask, ...storage } = call;
  const { VECTOR, count } = valuesOf(width);
  const rows = batch * steps;
  return dispatchOf(ATTENTION_POOL, {
    flags: { VECTOR, MASKED: mask !== null, STEPS: checked(steps) },
    storage: { ...storage, mask },
    uniforms: { batch, key_width: keyWidth, count },
    groups: groupsInRow(batch),
    flops: rows * (14 * keyWidth + 2 * width),
    bytes: 4 * (rows * (2 * keyWidth + width + 1 + (mask === null ? 0 : LANES)) + batch * width),
  });
}

/** @throws RangeError above 64 steps. */
export function attentionPoolBackward(call: AttentionPoolBackwardCall): Dispatch {
  const { batch, steps, keyWidth, width, ...storage } = call;
  const { VECTOR, count } = valuesOf(width);
  const rows = batch * steps;
  const chunks = attentionPoolChunks(batch);
  return dispatchOf(ATTENTION_POOL_BACKWARD, {
    flags: { VECTOR, STEPS: checked(steps), EACH: Math.ceil(keyWidth / LANES) },
    storage,
    uniforms: { batch, chunk: chunkOf(batch), key_width: keyWidth, count },
    groups: groupsInRow(chunks),
    flops: rows * (19 * keyWidth + 3 * width),
    bytes: 4 * (rows * (3 * keyWidth + 4 * width + 2 * LANES) + chunks * keyWidth),
  });
}
