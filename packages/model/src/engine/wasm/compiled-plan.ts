// A plan as kernel programs: every tensor placed in kernel memory, every call lowered to records, both once. A run writes
// two uniforms and replays; nothing is allocated after compilation.
import { opcodes } from '@spikebridge/core-wasm';
import type { KernelCore, KernelRecord, Program, Region } from '@spikebridge/core-wasm';
import { SpikebridgeError } from '../../errors.ts';
import type { CompiledPlan, Plan } from '../backend.ts';
import { elementCount } from '../plan-builder.ts';
import type { OpCall, Tensor } from '../ops.ts';
import { lower } from './lower.ts';
import type { Placement } from './lower.ts';
import type { WasmParameters } from './parameter-set.ts';
import { Workspace } from './workspace.ts';

/** Kernel records of a list of calls. */
function lowerAll(calls: readonly OpCall[], placement: Placement): KernelRecord[] {
  return calls.flatMap((call) => lower(call, placement));
}

export class WasmPlan implements CompiledPlan {
  readonly bytes: number;
  readonly #core: KernelCore;
  readonly #region: Region;
  readonly #addresses = new Map<number, number>();
  readonly #plan: Plan;
  readonly #forward: Program;
  readonly #train: Program;
  #disposed = false;

  constructor(plan: Plan, parameters: WasmParameters) {
    const { core } = parameters;
    this.#core = core;
    this.#plan = plan;
    this.#region = core.region();
    for (const tensor of plan.tensors) this.#place(tensor, parameters);

    const tables = new Map<string, number>();
    const workspace = new Workspace();
    const placement: Placement = {
      at: (tensor) => (tensor === null ? 0 : this.#address(tensor)),
      table: (values) => {
        const key = values.join();
        let address = tables.get(key);
        if (address === undefined) {
          address = this.#region.allocate(4 * values.length);
          core.memory.floats(address, values.length).set(values);
          tables.set(key, address);
        }
        return address;
      },
      workspace,
    };
    // The first pass only measures the workspace.
    lowerAll([...plan.forward, ...plan.backward], placement);
    if (workspace.bytes > 0) workspace.place(this.#region.allocate(workspace.bytes));
    const forward = lowerAll(plan.forward, placement);
    const backward = lowerAll(plan.backward, placement);
    this.#train = core.place([...forward, ...backward], this.#region);
    // The forward program is the first part of the same list.
    this.#forward = { address: this.#train.address, count: forward.length };
    this.bytes = this.#region.bytes;
  }

  /** A live view, valid until the plan is disposed. */
  input(tensor: Tensor): Float32Array | Uint32Array {
    const { memory } = this.#core;
    const length = elementCount(tensor.shape);
    const address = this.#address(tensor);
    return tensor.dtype === 'u32' ? memory.words(address, length) : memory.floats(address, length);
  }

  /** A live view of what the last run left; copy what must survive the next one. */
  output(tensor: Tensor): Float32Array {
    if (tensor.dtype !== 'f32') {
      throw new SpikebridgeError('E_PLAN_TENSOR', `${tensor.name} is no f32 tensor of this plan`);
    }
    return this.#core.memory.floats(this.#address(tensor), elementCount(tensor.shape));
  }

  run(mode: 'forward' | 'train', key: { readonly seed: number; readonly step: number }): void {
    this.#alive();
    const { memory } = this.#core;
    memory.setWord(opcodes.UNIFORM_SEED, key.seed);
    memory.setWord(opcodes.UNIFORM_STEP, key.step);
    this.#core.run(mode === 'train' ? this.#train : this.#forward);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#region.release();
  }

  #place(tensor: Tensor, parameters: WasmParameters): void {
    const name = this.#plan.parameterOf.get(tensor.id);
    if (name !== undefined) {
      const role = tensor.role === 'gradient' ? 'gradient' : 'parameter';
      this.#addresses.set(tensor.id, parameters.address(name, role));
      return;
    }
    const length = elementCount(tensor.shape);
    const address = this.#region.allocate(4 * length);
    this.#addresses.set(tensor.id, address);
    const constant = this.#plan.constants.get(tensor.id);
    if (constant instanceof Uint32Array) this.#core.memory.words(address, length).set(constant);
    else if (constant) this.#core.memory.floats(address, length).set(constant);
  }

  #address(tensor: Tensor): number {
    this.#alive();
    const address = this.#addresses.get(tensor.id);
    if (address === undefined) {
      throw new SpikebridgeError('E_PLAN_TENSOR', `${tensor.name} is no tensor of this plan`);
    }
    return address;
  }

  #alive(): void {
    if (this.#disposed) throw new SpikebridgeError('E_PLAN_DISPOSED', 'this plan has been disposed');
  }
}
