// A plan as kernel programs: every tensor placed in kernel memory, every call lowered to records, both once. A run writes
// two uniforms and replays; nothing is allocated after compilation.
import { opcodes, programBytes } from '@spikebridge/core-wasm';
import type { KernelCore, Program, Region } from '@spikebridge/core-wasm';
import { SpikebridgeError } from '../../errors.ts';
import type { CompiledPlan, Plan } from '../backend.ts';
import { placeActivations } from '../placement.ts';
import { elementCount } from '../plan-builder.ts';
import type { Tensor } from '../ops.ts';
import { lower } from './lower.ts';
import type { Placement } from './placement.ts';
import type { WasmParameters } from './parameter-set.ts';
import { Workspace } from './workspace.ts';

export class WasmPlan implements CompiledPlan {
  readonly bytes: number;
  readonly #core: KernelCore;
  readonly #region: Region;
  readonly #addresses = new Map<number, number>();
  readonly #plan: Plan;
  readonly #forward: Program;
  readonly #train: Program;
  /** How many records each call became, forward then backward. */
  readonly #recordsOf: readonly number[];
  #disposed = false;

  constructor(plan: Plan, parameters: WasmParameters) {
    const { core } = parameters;
    this.#core = core;
    this.#plan = plan;
    this.#region = core.region();
    // Activations share an arena by lifetime; inputs, constants and outputs that no call touches stay apart.
    const arena = placeActivations(plan);
    const base = arena.bytes > 0 ? this.#region.allocate(arena.bytes) : 0;
    for (const [id, offset] of arena.offsets) this.#addresses.set(id, base + offset);
    for (const tensor of plan.tensors) {
      if (!this.#addresses.has(tensor.id)) this.#place(tensor, parameters);
    }

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
    for (const call of [...plan.forward, ...plan.backward]) lower(call, placement);
    if (workspace.bytes > 0) workspace.place(this.#region.allocate(workspace.bytes));
    const calls = [...plan.forward, ...plan.backward];
    const lowered = calls.map((call) => lower(call, placement));
    this.#recordsOf = lowered.map((records) => records.length);
    this.#train = core.place(lowered.flat(), this.#region);
    // The forward program is the first part of the same list.
    const count = this.#recordsOf.slice(0, plan.forward.length).reduce((sum, n) => sum + n, 0);
    this.#forward = { address: this.#train.address, count };
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

  /** Runs a training step call by call and returns the milliseconds of each op (forward and backward apart by name). */
  profile(key: { readonly seed: number; readonly step: number }): Map<string, number> {
    this.run('forward', key);
    const spent = new Map<string, number>();
    let address = this.#train.address;
    [...this.#plan.forward, ...this.#plan.backward].forEach((call, i) => {
      const count = this.#recordsOf[i];
      const start = performance.now();
      this.#core.run({ address, count });
      const name = call.op === 'matMul' ? `matMul ${call.form}` : call.op;
      spent.set(name, (spent.get(name) ?? 0) + performance.now() - start);
      address += programBytes(count);
    });
    return spent;
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
