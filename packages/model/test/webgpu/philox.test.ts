// Plan: shared/philox.wgsl draws the words of engine/random.ts, bit for bit, under several keys: at small indices, around 2^32,
// where the high word of the index begins to count, and far past it; and `index_of` carries a * b + c past 32 bits.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dispatchOf, GpuRuntime, type Kernel } from '@spikebridge/kernels-wgsl';
import { CounterRandom } from '../../src/engine/random.ts';
import { dawnDevice } from './dawn.ts';

const PHILOX = readFileSync(new URL('../../../kernels-wgsl/src/shared/philox.wgsl', import.meta.url), 'utf8');

/** One draw an invocation: indices (draws, 3) as a, b, c; the index drawn is a * b + c. */
const DRAW = {
  name: 'draw',
  source: () => `
struct Call { stream: u32 }
struct Run { seed: u32, step: u32 }
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@group(0) @binding(2) var<storage, read_write> indices: array<u32>;
@group(0) @binding(3) var<uniform> run: Run;
${PHILOX}
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) id: vec3<u32>) {
  let at = id.x * 3u;
  let index = index_of(indices[at], indices[at + 1u], indices[at + 2u]);
  words[id.x] = philox_word(call.stream, run.seed, run.step, index.x, index.y);
}`,
  storage: ['words', 'indices'],
  uniforms: { stream: 'u32' },
  run: true,
} as const satisfies Kernel;

describe('philox.wgsl', () => {
  let device: GPUDevice;
  let runtime: GpuRuntime;
  beforeAll(async () => {
    device = await dawnDevice();
    runtime = new GpuRuntime(device);
  });
  afterAll(() => {
    runtime.dispose();
    device.destroy();
  });

  it.each([
    { seed: 0, step: 0, stream: 0 },
    { seed: 12345, step: 7, stream: 3 },
    { seed: 0xffffffff, step: 0xfffffffe, stream: 0x80000001 },
  ])('draws what the host draws, seed $seed, step $step, stream $stream', async ({ seed, step, stream }) => {
    const products = [
      ...[0, 1, 2, 3, 4, 5, 63, 64, 1023].map((c) => [0, 0, c]),
      // a * b stays below 2^32 and the sum does or does not
      ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((c) => [65_535, 65_537, c]),
      ...[0xfffffffe, 0xffffffff].map((c) => [1, 1, c]),
      // attention of 16 sequences, 16 heads and 15,625 bins: the last row, first and last key
      ...[0, 1, 2, 15_624].map((c) => [256 * 15_625 - 1, 15_625, c]),
      [0x10000, 0x10000, 0],
      [0x123457, 0x00fedcb1, 0xfedcba98],
      [0x7fffff, 0x3fffffff, 0x12345678],
    ];
    const indices = runtime.allocate(12 * products.length, 'indices');
    const words = runtime.allocate(4 * products.length, 'words');
    runtime.write(indices, Uint32Array.from(products.flat()));
    runtime.key({ seed, step });
    const program = runtime.program([
      dispatchOf(DRAW, {
        flags: {},
        storage: { words, indices },
        uniforms: { stream },
        groups: [products.length, 1, 1],
        flops: 0,
        bytes: 0,
      }),
    ]);
    runtime.encode(program);
    const got = new Uint32Array(await runtime.read(words), 0, products.length);
    const random = new CounterRandom(seed, stream);
    const wanted = products.map(([a, b, c]) => random.word(step, a * b + c));
    expect([...got]).toEqual(wanted);
  });
});
