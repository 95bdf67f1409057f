// AdamW over all parameters of a set: a program of two dispatches, and the few settings of a step written ahead of it.
import {
  adamw,
  ADAMW_NORM,
  ADAMW_WORKSPACE_BYTES,
  adamwBlocks,
  adamwSettings,
  type GpuRuntime,
  type Program,
  type Slice,
} from '@spikebridge/kernels-wgsl';
import { wholePower } from '../elementary.ts';
import type { OptimiserStep } from '../ops.ts';
import { guarded } from './errors.ts';
import type { ParameterBuffers, PlacedParameter } from './parameter-buffers.ts';

export class GpuOptimiser {
  readonly #runtime: GpuRuntime;
  readonly #table: Slice;
  readonly #workspace: Slice;
  readonly #program: Program;

  /** @throws SpikebridgeError E_GPU_LIMIT. */
  constructor(
    runtime: GpuRuntime,
    placed: readonly PlacedParameter[],
    buffers: ParameterBuffers & { readonly mean: Slice | null },
  ) {
    this.#runtime = runtime;
    const tensors = placed.map(({ spec, offset, length }) => ({
      ...{ offset, length, decay: spec.decay },
      learningRateScale: spec.learningRateScale,
    }));
    const blocks = adamwBlocks(tensors);
    this.#table = guarded(() => runtime.allocate(blocks.byteLength, 'blocks of parameters'));
    runtime.write(this.#table, blocks);
    this.#workspace = guarded(() => runtime.allocate(ADAMW_WORKSPACE_BYTES, 'optimiser settings'));
    const { weights, gradients, m, v, mean } = buffers;
    this.#program = guarded(() =>
      runtime.program(
        adamw({
          ...{ weights, gradients, mean, tensors, table: this.#table, workspace: this.#workspace },
          first: m,
          second: v,
        }),
      ),
    );
  }

  /**
   * Adds a step to what is pending, and asks for the gradient norm before clipping. The norm travels with the other reads of this
   * turn; a second step in the same turn would overwrite it.
   */
  async step(settings: OptimiserStep): Promise<number> {
    const { step, beta1, beta2, meanDecay = 0 } = settings;
    const correction1 = 1 - wholePower(beta1, step);
    const correction2 = Math.sqrt(1 - wholePower(beta2, step));
    this.#runtime.write(this.#workspace, adamwSettings({ ...settings, meanDecay, correction1, correction2 }));
    this.#runtime.encode(this.#program);
    const [norm] = await this.#runtime.floats({ ...this.#workspace, offset: 4 * ADAMW_NORM, size: 4 });
    return norm;
  }

  dispose(): void {
    this.#runtime.release(this.#program);
    this.#runtime.free(this.#table);
    this.#runtime.free(this.#workspace);
  }
}
