// Whole nets on the CPU backend: the same bits at one, two and three threads and on every repetition, in both builds;
// nothing allocated after the first step; clear errors for misuse.
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { BCE, DICE_PER_UNIT } from '../../losses/index.ts';
import { createSpikeNet } from '../../nets/index.ts';
import { drawnValues, fillInputs, narrowTwin } from '../../nets/narrow-nets.ts';
import { ReferenceBackend } from '../reference/backend.ts';
import { createWasmBackend, nodeThreads } from './index.ts';
import type { WasmBackend } from './index.ts';

// Node 20 compiles relaxed SIMD only with this flag; later versions accept and ignore it.
setFlagsFromString('--experimental-wasm-relaxed-simd');
const spawn = nodeThreads(Worker);

/** A small net that meets every kernel of a real one: two layers, dropout everywhere, own history, several tasks each. */
function problem(loss = BCE) {
  const config = { ...narrowTwin('small'), layers: 2, heads: 2, dropout: 0.2, attentionDropout: 0.1 };
  const net = createSpikeNet(config, { units: 37, context: 150, binMilliseconds: 1 }, loss);
  return { net, plan: net.plan('train', { batch: 3, bins: 150 }) };
}

/** Trains a few steps; returns every number that matters. */
function train(backend: WasmBackend, steps: number, loss = BCE) {
  const { net, plan } = problem(loss);
  const parameters = backend.parameters(net.specs);
  for (const [name, values] of drawnValues(net, 3)) parameters.write(name, values);
  const compiled = backend.compile(plan.plan, parameters);
  fillInputs(net, plan, compiled, 5);
  const settings = {
    learningRate: 0.01,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0.01,
    clip: 0.5,
  };
  const trace: number[] = [];
  for (let step = 1; step <= steps; step++) {
    parameters.zeroGradients();
    compiled.run('train', { seed: 11, step });
    trace.push(parameters.optimiserStep({ ...settings, step }));
    if (plan.loss) trace.push(...compiled.output(plan.loss));
  }
  const weights = net.specs.map(({ name }) => parameters.read(name));
  compiled.dispose();
  return { trace, weights };
}

describe.each([true, false])('replay, deterministic: %s', (deterministic) => {
  it('gives the same bits at any number of threads, and again', async () => {
    const results = [];
    for (const threads of [1, 2, 3]) {
      const backend = await createWasmBackend({ threads, deterministic, spawn });
      results.push(train(backend, 3));
      if (threads === 2) results.push(train(backend, 3));
      backend.dispose();
    }
    expect(results[0].trace.every(Number.isFinite)).toBe(true);
    for (const other of results.slice(1)) expect(other).toEqual(results[0]);
    // The loss must move, or equal bits would prove nothing.
    expect(results[0].trace.at(-4)).not.toBe(results[0].trace[1]);
  });
});

describe('memory', () => {
  it('allocates nothing after the first step, over 200 steps', async () => {
    const backend = await createWasmBackend({ deterministic: true });
    const { net, plan } = problem(DICE_PER_UNIT);
    const parameters = backend.parameters(net.specs);
    const compiled = backend.compile(plan.plan, parameters);
    fillInputs(net, plan, compiled, 5);
    const { memory } = backend.core;
    const before = [memory.bytes, memory.bytesInUse];
    const buffer = memory.memory.buffer;
    const external: number[] = [];
    for (let step = 1; step <= 200; step++) {
      parameters.zeroGradients();
      compiled.run('train', { seed: 1, step });
      parameters.optimiserStep({
        ...{ step, learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clip: 1 },
      });
      if (step === 1 || step === 200) external.push(process.memoryUsage().arrayBuffers);
    }
    expect([memory.bytes, memory.bytesInUse]).toEqual(before);
    expect(memory.memory.buffer).toBe(buffer);
    expect(external[1]).toBeLessThanOrEqual(external[0]);
    backend.dispose();
  });

  it('gives a disposed plan back, so that the next one needs no new memory', async () => {
    const backend = await createWasmBackend({ deterministic: true });
    const { net, plan } = problem();
    const parameters = backend.parameters(net.specs);
    backend.compile(plan.plan, parameters).dispose();
    const before = backend.core.memory.bytesInUse;
    for (let i = 0; i < 5; i++) backend.compile(plan.plan, parameters).dispose();
    expect(backend.core.memory.bytesInUse).toBe(before);
    const compiled = backend.compile(plan.plan, parameters);
    expect(compiled.bytes).toBe(backend.core.memory.bytesInUse - before);
    compiled.dispose();
    expect(() => compiled.run('forward', { seed: 1, step: 1 })).toThrow(/disposed/);
    backend.dispose();
  });

  it('keeps the results of two plans over the same parameters apart', async () => {
    const backend = await createWasmBackend({ deterministic: true });
    const { net, plan } = problem();
    const parameters = backend.parameters(net.specs);
    for (const [name, values] of drawnValues(net, 3)) parameters.write(name, values);
    const short = net.plan('train', { batch: 1, bins: 20 });
    const [first, second] = [plan, short].map((one) => {
      const compiled = backend.compile(one.plan, parameters);
      fillInputs(net, one, compiled, 5);
      compiled.run('forward', { seed: 1, step: 1 });
      return { compiled, logits: one.logits };
    });
    const kept = first.compiled.output(first.logits).slice();
    second.compiled.run('train', { seed: 1, step: 2 });
    expect(first.compiled.output(first.logits)).toEqual(kept);
    backend.dispose();
  });
});

describe('misuse', () => {
  it('names what is wrong', async () => {
    const backend = await createWasmBackend({ deterministic: true });
    const { net, plan } = problem();
    const parameters = backend.parameters(net.specs);
    expect(() => parameters.write('no such', new Float32Array(1))).toThrow(/no parameter is called/);
    expect(() => parameters.write(net.specs[0].name, new Float32Array(1))).toThrow(/values/);
    const foreign = new ReferenceBackend().parameters(net.specs);
    expect(() => backend.compile(plan.plan, foreign)).toThrow(/own backend/);
    backend.dispose();
  });
});
