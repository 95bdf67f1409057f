// Pipelines by shader text: each variant is compiled once a device, whatever plans use it.
import type { Dispatch } from '../kernel.ts';

interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #compiled = new Map<string, Compiled>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get count(): number {
    return this.#compiled.size;
  }

  /** The pipeline of a call: the shader's text and which bindings are there decide. */
  of({ kernel, source, storage }: Dispatch): Compiled {
    const bindings = bindingsOf(kernel.storage, storage);
    const key = `${bindings.join()}\n${source}`;
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const entry = (binding: number, type: GPUBufferBindingType): GPUBindGroupLayoutEntry => ({
      binding,
      visibility: 4, // GPUShaderStage.COMPUTE: the constants are no globals in every host
      buffer: { type, hasDynamicOffset: false },
    });
    const layout = this.#device.createBindGroupLayout({
      entries: [
        entry(0, 'uniform'),
        ...bindings.map((binding) => entry(binding, 'storage')),
        ...(kernel.run ? [entry(runBinding(kernel.storage), 'uniform')] : []),
      ],
    });
    const compiled = {
      layout,
      pipeline: this.#device.createComputePipeline({
        label: kernel.name,
        layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: {
          module: this.#device.createShaderModule({ label: kernel.name, code: source }),
          entryPoint: 'main',
        },
      }),
    };
    this.#compiled.set(key, compiled);
    return compiled;
  }
}

/** Numbers of the storage bindings that a call fills. */
export function bindingsOf(names: readonly string[], given: Readonly<Record<string, unknown>>): number[] {
  return names.flatMap((name, i) => (name in given ? [i + 1] : []));
}

/** Number of the run uniform: after the last storage binding. */
export function runBinding(names: readonly string[]): number {
  return names.length + 1;
}
