// Rates of the two kernels that make up a training step, as the fastest of many short runs (each below a scheduler's time
// slice, so that a busy machine disturbs them little). Usage: node bench/dist/kernel-rates.js
import { setFlagsFromString } from 'node:v8';
import { KernelCore, opcodes } from '@spikebridge/core-wasm';
import type { MatMulForm, Program } from '@spikebridge/core-wasm';

setFlagsFromString('--experimental-wasm-relaxed-simd');
const REPETITIONS = 400;

function fastest(action: () => void): number {
  let best = Infinity;
  for (let i = 0; i < REPETITIONS; i++) {
    const start = performance.now();
    action();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** GFLOP/s of one product on one thread. */
function matMulRate(core: KernelCore, form: MatMulForm, m: number, n: number, k: number): number {
  const region = core.region();
  const [a, b, c] = [m * k, n * k, m * n].map((length) => region.allocate(4 * length));
  const milliseconds = fastest(() => core.matMul({ form, m, n, k, a, b, c }));
  region.release();
  return (2 * m * n * k) / milliseconds / 1e6;
}

/** Nanoseconds a pair of bins, forward and backward, for one head of one causal sequence. */
function attentionCosts(
  core: KernelCore,
  bins: number,
  width: number,
): { forward: number; backward: number } {
  const region = core.region();
  const floats = (length: number) => region.allocate(4 * length);
  const [qkv, out, lse, dOut, delta, dQkv] = [3 * width, width, 1, width, 1, 3 * width].map((n) =>
    floats(bins * n),
  );
  core.memory.floats(qkv, 3 * bins * width).forEach((_, i, all) => (all[i] = 2 * Math.sin(1.7 * i)));
  core.memory.floats(dOut, bins * width).forEach((_, i, all) => (all[i] = Math.cos(1.3 * i)));
  const ints = [qkv, out, lse, 1, bins, 1, width, 0, 1, 0, 0, 1];
  const settings = { floats: [1 / Math.sqrt(width), 1], scratch: 4e6 };
  const forward = core.place([{ opcode: opcodes.OP_ATTENTION, ints, ...settings }], region);
  const backwardInts = [...ints, dOut, delta, dQkv, 0];
  const backward = core.place(
    [{ opcode: opcodes.OP_ATTENTION_BACKWARD, ints: backwardInts, ...settings }],
    region,
  );
  const pairs = (bins * (bins + 1)) / 2;
  const cost = (program: Program) => (1e6 * fastest(() => core.run(program))) / pairs;
  const costs = { forward: cost(forward), backward: cost(backward) };
  region.release();
  return costs;
}

const lines = ['| build | kernel | shape | rate |', '|---|---|---|---|'];
for (const deterministic of [true, false]) {
  const core = await KernelCore.create({ deterministic });
  for (const [form, m, n, k] of [
    ['nn', 256, 384, 128],
    ['nt', 256, 128, 384],
    ['tn', 128, 128, 1024],
  ] as const) {
    const rate = matMulRate(core, form, m, n, k).toFixed(1);
    lines.push(`| ${core.build} | matMul ${form} | ${m} x ${n} x ${k} | ${rate} GFLOP/s |`);
  }
  for (const [bins, width] of [
    [768, 4],
    [768, 8],
    [768, 16],
    [512, 32],
  ]) {
    const { forward, backward } = attentionCosts(core, bins, width);
    const shape = `T ${bins}, head width ${width}`;
    lines.push(`| ${core.build} | attention | ${shape} | ${forward.toFixed(2)} ns/pair |`);
    lines.push(`| ${core.build} | attention backward | ${shape} | ${backward.toFixed(2)} ns/pair |`);
  }
  core.dispose();
}
process.stdout.write(`${lines.join('\n')}\n`);
