// Weights, gradients and AdamW moments as four contiguous blocks in kernel memory, each tensor padded to 64 bytes with
// zeros that no kernel changes; the optimiser runs over all of them in one program.
import { opcodes } from '@spikebridge/core-wasm';
import type { KernelCore, Program, Region } from '@spikebridge/core-wasm';
import { SpikebridgeError } from '../../errors.ts';
import type { Moments, ParameterSet, ParameterSpec } from '../backend.ts';
import { wholePower } from '../elementary.ts';
import { elementCount } from '../plan-builder.ts';
import type { OptimiserStep } from '../ops.ts';
import { keptMean, RunningMean } from '../running-mean.ts';

/** Elements an optimiser task. */
const CHUNK = 4096;

interface Placed {
  readonly spec: ParameterSpec;
  readonly offset: number;
  readonly length: number;
}

export class WasmParameters implements ParameterSet {
  readonly specs: readonly ParameterSpec[];
  readonly core: KernelCore;
  readonly #placed = new Map<string, Placed>();
  readonly #region: Region;
  readonly #weights: number;
  readonly #gradients: number;
  readonly #m: number;
  readonly #v: number;
  readonly #update: Program;
  readonly #zero: Program;
  #mean: RunningMean | null = null;

  constructor(core: KernelCore, specs: readonly ParameterSpec[]) {
    this.core = core;
    this.specs = specs;
    this.#region = core.region();
    let offset = 0;
    for (const spec of specs) {
      const length = elementCount(spec.shape);
      this.#placed.set(spec.name, { spec, offset, length });
      offset += Math.ceil(length / 16) * 16;
    }
    const block = () => this.#region.allocate(4 * offset);
    this.#weights = block();
    this.#gradients = block();
    this.#m = block();
    this.#v = block();

    const chunks: { start: number; length: number; spec: ParameterSpec }[] = [];
    for (const { spec, offset: first, length } of this.#placed.values()) {
      for (let at = 0; at < length; at += CHUNK) {
        chunks.push({ start: first + at, length: Math.min(CHUNK, length - at), spec });
      }
    }
    const table = this.#region.allocate(16 * chunks.length);
    chunks.forEach(({ start, length, spec }, i) => {
      core.memory.words(table + 16 * i, 2).set([start, length]);
      core.memory.floats(table + 16 * i + 8, 2).set([spec.decay ? 1 : 0, spec.learningRateScale]);
    });
    const parts = this.#region.allocate(8 * chunks.length);
    this.#update = core.place(
      [
        { opcode: opcodes.OP_SQUARE_SUM, ints: [this.#gradients, table, chunks.length, parts] },
        { opcode: opcodes.OP_SQUARE_TOTAL, ints: [parts, chunks.length] },
        {
          opcode: opcodes.OP_ADAMW,
          ints: [this.#weights, this.#gradients, this.#m, this.#v, table, chunks.length],
        },
      ],
      this.#region,
    );
    this.#zero = core.place(
      [{ opcode: opcodes.OP_FILL, ints: [this.#gradients, offset], floats: [0] }],
      this.#region,
    );
  }

  /** Bytes of weights, gradients, moments and tables. */
  get bytes(): number {
    return this.#region.bytes;
  }

  /** Address of a parameter or of its gradient, for plans. */
  address(name: string, role: 'parameter' | 'gradient'): number {
    return (role === 'gradient' ? this.#gradients : this.#weights) + 4 * this.#find(name).offset;
  }

  read(name: string): Float32Array {
    return this.#view(this.#weights, name).slice();
  }

  readGradient(name: string): Float32Array {
    return this.#view(this.#gradients, name).slice();
  }

  write(name: string, values: Float32Array): void {
    this.#fill(this.#weights, name, values);
  }

  readMoments(name: string): Moments {
    return { m: this.#view(this.#m, name).slice(), v: this.#view(this.#v, name).slice() };
  }

  writeMoments(name: string, m: Float32Array, v: Float32Array): void {
    this.#fill(this.#m, name, m);
    this.#fill(this.#v, name, v);
  }

  zeroGradients(): void {
    this.core.run(this.#zero);
  }

  optimiserStep(settings: OptimiserStep): number {
    const { memory } = this.core;
    const { step, beta1, beta2 } = settings;
    memory.setFloat(opcodes.UNIFORM_LEARNING_RATE, settings.learningRate);
    memory.setFloat(opcodes.UNIFORM_CLIP, settings.clip);
    memory.setFloat(opcodes.UNIFORM_BETA1, beta1);
    memory.setFloat(opcodes.UNIFORM_BETA2, beta2);
    memory.setFloat(opcodes.UNIFORM_REST1, 1 - beta1);
    memory.setFloat(opcodes.UNIFORM_REST2, 1 - beta2);
    memory.setFloat(opcodes.UNIFORM_EPSILON, settings.epsilon);
    memory.setFloat(opcodes.UNIFORM_WEIGHT_DECAY, settings.weightDecay);
    memory.setFloat(opcodes.UNIFORM_CORRECTION1, 1 - wholePower(beta1, step));
    memory.setFloat(opcodes.UNIFORM_CORRECTION2, Math.sqrt(1 - wholePower(beta2, step)));
    this.core.run(this.#update);
    const norm = memory.float(opcodes.RESULT_NORM);
    this.#mean?.update(settings.meanDecay ?? 0);
    return norm;
  }

  keepMean(): void {
    this.#mean = new RunningMean([...this.#placed.keys()], (name) => this.#view(this.#weights, name));
  }

  readMean(name: string): Float32Array {
    return keptMean(this.#mean).values(name).slice();
  }

  writeMean(name: string, values: Float32Array): void {
    keptMean(this.#mean).values(name).set(values);
  }

  swapMean(): void {
    keptMean(this.#mean).swap();
  }

  dispose(): void {
    this.#region.release();
  }

  #find(name: string): Placed {
    const found = this.#placed.get(name);
    if (!found) throw new SpikebridgeError('E_PLAN_PARAMETER', `no parameter is called ${name}`);
    return found;
  }

  #view(block: number, name: string): Float32Array {
    const { offset, length } = this.#find(name);
    return this.core.memory.floats(block + 4 * offset, length);
  }

  #fill(block: number, name: string, values: Float32Array): void {
    const view = this.#view(block, name);
    if (values.length !== view.length) {
      throw new SpikebridgeError(
        'E_PARAMETER_SIZE',
        `parameter ${name} holds ${view.length} values, ${values.length} were given`,
      );
    }
    view.set(values);
  }
}
