// The reference backend: float64, one plain function an op, no placement, no speed. It is the oracle that gradients and
// every other backend are held against; read the files beside it as the definition of the model.
import { SpikebridgeError } from '../../errors.ts';
import type { Backend, CompiledPlan, Moments, ParameterSet, ParameterSpec, Plan } from '../backend.ts';
import type { OptimiserStep, Tensor } from '../ops.ts';
import { elementCount } from '../plan-builder.ts';
import { keptMean, RunningMean } from '../running-mean.ts';
import type { Optimised } from './adamw.ts';
import { adamw } from './adamw.ts';
import { runReference } from './kernels.ts';
import type { Memory, RunKey } from './memory.ts';

/** Parameters in float64. `values` and `gradient` are live views: a gradient proof moves weights by less than f32 resolves. */
export class ReferenceParameters implements ParameterSet {
  readonly specs: readonly ParameterSpec[];
  private readonly held: ReadonlyMap<string, Optimised>;
  private kept: RunningMean | null = null;

  constructor(specs: readonly ParameterSpec[]) {
    this.specs = specs;
    this.held = new Map(
      specs.map((spec) => {
        const fresh = (): Float64Array => new Float64Array(elementCount(spec.shape));
        const { decay, learningRateScale } = spec;
        return [
          spec.name,
          { weight: fresh(), gradient: fresh(), m: fresh(), v: fresh(), decay, learningRateScale },
        ];
      }),
    );
  }

  private find(name: string): Optimised {
    const found = this.held.get(name);
    if (!found) throw new SpikebridgeError('E_PLAN_PARAMETER', `no parameter is called ${name}`);
    return found;
  }

  values(name: string): Float64Array {
    return this.find(name).weight;
  }

  gradient(name: string): Float64Array {
    return this.find(name).gradient;
  }

  moments(name: string): { readonly m: Float64Array; readonly v: Float64Array } {
    return this.find(name);
  }

  read(name: string): Float32Array {
    return Float32Array.from(this.find(name).weight);
  }

  readGradient(name: string): Float32Array {
    return Float32Array.from(this.find(name).gradient);
  }

  write(name: string, values: Float32Array): void {
    const { weight } = this.find(name);
    if (values.length !== weight.length) {
      throw new SpikebridgeError(
        'E_PARAMETER_SIZE',
        `parameter ${name} holds ${weight.length} values, ${values.length} were given`,
      );
    }
    weight.set(values);
  }

  readMoments(name: string): Moments {
    const { m, v } = this.find(name);
    return { m: Float32Array.from(m), v: Float32Array.from(v) };
  }

  writeMoments(name: string, m: Float32Array, v: Float32Array): void {
    const held = this.find(name);
    held.m.set(m);
    held.v.set(v);
  }

  zeroGradients(): void {
    for (const { gradient } of this.held.values()) gradient.fill(0);
  }

  optimiserStep(settings: OptimiserStep): number {
    const norm = adamw([...this.held.values()], settings);
    this.kept?.update(settings.meanDecay ?? 0);
    return norm;
  }

  keepMean(): void {
    this.kept = new RunningMean([...this.held.keys()], (name) => this.values(name));
  }

  /** The mean itself. */
  mean(name: string): Float64Array {
    return Float64Array.from(keptMean(this.kept).values(name));
  }

  readMean(name: string): Float32Array {
    return keptMean(this.kept).values(name).slice();
  }

  writeMean(name: string, values: Float32Array): void {
    keptMean(this.kept).values(name).set(values);
  }

  swapMean(): void {
    keptMean(this.kept).swap();
  }

  dispose(): void {
    // Nothing outside the garbage collector's reach.
  }
}

/** A plan over float64 memory. `float64(tensor)` reads any tensor in full precision after a run. */
export class ReferencePlan implements CompiledPlan, Memory {
  readonly bytes: number;
  private readonly plan: Plan;
  private readonly floats = new Map<number, Float64Array>();
  private readonly integers = new Map<number, Uint32Array>();
  /** Float inputs as the caller sees them; widened to float64 at the start of a run. */
  private readonly staged = new Map<number, Float32Array>();

  constructor(plan: Plan, parameters: ReferenceParameters) {
    this.plan = plan;
    let bytes = 0;
    for (const tensor of plan.tensors) {
      const count = elementCount(tensor.shape);
      const name = plan.parameterOf.get(tensor.id);
      if (tensor.dtype === 'u32') {
        this.integers.set(tensor.id, new Uint32Array(count));
        bytes += 4 * count;
      } else if (name === undefined) {
        this.floats.set(tensor.id, new Float64Array(count));
        bytes += 8 * count;
        if (tensor.role === 'input') this.staged.set(tensor.id, new Float32Array(count));
      } else {
        const live = tensor.role === 'gradient' ? parameters.gradient(name) : parameters.values(name);
        this.floats.set(tensor.id, live);
      }
      const constant = plan.constants.get(tensor.id);
      if (constant) (tensor.dtype === 'u32' ? this.words(tensor) : this.values(tensor)).set(constant);
    }
    this.bytes = bytes;
  }

  values(tensor: Tensor): Float64Array {
    const found = this.floats.get(tensor.id);
    if (!found) throw new SpikebridgeError('E_PLAN_TENSOR', `${tensor.name} is no f32 tensor of this plan`);
    return found;
  }

  words(tensor: Tensor): Uint32Array {
    const found = this.integers.get(tensor.id);
    if (!found) throw new SpikebridgeError('E_PLAN_TENSOR', `${tensor.name} is no u32 tensor of this plan`);
    return found;
  }

  input(tensor: Tensor): Float32Array | Uint32Array {
    const found = this.staged.get(tensor.id) ?? this.integers.get(tensor.id);
    if (!found) throw new SpikebridgeError('E_PLAN_TENSOR', `${tensor.name} is no input of this plan`);
    return found;
  }

  output(tensor: Tensor): Float32Array {
    return Float32Array.from(this.values(tensor));
  }

  run(mode: 'forward' | 'train', key: RunKey): void {
    for (const [id, values] of this.staged) this.floats.get(id)?.set(values);
    for (const call of this.plan.forward) runReference(call, this, key);
    if (mode === 'train') for (const call of this.plan.backward) runReference(call, this, key);
  }

  dispose(): void {
    this.floats.clear();
    this.integers.clear();
    this.staged.clear();
  }
}

/** The oracle as a Backend like any other. */
export class ReferenceBackend implements Backend {
  readonly name = 'reference';
  readonly description = 'reference: float64, one thread, slow and plain';

  parameters(specs: readonly ParameterSpec[]): ReferenceParameters {
    return new ReferenceParameters(specs);
  }

  /** @throws SpikebridgeError when `parameters` came from another backend. */
  compile(plan: Plan, parameters: ParameterSet): ReferencePlan {
    if (!(parameters instanceof ReferenceParameters)) {
      throw new SpikebridgeError(
        'E_BACKEND_MIX',
        'the reference backend compiles plans over its own parameters only',
      );
    }
    return new ReferencePlan(plan, parameters);
  }

  dispose(): void {
    // Nothing outside the garbage collector's reach.
  }
}
