// Where a plan's tensors lie on the device, as the lowering of each op asks for it.
import type { Slice } from '@spikebridge/kernels-wgsl';
import type { Tensor } from '../ops.ts';

export interface GpuPlacement {
  /** True where the adapter is a program on the CPU: no workgroup memory, no barriers, few invocations that do much each. */
  readonly software: boolean;
  readonly at: (tensor: Tensor) => Slice;
  /** Constants of a call (decays, edges ...), placed once a plan. */
  readonly table: (values: Float32Array | Uint32Array) => Slice;
  /** Room for this call alone: the next call may overwrite it. */
  readonly scratch: (floats: number) => Slice;
  /**
   * Where a call leaves (chunks, elements of `gradient`) partial sums. They are added to `gradient` in order of chunks, together
   * with those of other calls, before anything reads it: no atomics, the same bits every time.
   */
  readonly partials: (gradient: Tensor, chunks: number) => Slice;
}
