// Builds a plan once: a layer, when called, appends its forward calls and leaves a closure that appends its backward
// calls; `build` runs the closures in reverse. There is no tape at run time, and nothing here touches numbers.
import { SpikebridgeError } from '../errors.ts';
import type { ParameterSpec, Plan } from './backend.ts';
import { operandsOf } from './operands.ts';
import type { DType, OpCall, Role, Tensor } from './ops.ts';

/** Where a gradient goes: `accumulate` says that another consumer of the tensor has already written its share. */
export interface GradientSlot {
  readonly tensor: Tensor;
  readonly accumulate: boolean;
}

/** Number of elements of a shape; the empty shape is a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

export class PlanBuilder {
  /** Whether backward calls are wanted; layers ask before they keep anything for backward only. */
  readonly training: boolean;
  private readonly specs: ReadonlyMap<string, ParameterSpec>;
  private readonly tensors: Tensor[] = [];
  private readonly parameterOf = new Map<number, string>();
  private readonly parameters = new Map<string, Tensor>();
  private readonly parameterGradients = new Map<string, Tensor>();
  private readonly activationGradients = new Map<number, Tensor>();
  private readonly writtenGradients = new Set<number>();
  private readonly withoutGradient = new Set<number>();
  private readonly constants = new Map<number, Float32Array | Uint32Array>();
  private readonly outputs: Tensor[] = [];
  private readonly forward: OpCall[] = [];
  private readonly backward: OpCall[] = [];
  private readonly closures: (() => void)[] = [];
  private calls = this.forward;
  private streams = 0;

  constructor(specs: readonly ParameterSpec[], options: { readonly training: boolean }) {
    this.training = options.training;
    this.specs = new Map(specs.map((spec) => [spec.name, spec]));
  }

  private tensor(name: string, shape: readonly number[], dtype: DType, role: Role): Tensor {
    if (!shape.every((extent) => Number.isInteger(extent) && extent > 0)) {
      throw new SpikebridgeError(
        'E_PLAN_SHAPE',
        `tensor ${name} has shape (${shape.join(', ')}); every extent must be a positive integer`,
      );
    }
    const tensor: Tensor = { id: this.tensors.length, name, shape, dtype, role };
    this.tensors.push(tensor);
    return tensor;
  }

  /** Written by the caller before a run. Takes no gradient. */
  input(name: string, shape: readonly number[], dtype: DType = 'f32'): Tensor {
    const tensor = this.tensor(name, shape, dtype, 'input');
    this.withoutGradient.add(tensor.id);
    return tensor;
  }

  /** Filled once, at compile. Takes no gradient. */
  constant(name: string, shape: readonly number[], values: Float32Array | Uint32Array): Tensor {
    if (values.length !== elementCount(shape)) {
      throw new SpikebridgeError(
        'E_PLAN_SHAPE',
        `constant ${name} holds ${values.length} values for shape (${shape.join(', ')})`,
      );
    }
    const tensor = this.tensor(name, shape, values instanceof Uint32Array ? 'u32' : 'f32', 'constant');
    this.withoutGradient.add(tensor.id);
    this.constants.set(tensor.id, values);
    return tensor;
  }

  activation(name: string, shape: readonly number[]): Tensor {
    return this.tensor(name, shape, 'f32', 'activation');
  }

  /** The parameter of that name, the same tensor at every call. */
  parameter(name: string): Tensor {
    return this.aliased(name, this.parameters, 'parameter');
  }

  /** The gradient of a parameter; backward calls accumulate into it. */
  parameterGradient(name: string): Tensor {
    return this.aliased(name, this.parameterGradients, 'gradient');
  }

  private aliased(name: string, known: Map<string, Tensor>, role: Role): Tensor {
    const existing = known.get(name);
    if (existing) return existing;
    const spec = this.specs.get(name);
    if (!spec) {
      throw new SpikebridgeError(
        'E_PLAN_PARAMETER',
        `no parameter is called ${name}; declared: ${[...this.specs.keys()].join(', ')}`,
      );
    }
    const tensor = this.tensor(role === 'gradient' ? `d ${name}` : name, spec.shape, 'f32', role);
    this.parameterOf.set(tensor.id, name);
    known.set(name, tensor);
    return tensor;
  }

  /** Marks an activation that depends on no parameter, so that nothing is differentiated into it. */
  stopGradient(tensor: Tensor): void {
    this.withoutGradient.add(tensor.id);
  }

  needsGradient(tensor: Tensor): boolean {
    return this.training && !this.withoutGradient.has(tensor.id);
  }

  /** For use in backward closures: where the next share of the gradient of `tensor` goes. */
  gradientSlot(tensor: Tensor): GradientSlot {
    const gradient = this.gradientTensor(tensor);
    const accumulate = this.writtenGradients.has(tensor.id);
    this.writtenGradients.add(tensor.id);
    return { tensor: gradient, accumulate };
  }

  /** For use in backward closures: the complete gradient of an output, written by everything that follows it. */
  gradientOf(tensor: Tensor): Tensor {
    if (!this.writtenGradients.has(tensor.id)) {
      throw new SpikebridgeError(
        'E_PLAN_GRADIENT',
        `nothing that follows ${tensor.name} gives it a gradient`,
      );
    }
    return this.gradientTensor(tensor);
  }

  private gradientTensor(tensor: Tensor): Tensor {
    const existing = this.activationGradients.get(tensor.id);
    if (existing) return existing;
    const gradient = this.activation(`d ${tensor.name}`, tensor.shape);
    this.activationGradients.set(tensor.id, gradient);
    return gradient;
  }

  /**
   * For out = x + ...: the gradient of out IS the first share of the gradient of x, in the same memory. Sound because
   * whatever reads the gradient of `out` is appended before anything that adds to the gradient of `x`.
   */
  shareGradient(x: Tensor, out: Tensor): void {
    if (!this.needsGradient(x)) return;
    if (this.writtenGradients.has(x.id)) {
      const gradient = this.gradientTensor(x);
      this.append({ op: 'add', a: gradient, b: this.gradientOf(out), out: gradient });
      return;
    }
    this.activationGradients.set(x.id, this.gradientOf(out));
    this.writtenGradients.add(x.id);
  }

  /** A random stream of its own for each dropout site, in the order in which the sites are built. */
  nextStream(): number {
    this.streams += 1;
    return this.streams;
  }

  append(call: OpCall): void {
    this.calls.push(call);
  }

  /** Leaves the closure that will append this layer's backward calls. */
  onBackward(closure: () => void): void {
    if (this.training) this.closures.push(closure);
  }

  /** Marks a tensor that the caller reads after a run. */
  output(tensor: Tensor): Tensor {
    this.outputs.push(tensor);
    return tensor;
  }

  /** Runs the closures in reverse and closes the plan. */
  build(): Plan {
    this.calls = this.backward;
    for (const closure of this.closures.reverse()) closure();
    this.closures.length = 0;
    const written = new Set<number>();
    for (const call of [...this.forward, ...this.backward]) {
      const { reads, writes } = operandsOf(call);
      for (const tensor of reads) {
        if (tensor.role === 'activation' && !written.has(tensor.id)) {
          throw new SpikebridgeError(
            'E_PLAN_ORDER',
            `${call.op} reads ${tensor.name} before anything has written it`,
          );
        }
      }
      for (const tensor of writes) written.add(tensor.id);
    }
    return {
      tensors: this.tensors,
      parameterOf: this.parameterOf,
      forward: this.forward,
      backward: this.backward,
      constants: this.constants,
      outputs: this.outputs,
    };
  }
}
