// Streaming attention, backward, in two dispatches: each owns what it sums, so that nothing is added across workgroups.
import { attentionKeysSource, type AttentionKeysFlags } from '../../generated/attention-keys.ts';
import { attentionQueriesSource, type AttentionQueriesFlags } from '../../generated/attention-queries.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import {
  ATTENTION_UNIFORMS,
  flagsOf,
  keysOf,
  queriesOf,
  tilesOf,
  uniformsOf,
  visiblePairs,
  workOf,
  type AttentionShape,
} from './attention-geometry.ts';

export const ATTENTION_QUERIES = {
  name: 'attention queries',
  source: attentionQueriesSource,
  storage: ['qkv', 'out', 'logSumExp', 'dOut', 'delta', 'dQkv'],
  uniforms: ATTENTION_UNIFORMS,
  run: true,
} as const satisfies Kernel<AttentionQueriesFlags>;

export const ATTENTION_KEYS = {
  name: 'attention keys',
  source: attentionKeysSource,
  storage: ['qkv', 'logSumExp', 'dOut', 'delta', 'dQkv'],
  uniforms: ATTENTION_UNIFORMS,
  run: true,
} as const satisfies Kernel<AttentionKeysFlags>;

export interface AttentionBackwardCall extends AttentionShape {
  readonly qkv: Slice; // (batch * bins, 3 * heads * headWidth) f32: q | k | v
  readonly out: Slice; // (batch * bins, heads * headWidth) f32, as forward left it
  readonly logSumExp: Slice; // (batch, heads, bins) f32, as forward left it
  readonly dOut: Slice; // (batch * bins, heads * headWidth) f32
  readonly delta: Slice; // (batch, heads, bins) f32, written: sum of dOut * out
  readonly dQkv: Slice; // (batch * bins, 3 * heads * headWidth) f32, written
}

/** Operations of an exp. */
const EXP = 12;

/** The queries' gradient and delta, then the keys' and values'. */
export function attentionBackward(call: AttentionBackwardCall): readonly [Dispatch, Dispatch] {
  return [queries(call), keys(call)];
}

function queries(call: AttentionBackwardCall): Dispatch {
  const { qkv, out, logSumExp, dOut, delta, dQkv, batch, bins, heads, headWidth } = call;
  const tiles = tilesOf(call, 3);
  const work = workOf(call, tiles, keysOf);
  const rows = batch * bins * heads;
  return dispatchOf(ATTENTION_QUERIES, {
    label: 'attentionBackward queries',
    flags: flagsOf(call, tiles, { queries: tiles.lanes * tiles.rows, keys: tiles.streamed }),
    storage: { qkv, out, logSumExp, dOut, delta, dQkv },
    uniforms: uniformsOf(call, work.tiles),
    groups: work.groups,
    flops: visiblePairs(call) * (6 * headWidth + EXP),
    bytes: 4 * (rows * (4 * headWidth + 2) + work.streamedRows * 2 * headWidth),
  });
}

function keys(call: AttentionBackwardCall): Dispatch {
  const { qkv, logSumExp, dOut, delta, dQkv, batch, bins, heads, headWidth } = call;
  const tiles = tilesOf(call, 4);
  const work = workOf(call, tiles, queriesOf);
  const rows = batch * bins * heads;
  return dispatchOf(ATTENTION_KEYS, {
    label: 'attentionBackward keys',
    flags: flagsOf(call, tiles, { queries: tiles.streamed, keys: tiles.lanes * tiles.rows }),
    storage: { qkv, logSumExp, dOut, delta, dQkv },
    uniforms: uniformsOf(call, work.tiles),
    groups: work.groups,
    flops: visiblePairs(call) * (8 * headWidth + EXP),
    bytes: 4 * (rows * 4 * headWidth + work.streamedRows * (2 * headWidth + 2)),
  });
}
