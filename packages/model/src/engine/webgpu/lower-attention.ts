// Lowers what attention needs: rotary positions and the streaming kernels.
import {
  attention,
  attentionBackward,
  rotary,
  type AttentionShape,
  type Dispatch,
} from '@spikebridge/kernels-wgsl';
import type { Attention, AttentionBackward, Rotary } from '../ops.ts';
import { dropoutThreshold } from '../random.ts';
import type { GpuPlacement } from './placement.ts';

export function lowerRotary({ qkv, angles, bins, heads, inverse }: Rotary, { at }: GpuPlacement): Dispatch {
  return rotary({
    qkv: at(qkv),
    angles: at(angles),
    rows: qkv.shape[0],
    bins,
    heads,
    headWidth: qkv.shape[1] / 3 / heads,
    inverse,
  });
}

function shapeOf(call: Attention, { software }: GpuPlacement): AttentionShape {
  const { batch, bins, heads, window, causal, scale, dropout, stream } = call;
  const threshold = dropoutThreshold(dropout);
  return {
    ...{ batch, bins, heads, window, causal, scale },
    headWidth: call.qkv.shape[1] / 3 / heads,
    dropout: dropout === 0 ? null : { threshold, stream, factor: 1 / (1 - dropout) },
    tiled: !software,
  };
}

export function lowerAttention(call: Attention, place: GpuPlacement): Dispatch {
  const { at } = place;
  return attention({
    ...shapeOf(call, place),
    qkv: at(call.qkv),
    out: at(call.out),
    logSumExp: at(call.logSumExp),
  });
}

export function lowerAttentionBackward(call: AttentionBackward, place: GpuPlacement): readonly Dispatch[] {
  const { at } = place;
  const { forward, dOut, delta, dQkv } = call;
  return attentionBackward({
    ...shapeOf(forward, place),
    qkv: at(forward.qkv),
    out: at(forward.out),
    logSumExp: at(forward.logSumExp),
    dOut: at(dOut),
    delta: at(delta),
    dQkv: at(dQkv),
  });
}
