// A fixed list of dispatches made ready once: pipelines, bind groups, uniforms. Replaying it only encodes.
import type { Dispatch, UniformType } from '../kernel.ts';
import { bindingsOf, runBinding, type Pipelines } from './pipelines.ts';

interface Ready {
  readonly dispatch: Dispatch;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** Uniform blocks start at multiples of this: the largest alignment that a device may ask for. */
const UNIFORM_STRIDE = 256;

/** Fields in order, four bytes each, as WGSL lays scalars out. */
export function uniformBytes(
  fields: Readonly<Record<string, UniformType>>,
  values: Readonly<Record<string, number>>,
  out: DataView,
  offset: number,
): void {
  Object.entries(fields).forEach(([name, type], i) => {
    const at = offset + 4 * i;
    const value = values[name];
    if (type === 'f32') out.setFloat32(at, value, true);
    else if (type === 'i32') out.setInt32(at, value, true);
    else out.setUint32(at, value, true);
  });
}

export class Program {
  readonly dispatches: readonly Dispatch[];
  readonly #ready: readonly Ready[];
  readonly #uniforms: GPUBuffer;
  /** Bytes of the uniform blocks. */
  readonly bytes: number;
  /** Every buffer that a dispatch reads or writes, but for the uniform blocks, which never change. */
  readonly buffers: ReadonlySet<GPUBuffer>;

  /** `run` holds the run uniform (shared/run.wgsl). */
  constructor(device: GPUDevice, pipelines: Pipelines, dispatches: readonly Dispatch[], run: GPUBuffer) {
    this.dispatches = dispatches;
    this.buffers = new Set(
      dispatches.flatMap(({ kernel, storage }) => [
        ...Object.values(storage).map(({ buffer }) => buffer),
        ...(kernel.run ? [run] : []),
      ]),
    );
    this.bytes = UNIFORM_STRIDE * Math.max(1, dispatches.length);
    this.#uniforms = device.createBuffer({
      label: 'uniforms',
      size: this.bytes,
      usage: 64, // UNIFORM
      mappedAtCreation: true,
    });
    const view = new DataView(this.#uniforms.getMappedRange());
    dispatches.forEach(({ kernel, uniforms }, i) => {
      uniformBytes(kernel.uniforms, uniforms, view, UNIFORM_STRIDE * i);
    });
    this.#uniforms.unmap();
    this.#ready = dispatches.map((dispatch, i) => {
      const { kernel, storage } = dispatch;
      const { pipeline, layout } = pipelines.of(dispatch);
      const size = Math.max(16, Math.ceil((4 * Object.keys(kernel.uniforms).length) / 16) * 16);
      const entries: GPUBindGroupEntry[] = [
        { binding: 0, resource: { buffer: this.#uniforms, offset: UNIFORM_STRIDE * i, size } },
        ...bindingsOf(kernel.storage, storage).map((binding) => ({
          binding,
          resource: storage[kernel.storage[binding - 1]],
        })),
        ...(kernel.run ? [{ binding: runBinding(kernel.storage), resource: { buffer: run } }] : []),
      ];
      const bindGroup = device.createBindGroup({ label: dispatch.label, layout, entries });
      return { dispatch, pipeline, bindGroup };
    });
  }

  /** Adds dispatches [start, stop) to a pass. */
  encode(pass: GPUComputePassEncoder, start = 0, stop = this.#ready.length): void {
    for (let i = start; i < stop; i++) {
      const { dispatch, pipeline, bindGroup } = this.#ready[i];
      const [x, y, z] = dispatch.groups;
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(x, y, z);
    }
  }

  dispose(): void {
    this.#uniforms.destroy();
  }
}
