// The reference with every answer on a later turn of the event loop, as a device gives them: a read takes what is there when it is
// asked for, and whoever does not wait for it gets nothing.
import type { Backend, CompiledPlan, Moments, ParameterSet, ParameterSpec, Plan } from '../backend.ts';
import type { OptimiserStep } from '../ops.ts';
import { ReferenceBackend } from '../reference/backend.ts';
import type { ReferenceParameters } from '../reference/backend.ts';

function later<T>(value: T): Promise<T> {
  return new Promise((resolve) => setImmediate(resolve, value));
}

class LaterParameters implements ParameterSet {
  readonly specs: readonly ParameterSpec[];
  readonly inner: ReferenceParameters;

  constructor(inner: ReferenceParameters) {
    this.inner = inner;
    this.specs = inner.specs;
  }

  read = (name: string): Promise<Float32Array> => later(this.inner.read(name));
  readGradient = (name: string): Promise<Float32Array> => later(this.inner.readGradient(name));
  readMoments = (name: string): Promise<Moments> => later(this.inner.readMoments(name));
  readMean = (name: string): Promise<Float32Array> => later(this.inner.readMean(name));
  optimiserStep = (settings: OptimiserStep): Promise<number> => later(this.inner.optimiserStep(settings));
  write = (name: string, values: Float32Array): void => this.inner.write(name, values);
  writeMoments = (name: string, m: Float32Array, v: Float32Array): void =>
    this.inner.writeMoments(name, m, v);
  writeMean = (name: string, values: Float32Array): void => this.inner.writeMean(name, values);
  keepMean = (): void => this.inner.keepMean();
  swapMean = (): void => this.inner.swapMean();
  zeroGradients = (): void => this.inner.zeroGradients();
  dispose = (): void => this.inner.dispose();
}

export class LaterBackend implements Backend {
  readonly name = 'reference';
  readonly description = 'reference that answers later';
  /** Outputs asked for so far, over all plans. */
  reads = 0;
  private readonly inner = new ReferenceBackend();

  parameters(specs: readonly ParameterSpec[]): LaterParameters {
    return new LaterParameters(this.inner.parameters(specs));
  }

  compile(plan: Plan, parameters: ParameterSet): CompiledPlan {
    if (!(parameters instanceof LaterParameters)) throw new TypeError('parameters of another backend');
    const compiled = this.inner.compile(plan, parameters.inner);
    return {
      bytes: compiled.bytes,
      input: (tensor) => compiled.input(tensor),
      run: (mode, key) => compiled.run(mode, key),
      dispose: () => compiled.dispose(),
      output: (tensor) => {
        this.reads++;
        return later(compiled.output(tensor));
      },
    };
  }

  dispose(): void {
    this.inner.dispose();
  }
}
