// Weights, gradients, AdamW moments and the running mean as one buffer each, every tensor at a multiple of 256 bytes so that it
// can be bound by itself; the optimiser runs over all of them in two dispatches.
import type { GpuRuntime, Slice } from '@spikebridge/kernels-wgsl';
import { SpikebridgeError } from '../../errors.ts';
import type { Moments, ParameterSet, ParameterSpec } from '../backend.ts';
import type { OptimiserStep } from '../ops.ts';
import { elementCount } from '../plan-builder.ts';
import { answered, guarded } from './errors.ts';
import { GpuOptimiser } from './optimiser.ts';
import type { ParameterBuffers, PlacedParameter } from './parameter-buffers.ts';

/** Elements that tensors are padded to: 256 bytes. */
const ALIGNMENT = 64;

export class GpuParameters implements ParameterSet {
  readonly specs: readonly ParameterSpec[];
  readonly runtime: GpuRuntime;
  readonly buffers: ParameterBuffers;
  readonly #placed = new Map<string, PlacedParameter>();
  readonly #elements: number;
  #mean: Slice | null = null;
  #spare: Slice | null = null;
  #optimiser: GpuOptimiser | null = null;

  constructor(runtime: GpuRuntime, specs: readonly ParameterSpec[]) {
    this.runtime = runtime;
    this.specs = specs;
    let offset = 0;
    for (const spec of specs) {
      const length = elementCount(spec.shape);
      this.#placed.set(spec.name, { spec, offset, length });
      offset += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    }
    this.#elements = Math.max(ALIGNMENT, offset);
    this.buffers = {
      weights: this.#buffer('weights'),
      gradients: this.#buffer('gradients'),
      m: this.#buffer('first moments'),
      v: this.#buffer('second moments'),
    };
  }

  /** Where a parameter or its gradient lies, for plans. */
  slice(name: string, role: 'parameter' | 'gradient'): Slice {
    return this.#slice(role === 'gradient' ? this.buffers.gradients : this.buffers.weights, name);
  }

  read(name: string): Promise<Float32Array> {
    return this.#read(this.buffers.weights, name);
  }

  readGradient(name: string): Promise<Float32Array> {
    return this.#read(this.buffers.gradients, name);
  }

  write(name: string, values: Float32Array): void {
    this.#write(this.buffers.weights, name, values);
  }

  async readMoments(name: string): Promise<Moments> {
    const [m, v] = await Promise.all([this.#read(this.buffers.m, name), this.#read(this.buffers.v, name)]);
    return { m, v };
  }

  writeMoments(name: string, m: Float32Array, v: Float32Array): void {
    this.#write(this.buffers.m, name, m);
    this.#write(this.buffers.v, name, v);
  }

  keepMean(): void {
    if (this.#mean === null) {
      this.#mean = this.#buffer('mean of the weights');
      this.#spare = this.#buffer('spare weights');
      this.#optimiser?.dispose();
      this.#optimiser = null;
    }
    this.runtime.copy(this.buffers.weights, this.#mean);
  }

  readMean(name: string): Promise<Float32Array> {
    return this.#read(this.#kept(), name);
  }

  writeMean(name: string, values: Float32Array): void {
    this.#write(this.#kept(), name, values);
  }

  /** Through a third buffer: plans are bound to the weights' own. */
  swapMean(): void {
    const mean = this.#kept();
    const spare = this.#spare ?? mean;
    this.runtime.copy(this.buffers.weights, spare);
    this.runtime.copy(mean, this.buffers.weights);
    this.runtime.copy(spare, mean);
  }

  zeroGradients(): void {
    this.runtime.clear(this.buffers.gradients);
  }

  optimiserStep(settings: OptimiserStep): Promise<number> {
    this.#optimiser ??= new GpuOptimiser(this.runtime, [...this.#placed.values()], {
      ...this.buffers,
      mean: this.#mean,
    });
    return answered(this.#optimiser.step(settings));
  }

  dispose(): void {
    this.#optimiser?.dispose();
    const { weights, gradients, m, v } = this.buffers;
    for (const slice of [weights, gradients, m, v, this.#mean, this.#spare])
      if (slice !== null) this.runtime.free(slice);
  }

  #buffer(label: string): Slice {
    return guarded(() => this.runtime.allocate(4 * this.#elements, label));
  }

  #kept(): Slice {
    if (this.#mean === null)
      throw new SpikebridgeError('E_PLAN_PARAMETER', 'no mean of the weights is kept', {
        fix: 'call keepMean first',
      });
    return this.#mean;
  }

  #find(name: string): PlacedParameter {
    const found = this.#placed.get(name);
    if (!found) throw new SpikebridgeError('E_PLAN_PARAMETER', `no parameter is called ${name}`);
    return found;
  }

  #slice({ buffer }: Slice, name: string): Slice {
    const { offset, length } = this.#find(name);
    return { buffer, offset: 4 * offset, size: 4 * length };
  }

  #read(block: Slice, name: string): Promise<Float32Array> {
    return answered(this.runtime.floats(this.#slice(block, name)));
  }

  #write(block: Slice, name: string, values: Float32Array): void {
    const { length } = this.#find(name);
    if (values.length !== length)
      throw new SpikebridgeError(
        'E_PARAMETER_SIZE',
        `parameter ${name} holds ${length} values, ${values.length} were given`,
      );
    this.runtime.write(this.#slice(block, name), values);
  }
}
