// Lowers what attention needs: rotary positions and the streaming kernels.
import { rotary, type Dispatch } from '@spikebridge/kernels-wgsl';
import type { Rotary } from '../ops.ts';
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
