// The smallest whole use of a GPU: buffers, a kernel, a dispatch, a read back, exact results. It fails where a host or its
// driver does, before any kernel of ours is blamed.
import type { Context, Row, Suite } from './rows.ts';

const WORKGROUP = 64;

export const VECTOR_ADD = /* wgsl */ `
// out[i] = a[i] + b[i] for i < count; the last workgroup stops at the end.
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> count: u32;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < count) {
    out[id.x] = a[id.x] + b[id.x];
  }
}
`;

/** Around the workgroup's size, and beyond 65,535 invocations. */
const SIZES = [1, 63, 64, 65, 70_000];

/** What the output holds before, and behind its end afterwards. */
const UNTOUCHED = -1;

export const vectorAdd: Suite = {
  name: 'vector add',
  async *rows({ device }: Context) {
    const pipeline = await device.createComputePipelineAsync({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code: VECTOR_ADD }), entryPoint: 'main' },
    });
    for (const size of SIZES) yield await addVectors(device, pipeline, size);
  },
};

async function addVectors(device: GPUDevice, pipeline: GPUComputePipeline, size: number): Promise<Row> {
  // Halves and integers below 2^24 add up without rounding: the tolerance is 0.
  const a = Float32Array.from({ length: size }, (_, i) => i / 2);
  const b = Float32Array.from({ length: size }, (_, i) => 3 * (size - i));
  const whole = Math.ceil(size / WORKGROUP) * WORKGROUP + WORKGROUP;
  const buffers: GPUBuffer[] = [];
  const buffer = (data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>, usage: number): GPUBuffer => {
    const made = device.createBuffer({ size: data.byteLength, usage: usage | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(made, 0, data);
    buffers.push(made);
    return made;
  };
  const inputs = [a, b].map((values) => buffer(values, GPUBufferUsage.STORAGE));
  const output = buffer(
    new Float32Array(whole).fill(UNTOUCHED),
    GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
  );
  const count = buffer(Uint32Array.of(size), GPUBufferUsage.UNIFORM);
  const landing = device.createBuffer({
    size: whole * 4,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  buffers.push(landing);

  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [...inputs, output, count].map((bound, binding) => ({
    binding,
    resource: { buffer: bound },
  }));
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(Math.ceil(size / WORKGROUP));
  pass.end();
  encoder.copyBufferToBuffer(output, 0, landing, 0, whole * 4);
  device.queue.submit([encoder.finish()]);
  await landing.mapAsync(GPUMapMode.READ);
  const got = new Float32Array(landing.getMappedRange()).slice();
  for (const one of buffers) one.destroy();

  const wanted = (i: number) => (i < size ? a[i] + b[i] : UNTOUCHED);
  return { suite: 'vector add', name: `size ${size}`, tolerance: 0, ...compare(got, wanted) };
}

function compare(got: Float32Array, wanted: (i: number) => number): Pick<Row, 'pass' | 'worst' | 'message'> {
  let worst = 0;
  let message = '';
  got.forEach((value, i) => {
    const off = Number.isNaN(value) ? Infinity : Math.abs(value - wanted(i));
    if (off <= worst) return;
    worst = off;
    message = `[${i}] is ${value}, should be ${wanted(i)}`;
  });
  return { pass: worst === 0, worst, message };
}
