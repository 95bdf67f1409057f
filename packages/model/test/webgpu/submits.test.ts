// Plan: a training step (zero the gradients, run, optimiser, read loss and norm) is one submit, makes no buffer, and leaves the number
// of buffers and their bytes as they were, over 200 steps of a net with every kind of layer. What the host writes waits for pending
// commands that use the same buffer, and for no others.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fill, GpuRuntime } from '@spikebridge/kernels-wgsl';
import { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { BCE } from '../../src/losses/losses.ts';
import { dawnDevice } from './dawn.ts';
import { narrowTraining } from './narrow-training.ts';

const STEPS = 200;

describe('submits', () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await dawnDevice();
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => device.destroy());

  it('is one a step, in the memory of the first step', async () => {
    const backend = new WebGpuBackend(device, 'Dawn', { software: true });
    const { runtime } = backend;
    const net = narrowTraining(backend, 'small', BCE, 3);
    const losses = [(await net.step(1)).loss];
    const before = runtime.counters;
    const submit = vi.spyOn(device.queue, 'submit');
    const createBuffer = vi.spyOn(device, 'createBuffer');
    for (let number = 2; number <= STEPS; number++) {
      const { loss, norm } = await net.step(number);
      losses.push(loss);
      expect(Number.isFinite(norm)).toBe(true);
      // Step by step: one submit too many would not make up for one too few.
      expect(submit, `submits up to step ${number}`).toHaveBeenCalledTimes(number - 1);
    }
    expect(createBuffer).not.toHaveBeenCalled();
    const steps = STEPS - 1;
    expect(runtime.counters).toEqual({
      ...before,
      submits: before.submits + steps,
      dispatches: before.dispatches + steps * net.dispatches,
    });
    // Steps that did nothing would cost nothing.
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses[STEPS - 1]).toBeLessThan(0.9 * losses[0]);
    net.dispose();
    backend.dispose();
  });

  it('are counted as the device sees them, and so are buffers', async () => {
    const submit = vi.spyOn(device.queue, 'submit');
    const createBuffer = vi.spyOn(device, 'createBuffer');
    const runtime = new GpuRuntime(device);
    const slice = runtime.allocate(64, 'block');
    runtime.clear(slice);
    await runtime.floats(slice);
    expect(submit).toHaveBeenCalledTimes(1);
    expect(runtime.counters.submits).toBe(1);
    // One besides: the key of the random numbers.
    expect(createBuffer).toHaveBeenCalledTimes(runtime.counters.buffers + 1);
    runtime.free(slice);
    runtime.dispose();
  });

  it('of a write: only where pending commands use the buffer', async () => {
    const runtime = new GpuRuntime(device);
    const [a, b] = [0, 1].map((i) => runtime.allocate(64, `block ${i}`));
    const program = runtime.program([fill({ out: a, length: 16, value: 1 })]);
    const start = runtime.counters.submits;
    runtime.encode(program);
    runtime.write(b, Float32Array.of(7));
    expect(runtime.counters.submits).toBe(start);
    // Behind the program and the copy, and before the next copy.
    runtime.copy(a, b);
    runtime.write(a, Float32Array.of(5));
    expect(runtime.counters.submits).toBe(start + 1);
    const [first, second] = await Promise.all([runtime.floats(a), runtime.floats(b)]);
    expect([first[0], first[1], second[0]]).toEqual([5, 1, 1]);
    runtime.clear(b);
    runtime.write(b, Float32Array.of(3));
    expect((await runtime.floats(b))[0]).toBe(3);
    runtime.release(program);
    runtime.free(a);
    runtime.free(b);
    runtime.dispose();
  });
});
