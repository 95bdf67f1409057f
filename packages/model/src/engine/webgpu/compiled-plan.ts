// A plan as a program on the device: every tensor placed, every step lowered, both once. Inputs are staged on the host and sent
// before a run; nothing is allocated after compilation.
import {
  combine,
  combineBlocks,
  type Dispatch,
  type PartialSums,
  type Program,
  type Slice,
} from '@spikebridge/kernels-wgsl';
import { SpikebridgeError } from '../../errors.ts';
import type { CompiledPlan, Plan } from '../backend.ts';
import { lifetimesOf, placeLifetimes, tensorBytes } from '../placement.ts';
import { elementCount } from '../plan-builder.ts';
import type { Tensor } from '../ops.ts';
import { answered, guarded } from './errors.ts';
import { fuse, stepOperands, type Step } from './fuse.ts';
import { lower } from './lower.ts';
import type { GpuParameters } from './parameter-set.ts';
import type { GpuPlacement } from './placement.ts';

/** Bindings start at multiples of this. */
const ALIGNMENT = 256;
const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Partial sums are added up when they hold this much, so that one binding holds them whatever the net. */
const PARTIAL_BYTES = 64 * 1024 * 1024;

/** Partial sums that wait for the next combine. */
interface Waiting {
  readonly gradient: Tensor;
  readonly sums: PartialSums;
}

export class GpuPlan implements CompiledPlan {
  readonly bytes: number;
  readonly #parameters: GpuParameters;
  readonly #plan: Plan;
  readonly #software: boolean;
  readonly #slices = new Map<number, Slice>();
  readonly #staged = new Map<number, Float32Array | Uint32Array>();
  /** Inputs side by side, on the host and on the device. */
  readonly #staging: { readonly words: Uint32Array; readonly slice: Slice } | null;
  readonly #owned: Slice[] = [];
  readonly #program: Program;
  /** Dispatches of the forward list; the rest is backward. */
  readonly #forward: number;
  #disposed = false;

