// The CPU backend: plans over the WebAssembly kernels, on one thread or several.
import { KernelCore } from '@spikebridge/core-wasm';
import type { KernelOptions } from '@spikebridge/core-wasm';
import { SpikebridgeError } from '../../errors.ts';
import type { Backend, ParameterSet, ParameterSpec, Plan } from '../backend.ts';
import { WasmPlan } from './compiled-plan.ts';
import { WasmParameters } from './parameter-set.ts';

export class WasmBackend implements Backend {
  readonly name = 'wasm';
  /** The kernels themselves, for work outside plans (`kernelHost` shares their threads). */
  readonly core: KernelCore;

  constructor(core: KernelCore) {
    this.core = core;
  }

  get description(): string {
    return `wasm: ${this.core.description}`;
  }

  parameters(specs: readonly ParameterSpec[]): WasmParameters {
    return new WasmParameters(this.core, specs);
  }

  /** @throws SpikebridgeError when `parameters` belong to another backend. */
  compile(plan: Plan, parameters: ParameterSet): WasmPlan {
    if (!(parameters instanceof WasmParameters) || parameters.core !== this.core) {
      throw new SpikebridgeError(
        'E_BACKEND_MIX',
        'a plan is compiled over parameters of its own backend only',
        {
          fix: 'make the parameters with the `parameters` method of the backend that compiles the plan',
        },
      );
    }
    return new WasmPlan(plan, parameters);
  }

  dispose(): void {
    this.core.dispose();
  }
}

/**
 * The CPU backend. `threads` and `spawn` as in `KernelOptions`; `deterministic` takes the plain SIMD build, whose results
 * are the same bits on every host (any build gives the same bits at any number of threads).
 */
export async function createWasmBackend(options: KernelOptions = {}): Promise<WasmBackend> {
  return new WasmBackend(await KernelCore.create(options));
}
