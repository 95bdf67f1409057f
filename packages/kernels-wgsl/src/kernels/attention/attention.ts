// Streaming attention, forward: output and log-sum-exp in one dispatch.
import { attentionSource, type AttentionFlags } from '../../generated/attention.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import {
  ATTENTION_UNIFORMS,
  flagsOf,
  keysOf,
  tilesOf,
  uniformsOf,
  visiblePairs,
  workOf,
  type AttentionShape,
} from './attention-geometry.ts';

export const ATTENTION = {
  name: 'attention',
  source: attentionSource,
  storage: ['qkv', 'out', 'logSumExp'],
  uniforms: ATTENTION_UNIFORMS,
  run: true,
} as const satisfies Kernel<AttentionFlags>;

export interface AttentionCall extends AttentionShape {
  readonly qkv: Slice; // (batch * bins, 3 * heads * headWidth) f32: q | k | v
  readonly out: Slice; // (batch * bins, heads * headWidth) f32
  readonly logSumExp: Slice; // (batch, heads, bins) f32
}

/** Operations of an exp. */
const EXP = 12;

export function attention(call: AttentionCall): Dispatch {
  const { qkv, out, logSumExp, batch, bins, heads, headWidth } = call;
  const tiles = tilesOf(call, 2);
  const work = workOf(call, tiles, keysOf);
  const rows = batch * bins * heads;
  return dispatchOf(ATTENTION, {
    flags: flagsOf(call, tiles, { queries: tiles.lanes * tiles.rows, keys: tiles.streamed }),
    storage: { qkv, out, logSumExp },
    uniforms: uniformsOf(call, work.tiles),
    groups: work.groups,
    flops: visiblePairs(call) * (4 * headWidth + EXP),
    bytes: 4 * (rows * (2 * headWidth + 1) + work.streamedRows * 2 * headWidth),
  });
}