  /** @throws SpikebridgeError E_GPU_LIMIT, E_GPU_OP. */
  constructor(plan: Plan, parameters: GpuParameters, software: boolean) {
    this.#plan = plan;
    this.#parameters = parameters;
    this.#software = software;
    const { maxBufferSize } = parameters.runtime.device.limits;
    const { forward, backward } = fuse(plan);
    const steps = [...forward, ...backward];

    // Activations share an arena by lifetime, in as few buffers as the device allows.
    const lifetimes = lifetimesOf(steps.map(stepOperands), plan.outputs);
    const page = Math.floor(maxBufferSize / ALIGNMENT) * ALIGNMENT;
    const arena = guarded(() => placeLifetimes(lifetimes, { alignment: ALIGNMENT, page }));
    const pages = Array.from({ length: Math.ceil(arena.bytes / page) }, (_, i) =>
      this.#allocate(Math.min(page, arena.bytes - i * page), 'activations'),
    );
    for (const { tensor } of lifetimes) {
      const start = arena.offsets.get(tensor.id) ?? 0;
      const { buffer } = pages[Math.floor(start / page)];
      this.#slices.set(tensor.id, { buffer, offset: start % page, size: tensorBytes(tensor) });
    }
    this.#staging = this.#placeInputs();
    for (const tensor of plan.tensors) if (!this.#slices.has(tensor.id)) this.#placeApart(tensor);

    // The first lowering measures scratch and partial sums, the second is for good.
    const measured = this.#lowerAll(steps, forward.length, null);
    const scratch = measured.scratch === 0 ? null : this.#allocate(measured.scratch, 'scratch');
    const parts = measured.parts === 0 ? null : this.#allocate(measured.parts, 'partial sums');
    const { dispatches, forwardCount } = this.#lowerAll(steps, forward.length, { scratch, parts });
    this.#forward = forwardCount;
    this.#program = guarded(() => parameters.runtime.program(dispatches));
    this.bytes = this.#owned.reduce((sum, { size }) => sum + size, this.#program.bytes);
  }

  /** What a run replays, for costs and counts. */
  get dispatches(): readonly Dispatch[] {
    return this.#program.dispatches;
  }

  /** Staged on the host; sent at `run`. */
  input(tensor: Tensor): Float32Array | Uint32Array {
    this.#alive();
    const found = this.#staged.get(tensor.id);
    if (!found) throw new SpikebridgeError('E_PLAN_TENSOR', `${tensor.name} is no input of this plan`);
    return found;
  }

  output(tensor: Tensor): Promise<Float32Array> {
    this.#alive();
    const slice = this.#slices.get(tensor.id);
    if (slice === undefined || tensor.dtype !== 'f32')
      throw new SpikebridgeError('E_PLAN_TENSOR', `${tensor.name} is no f32 tensor of this plan`);
    return answered(this.#parameters.runtime.floats(slice));
  }

  run(mode: 'forward' | 'train', key: { readonly seed: number; readonly step: number }): void {
    this.#alive();
    const { runtime } = this.#parameters;
    runtime.key(key);
    if (this.#staging !== null) runtime.write(this.#staging.slice, this.#staging.words);
    runtime.encode(this.#program, 0, mode === 'train' ? this.#program.dispatches.length : this.#forward);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const { runtime } = this.#parameters;
    runtime.release(this.#program);
    for (const slice of this.#owned) runtime.free(slice);
  }

  #allocate(bytes: number, label: string): Slice {
    const slice = guarded(() => this.#parameters.runtime.allocate(bytes, label));
    this.#owned.push(slice);
    return slice;
  }

  /** One buffer for all inputs, so that a run sends them at once. */
  #placeInputs(): { readonly words: Uint32Array; readonly slice: Slice } | null {
    const inputs = this.#plan.tensors.filter(({ role }) => role === 'input');
    if (inputs.length === 0) return null;
    let bytes = 0;
    const offsets = inputs.map((tensor) => {
      const offset = bytes;
      bytes += aligned(tensorBytes(tensor));
      return offset;
    });
    const slice = this.#allocate(bytes, 'inputs');
    const words = new Uint32Array(bytes / 4);
    inputs.forEach((tensor, i) => {
      const length = elementCount(tensor.shape);
      const view = tensor.dtype === 'u32' ? Uint32Array : Float32Array;
      this.#staged.set(tensor.id, new view(words.buffer, offsets[i], length));
      this.#slices.set(tensor.id, { buffer: slice.buffer, offset: offsets[i], size: 4 * length });
    });
    return { words, slice };
  }

  /** Parameters, gradients, constants, and outputs that no call touches. */
  #placeApart(tensor: Tensor): void {
    const name = this.#plan.parameterOf.get(tensor.id);
    if (name !== undefined) {
      const role = tensor.role === 'gradient' ? 'gradient' : 'parameter';
      this.#slices.set(tensor.id, this.#parameters.slice(name, role));
      return;
    }
    const constant = this.#plan.constants.get(tensor.id);
    // What only passes inside a fused step has no place at all.
    if (constant === undefined && !this.#plan.outputs.includes(tensor)) return;
    const bytes = tensorBytes(tensor);
    const slice = { ...this.#allocate(bytes, tensor.name), size: bytes };
    this.#slices.set(tensor.id, slice);
    if (constant !== undefined) this.#parameters.runtime.write(slice, constant);
  }

  #lowerAll(
    steps: readonly Step[],
    forwardSteps: number,
    memory: { readonly scratch: Slice | null; readonly parts: Slice | null } | null,
  ): { dispatches: Dispatch[]; forwardCount: number; scratch: number; parts: number } {
    const dispatches: Dispatch[] = [];
    const tables = new Map<string, Slice>();
    const { runtime } = this.#parameters;
    // While only measuring, everything lies at the start of some buffer that is never run on.
    const nowhere = this.#parameters.buffers.weights;
    let scratch = 0;
    let used = 0;
    let parts = 0;
    let mostParts = 0;
    let waiting: Waiting[] = [];
    const take = (block: Slice | null | undefined, offset: number, size: number): Slice => ({
      buffer: (block ?? nowhere).buffer,
      offset,
      size,
    });
    const settle = (): void => {
      if (memory !== null) dispatches.push(...this.#combines(waiting, memory.parts));
      waiting = [];
      mostParts = Math.max(mostParts, parts);
      parts = 0;
    };
    const place: GpuPlacement = {
      software: this.#software,
      at: (tensor) => this.#slice(tensor),
      table: (values) => {
        const key = `${values.constructor.name} ${values.join()}`;
        const known = tables.get(key);
        if (known !== undefined) return known;
        const size = 4 * values.length;
        const slice = memory === null ? take(null, 0, size) : { ...this.#allocate(size, 'table'), size };
        if (memory !== null) runtime.write(slice, values);
        tables.set(key, slice);
        return slice;
      },
      scratch: (floats) => {
        const slice = take(memory?.scratch, used, 4 * floats);
        used += aligned(4 * floats);
        scratch = Math.max(scratch, used);
        return slice;
      },
      partials: (gradient, chunks) => {
        const length = elementCount(gradient.shape);
        const slice = take(memory?.parts, parts, 4 * length * chunks);
        const to = this.#slice(gradient).offset / 4;
        waiting.push({ gradient, sums: { to, from: parts / 4, length, chunks } });
        parts += aligned(4 * length * chunks);
        return slice;
      },
    };
    let forwardCount = 0;
    steps.forEach((step, i) => {
      used = 0;
      const { reads, writes } = stepOperands(step);
      if (waiting.some(({ gradient }) => reads.includes(gradient) || writes.includes(gradient))) settle();
      dispatches.push(...lower(step, place));
      if (i === forwardSteps - 1 || parts >= PARTIAL_BYTES) settle();
      if (i === forwardSteps - 1) forwardCount = dispatches.length;
    });
    settle();
    return { dispatches, forwardCount, scratch, parts: mostParts };
  }

  /** One combine for each buffer that partial sums go to. */
  #combines(waiting: readonly Waiting[], parts: Slice | null): Dispatch[] {
    if (parts === null) return [];
    const buffers = new Set(waiting.map(({ gradient }) => this.#slice(gradient).buffer));
    return [...buffers].map((buffer) => {
      const sums = waiting
        .filter(({ gradient }) => this.#slice(gradient).buffer === buffer)
        .map((one) => one.sums);
      const table = combineBlocks(sums);
      const blocks = this.#allocate(4 * table.length, 'blocks of partial sums');
      this.#parameters.runtime.write(blocks, table);
      return combine({ out: { buffer, offset: 0, size: buffer.size }, parts, blocks, sums });
    });
  }

  #slice(tensor: Tensor): Slice {
    const found = this.#slices.get(tensor.id);
    if (found === undefined)
      throw new SpikebridgeError('E_PLAN_TENSOR', `${tensor.name} is no tensor of this plan`);
    return found;
  }

  #alive(): void {
    if (this.#disposed) throw new SpikebridgeError('E_PLAN_DISPOSED', 'this plan has been disposed');
  }
}
