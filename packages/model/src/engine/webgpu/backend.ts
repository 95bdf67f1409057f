// The GPU backend: plans over the WGSL kernels on a GPUDevice that the host opened.
import { GpuRuntime, type Timing } from '@spikebridge/kernels-wgsl';
import { SpikebridgeError } from '../../errors.ts';
import type { Backend, ParameterSet, ParameterSpec, Plan } from '../backend.ts';
import { GpuPlan } from './compiled-plan.ts';
import { answered } from './errors.ts';
import { GpuParameters } from './parameter-set.ts';

export interface WebGpuOptions {
  /** The adapter is a program on the CPU (lavapipe, SwiftShader): kernels take the geometry that suits it. False by default. */
  readonly software?: boolean;
}

export class WebGpuBackend implements Backend {
  readonly name = 'webgpu';
  readonly description: string;
  readonly runtime: GpuRuntime;
  /** The adapter is a program on the CPU. */
  readonly software: boolean;

  /** `adapter` is one line that names the device, for `env.json` and reports. The device stays the caller's to destroy. */
  constructor(device: GPUDevice, adapter: string, { software = false }: WebGpuOptions = {}) {
    this.runtime = new GpuRuntime(device);
    this.software = software;
    this.description = `webgpu: ${adapter}`;
  }

  parameters(specs: readonly ParameterSpec[]): GpuParameters {
    return new GpuParameters(this.runtime, specs);
  }

  /** @throws SpikebridgeError E_BACKEND_MIX, E_GPU_LIMIT, E_GPU_OP. */
  compile(plan: Plan, parameters: ParameterSet): GpuPlan {
    if (!(parameters instanceof GpuParameters) || parameters.runtime !== this.runtime)
      throw new SpikebridgeError(
        'E_BACKEND_MIX',
        'a plan is compiled over parameters of its own backend only',
        {
          fix: 'make the parameters with the `parameters` method of the backend that compiles the plan',
        },
      );
    return new GpuPlan(plan, parameters, this.software);
  }

  /** Times every dispatch that `work` runs, by the device's own clock. @throws SpikebridgeError E_GPU_LIMIT without timestamps. */
  profile(work: () => Promise<void>, most: number): Promise<readonly Timing[]> {
    return answered(this.runtime.profile(work, most));
  }

  dispose(): void {
    this.runtime.dispose();
  }
}
