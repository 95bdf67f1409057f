// AdamW over all parameters of a set.
import type { GpuRuntime, Slice } from '@spikebridge/kernels-wgsl';
import { SpikebridgeError } from '../../errors.ts';
import type { OptimiserStep } from '../ops.ts';
import type { ParameterBuffers, PlacedParameter } from './parameter-set.ts';

export class GpuOptimiser {
  constructor(
    _runtime: GpuRuntime,
    _placed: readonly PlacedParameter[],
    _buffers: ParameterBuffers & { readonly mean: Slice | null },
  ) {
    throw new SpikebridgeError('E_GPU_OP', 'the webgpu backend has no kernel for adamw');
  }

  step(_settings: OptimiserStep): Promise<number> {
    return Promise.resolve(0);
  }

  dispose(): void {
    // Filled in with its kernels.
  }
}
