// Plan: every kernel's loads and stores, counted one by one in an instrumented build at shapes of the presets (128 units, width
// 128, 2 % spikes), are at most 1.5 times the bytes that its dispatch says must move, and not fewer than nearly all of them (a count
// that is lost, or a claim too high, would show as that). Unless a kernel has tiles or passes, what it claims is held against the
// engine's own account of the call, each operand once, and the 1.5 hold with the combination of its partial sums added; products are
// held besides against an ideal tiling with 16 KiB of workgroup memory (tile-model.ts), and losses against their operands, all
// dispatches of the call together. A kernel joins by a row of CASES; attention, which chooses its tiles by sizes that no test can run,
// has a file of its own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  adamw,
  ADAMW_WORKSPACE_BYTES,
  adamwBlocks,
  adamwSettings,
  dispatchOf,
  type Kernel,
} from '@spikebridge/kernels-wgsl';
import { problemOf } from '../../src/engine/conformance/problems.ts';
import type { MatMulCase, PlanCase } from '../../src/engine/conformance/types.ts';
import { callCost } from '../../src/engine/costs.ts';
import { CounterRandom } from '../../src/engine/random.ts';
import { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { COUNTING_LIMITS, countTraffic } from './count-traffic.ts';
import { dawnDevice } from './dawn.ts';
import { HISTORY_FEATURES } from './history-features.ts';
import { productModel } from './tile-model.ts';

const MOST = 1.5;
const FIRING = 0.02;

/** The control: reads x twice where once would do, and one component of a vector. */
const WASTEFUL = {
  name: 'wasteful',
  source: () => `
struct Call { length: u32 }
alias Four = vec4<f32>;
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read_write> x: array<Four>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < call.length) {
    out[id.x] = dot(x[id.x], x[id.x]);
    out[id.x] += x[id.x].y;
  }
}`,
  storage: ['out', 'x'],
  uniforms: { length: 'u32' },
  run: false,
} as const satisfies Kernel;

interface TileModel {
  /** Labels of the dispatches whose bytes are added up. */
  readonly labels: readonly string[];
  readonly bytes: number;
}

interface TrafficCase {
  readonly one: PlanCase;
  /** Its bytes are those of a tile model, or of several passes: more than each operand once. */
  readonly tiled?: true;
  /** What an ideal tiling would move. None in the geometry for software adapters, which has no workgroup memory. */
  readonly model?: readonly TileModel[];
  /**
   * All dispatches together are held against the operands of the call, each once, and these bytes of them that no algorithm can
   * help to read again.
   */
  readonly bytesAgain?: number;
  /** Bytes that every spike has it read besides. */
  readonly bytesPerSpike?: number;
  /** In the geometry for software adapters. */
  readonly software?: true;
}

const drawn = { terms: 1, seed: 1 } as const;
const matrix = { rows: 2048, width: 128, ...drawn } as const;
const spikes = { ...matrix, units: 128, spikes: 'silent' } as const; // drawn below

const losses = {
  ...spikes,
  op: 'loss',
  masks: 'none',
  spread: 2,
  gamma: 2,
  smooth: 1,
  bceShare: 0.1,
  doubleSigmoid: false,
  densityPenalty: false,
  gradient: true,
} as const;
const history = { batch: 2, bins: 600, units: 128, spikes: 'silent', ...HISTORY_FEATURES, ...drawn } as const;
const lstms = { batch: 64, steps: 3, width: 128, reverse: false, beside: 0, holes: false } as const;
const pools = { batch: 64, steps: 12, width: 256, keyWidth: 128, holes: true } as const;
const classes = {
  ...({ rows: 256, classes: 5, spread: 1, labels: 'all', gradient: true } as const),
  ...{ gamma: 2, scale: 1, margin: 0, share: 1 },
} as const;
/** A product with the bytes of an ideal tiling; `besides` are floats of what is fused to it. */
function product(
  form: 'nn' | 'nt' | 'tn',
  [m, n, k]: readonly [number, number, number],
  { software, besides = 0, ...fused }: Partial<MatMulCase> & { software?: true; besides?: number } = {},
): TrafficCase {
  const plain = { bias: false, residual: 'none', activation: 'none', accumulate: false } as const;
  const one = { op: 'matMul', form, m, n, k, ...drawn, ...plain, ...fused } as const;
  if (software) return { one, tiled: true, software };
  const labels = [`matMul ${form}`, 'combine'];
  return { one, tiled: true, model: [{ labels, bytes: productModel(m, n, k) + 4 * besides }] };
}

const CASES: readonly TrafficCase[] = [
  { one: { op: 'add', ...matrix } },
  { one: { op: 'add', ...matrix, seed: 2 } }, // in place
  { one: { op: 'fill', ...matrix } },
  { one: { op: 'sigmoid', ...matrix, spread: 1, doubleSigmoid: true, inPlace: false } },
  { one: { op: 'sigmoid', ...matrix, spread: 1, doubleSigmoid: false, inPlace: true } },
  { one: { op: 'activationBackward', ...matrix, activation: 'gelu', inPlace: false } },
  { one: { op: 'activationBackward', ...matrix, activation: 'relu', inPlace: true } },
  { one: { op: 'addPositions', ...drawn, batch: 8, bins: 256, width: 128 } },
  { one: { op: 'addPositionsBackward', ...drawn, batch: 8, bins: 256, width: 128 } },
  { one: { op: 'layerNorm', ...matrix, flat: false, accumulate: false } },
  { one: { op: 'layerNorm', ...matrix, rows: 512, width: 1024, flat: false, accumulate: false } },
  { one: { op: 'layerNormBackward', ...matrix, flat: false, accumulate: false } },
  { one: { op: 'layerNormBackward', ...matrix, flat: false, accumulate: true } },
  { one: { op: 'layerNormBackward', ...matrix, rows: 512, width: 1024, flat: false, accumulate: false } },
  { one: { op: 'unpackBits', ...spikes } },
  // A row of the weight is gathered for every spike.
  { one: { op: 'bitEmbed', ...spikes, bias: true }, bytesPerSpike: 4 * 128 },
  { one: { op: 'bitEmbedBackward', ...spikes, bias: true } },
  // Three dispatches. The slopes of bce and focal rest on the number of counted entries, which the masks tell: one pass. Those of
  // Dice rest on sums over every entry, so that no slope can be written before the last logit is read: logits are read again.
  ...(['bce', 'focal', 'dice', 'dice-per-unit'] as const).map((kind) => ({
    one: { ...losses, kind },
    tiled: true as const,
    bytesAgain: kind === 'bce' || kind === 'focal' ? 0 : 4 * 2048 * 128,
  })),
  // Every chunk reads weights, state and constants; in two dispatches.
  { one: { op: 'ownHistory', ...history }, tiled: true },
  { one: { op: 'ownHistoryBackward', ...history }, tiled: true },
  { one: { op: 'columnSum', ...matrix }, tiled: true }, // a sum a part of the rows
  ...(['nn', 'nt', 'tn'] as const).flatMap((form) => [
    product(form, [256, 128, 128]),
    product(form, [256, 128, 128], { software: true }),
  ]),
  // The bias read, and the value before the activation kept.
  product('nn', [192, 256, 64], { activation: 'gelu', bias: true, besides: 192 * 256 + 256 }),
  product('tn', [128, 128, 2048], { accumulate: true }),
  { one: { op: 'rotary', ...drawn, batch: 4, bins: 512, heads: 4, headWidth: 32, inverse: false } },
  { one: { op: 'dropout', ...matrix, probability: 0.1, onto: false, inPlace: true } },
  { one: { op: 'dropout', ...matrix, probability: 0.1, onto: true, inPlace: false } },
  { one: { op: 'dropoutBackward', ...matrix, probability: 0.1, onto: true, inPlace: false } },
  // Every step reads the recurrent weight for four sequences, and what is next to it for 64 units.
  { one: { op: 'lstm', ...drawn, ...lstms }, tiled: true },
  { one: { op: 'lstmBackward', ...drawn, ...lstms }, tiled: true },
  { one: { op: 'attentionPool', ...drawn, ...pools }, tiled: true },
  { one: { op: 'attentionPoolBackward', ...drawn, ...pools }, tiled: true },
  { one: { op: 'unitRows', ...matrix, accumulate: false }, tiled: true }, // its rows twice
  { one: { op: 'unitRowsBackward', ...matrix, accumulate: true }, tiled: true },
  { one: { op: 'copyRows', ...matrix, xStride: 1, outStride: 3 } },
  { one: { op: 'classLoss', ...drawn, ...classes }, tiled: true },
];

/** Fills the rasters among a problem's inputs; spikes that it drew. */
function drawSpikes(words: Uint32Array, units: number): number {
  const random = new CounterRandom(1, 1);
  const wordsPerBin = Math.ceil(units / 32);
  let count = 0;
  for (let n = 0; n < words.length / wordsPerBin; n++) {
    for (let u = 0; u < units; u++) {
      if (random.uniform(n, u) >= FIRING) continue;
      words[n * wordsPerBin + (u >>> 5)] |= 1 << (u & 31);
      count += 1;
    }
  }
  return count;
}

describe('traffic of kernels', () => {
  let device: GPUDevice;
  let backend: WebGpuBackend;
  let softwareBackend: WebGpuBackend;
  beforeAll(async () => {
    device = await dawnDevice(COUNTING_LIMITS);
    backend = new WebGpuBackend(device, 'Dawn');
    softwareBackend = new WebGpuBackend(device, 'Dawn', { software: true });
  });
  afterAll(() => {
    backend.dispose();
    softwareBackend.dispose();
    device.destroy();
  });

  it('counts every access of a kernel that wastes them', async () => {
    const out = backend.runtime.allocate(400, 'out');
    const x = backend.runtime.allocate(1600, 'x');
    const geometry = { uniforms: { length: 100 }, groups: [2, 1, 1], flops: 0, bytes: 2000 } as const;
    const dispatch = dispatchOf(WASTEFUL, { flags: {}, storage: { out, x }, ...geometry });
    const [traffic] = await countTraffic(backend.runtime, [dispatch]);
    expect(traffic.bindings).toEqual({ out: 3 * 400, x: 2 * 1600 + 400 });
    expect(traffic.counted).toBeGreaterThan(MOST * traffic.bytes);
    backend.runtime.free(out);
    backend.runtime.free(x);
  });

  it.each(CASES.map((row) => [nameOf(row), row] as const))(
    '%s',
    async (_, { one, tiled, software, model = [], bytesAgain, bytesPerSpike = 0 }) => {
      const { plan, inputs } = problemOf(one);
      const tested = software ? softwareBackend : backend;
      const parameters = tested.parameters([]);
      const compiled = tested.compile(plan, parameters);
      let spikeCount = 0;
      for (const [tensor, values] of inputs) {
        compiled.input(tensor).set(values);
        if ('units' in one && tensor.dtype === 'u32' && tensor.name !== 'unit mask')
          spikeCount += drawSpikes(compiled.input(tensor) as Uint32Array, one.units);
      }
      // Only what spikes decide needs the inputs on the device; elsewhere the plain kernels need not be compiled to be run.
      if (spikeCount > 0) compiled.run('forward', { seed: 1, step: 1 });
      const traffic = await countTraffic(tested.runtime, compiled.dispatches);
      compiled.dispose();
      parameters.dispose();

      expect(traffic.length).toBeGreaterThan(0);
      for (const { label, bytes, counted, bindings } of traffic) {
        const least = bytes + (label === one.op ? bytesPerSpike * spikeCount : 0);
        const said = `${label}: ${counted} bytes for ${least}, ratio ${(counted / least).toFixed(3)} ${JSON.stringify(bindings)}`;
        expect(counted, said).toBeLessThanOrEqual(MOST * least);
        expect(counted, said).toBeGreaterThanOrEqual(0.95 * least);
      }
      for (const { labels, bytes } of model) {
        const counted = traffic.reduce((sum, one) => sum + (labels.includes(one.label) ? one.counted : 0), 0);
        const said = `${labels.join(' and ')}: ${counted} bytes, tile model ${bytes}, ratio ${(counted / bytes).toFixed(3)}`;
        expect(counted, said).toBeGreaterThan(0);
        expect(counted, said).toBeLessThanOrEqual(MOST * bytes);
      }
      const account = plan.forward.reduce((sum, call) => sum + callCost(call).bytes, 0);
      if (bytesAgain !== undefined) {
        const counted = traffic.reduce((sum, one) => sum + one.counted, 0);
        const least = account + bytesAgain;
        const said = `all dispatches: ${counted} bytes, compulsory ${least}, ratio ${(counted / least).toFixed(3)}`;
        expect(counted, said).toBeLessThanOrEqual(MOST * least);
        expect(counted, said).toBeGreaterThanOrEqual(least);
      }
      if (tiled) return;
      const own = traffic.filter(({ label }) => label !== 'combine');
      expect(own, 'one dispatch a call').toHaveLength(plan.forward.length);
      const claimed = own.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(claimed, 'bytes of the dispatches against those of the operands').toBeLessThanOrEqual(account);
      // Partial sums, written and read again, are none of the operands.
      const least = own[own.length - 1].bytes + bytesPerSpike * spikeCount;
      const moved = traffic
        .filter((dispatch) => dispatch === own[own.length - 1] || dispatch.label === 'combine')
        .reduce((sum, { counted }) => sum + counted, 0);
      const said = `with partial sums: ${moved} bytes for ${least}, ratio ${(moved / least).toFixed(3)}`;
      expect(moved, said).toBeLessThanOrEqual(MOST * least);
    },
  );
});

describe('traffic of the optimiser', () => {
  it('with the mean kept', async () => {
    const device = await dawnDevice(COUNTING_LIMITS);
    const { runtime } = new WebGpuBackend(device, 'Dawn');
    const tensors = [100_000, 128, 16_384].map((length, i) => ({
      ...{ length, offset: [0, 100_032, 100_160][i], decay: i !== 1, learningRateScale: 1 },
    }));
    const block = (): ReturnType<typeof runtime.allocate> => runtime.allocate(4 * 116_544, 'block');
    const blocks = adamwBlocks(tensors);
    const table = runtime.allocate(blocks.byteLength, 'table');
    runtime.write(table, blocks);
    const workspace = runtime.allocate(ADAMW_WORKSPACE_BYTES, 'workspace');
    const rates = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, clip: 1 };
    runtime.write(workspace, adamwSettings({ ...rates, correction1: 0.1, correction2: 0.1, meanDecay: 0.9 }));
    const traffic = await countTraffic(
      runtime,
      adamw({
        ...{ weights: block(), gradients: block(), first: block(), second: block() },
        ...{ mean: block(), table, workspace, tensors },
      }),
    );
    expect(traffic).toHaveLength(2);
    for (const { label, bytes, counted, bindings } of traffic) {
      const said = `${label}: ${counted} bytes for ${bytes} ${JSON.stringify(bindings)}`;
      expect(counted, said).toBeLessThanOrEqual(MOST * bytes);
      expect(counted, said).toBeGreaterThanOrEqual(0.95 * bytes);
    }
    device.destroy();
  });
});

function nameOf({ one, software }: TrafficCase): string {
  const fields = Object.entries(one).filter(([key]) => !['op', 'terms', 'spikes'].includes(key));
  return `${one.op} ${fields.map(([key, value]) => `${key} ${String(value)}`).join(', ')}${software ? ', software geometry' : ''}`;
}
