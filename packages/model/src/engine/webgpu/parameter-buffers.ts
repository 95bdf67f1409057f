// How the parameters of a set lie on the device, for the set and for its optimiser.
import type { Slice } from '@spikebridge/kernels-wgsl';
import type { ParameterSpec } from '../backend.ts';

/** One parameter's place in each of the buffers, in elements. */
export interface PlacedParameter {
  readonly spec: ParameterSpec;
  readonly offset: number;
  readonly length: number;
}

/** The buffers themselves, (elements) f32 each. */
export interface ParameterBuffers {
  readonly weights: Slice;
  readonly gradients: Slice;
  readonly m: Slice;
  readonly v: Slice;
}
