// Plan: on the reference and on the CPU backend the mean starts at the weights, follows its recurrence, stands in for the weights
// and goes back, and is an error where none is kept; growing kernel memory that is not shared takes nothing from it.
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { Backend, ParameterSet } from './backend.ts';
import { ReferenceBackend } from './reference/backend.ts';
import { createWasmBackend } from './wasm/index.ts';

const SPECS = [
  { name: 'a', shape: [2], decay: true, learningRateScale: 1 },
  { name: 'b', shape: [3], decay: false, learningRateScale: 0 },
];
/** A step that leaves the weights alone. */
const still = { learningRate: 0, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, clip: 0 };

/** Weights, then mean, of both parameters. */
async function both(parameters: ParameterSet): Promise<number[][]> {
  return [
    [...(await parameters.read('a')), ...(await parameters.read('b'))],
    [...(await parameters.readMean('a')), ...(await parameters.readMean('b'))],
  ];
}

function setUp(backend: Backend): ParameterSet {
  const parameters = backend.parameters(SPECS);
  parameters.write('a', Float32Array.of(1, -1));
  parameters.write('b', Float32Array.of(3, 4, 5));
  return parameters;
}

describe.each([
  ['reference', new ReferenceBackend()],
  ['wasm', await createWasmBackend({ deterministic: true })],
] as const)('the running mean of the %s backend', (_, backend) => {
  afterAll(() => backend.dispose());

  it('follows its recurrence from the start values, frozen parameters included', async () => {
    const parameters = setUp(backend);
    parameters.keepMean();
    expect((await both(parameters))[1]).toEqual([1, -1, 3, 4, 5]);
    parameters.write('b', Float32Array.of(0, 0, 0));
    let expected = 1;
    for (let step = 1; step <= 20; step++) {
      const meanDecay = Math.min(0.5, (1 + step) / (10 + step));
      parameters.write('a', Float32Array.of(step, 0));
      await parameters.optimiserStep({ ...still, step, meanDecay });
      expected = meanDecay * expected + (1 - meanDecay) * step;
    }
    const [weights, mean] = await both(parameters);
    expect(weights).toEqual([20, 0, 0, 0, 0]);
    // 20 steps of three float32 roundings of values up to 20
    expect(mean[0]).toBeCloseTo(expected, 4);
    expect(mean[1]).toBeLessThan(0);
    expect(mean[1]).toBeGreaterThan(-1e-4);
    expect(mean[2]).toBeGreaterThan(0);
    expect(mean[2]).toBeLessThan(1e-4);
    // Left out, the decay is 0: the mean is the weights.
    await parameters.optimiserStep({ ...still, step: 21 });
    expect((await both(parameters))[1]).toEqual(weights);
    parameters.dispose();
  });

  it('takes in what the step made of the weights, not what they were', async () => {
    const parameters = setUp(backend);
    parameters.keepMean();
    await parameters.optimiserStep({ ...still, step: 1, learningRate: 0.5, weightDecay: 1, meanDecay: 0.75 });
    // Decay alone moves `a`: 1 - 0.5 * 1 of it is left; the mean goes a quarter of the way.
    expect(await both(parameters)).toEqual([
      [0.5, -0.5, 3, 4, 5],
      [0.875, -0.875, 3, 4, 5],
    ]);
    parameters.dispose();
  });

  it('stands in for the weights, and goes back', async () => {
    const parameters = setUp(backend);
    parameters.keepMean();
    parameters.writeMean('a', Float32Array.of(7, 8));
    const before = [
      [1, -1, 3, 4, 5],
      [7, 8, 3, 4, 5],
    ];
    expect(await both(parameters)).toEqual(before);
    parameters.swapMean();
    expect(await both(parameters)).toEqual([before[1], before[0]]);
    parameters.swapMean();
    expect(await both(parameters)).toEqual(before);
    // Begun again, it starts at the weights again.
    parameters.keepMean();
    expect(await both(parameters)).toEqual([before[0], before[0]]);
    parameters.dispose();
  });

  it('hands out copies, and is an error where none is kept or for a name that is none', async () => {
    const parameters = setUp(backend);
    const code = expect.objectContaining({ code: 'E_PLAN_PARAMETER' }) as Error;
    expect(() => parameters.swapMean()).toThrow(code);
    expect(() => parameters.readMean('a')).toThrow(code);
    expect(() => parameters.writeMean('a', Float32Array.of(0, 0))).toThrow(code);
    parameters.keepMean();
    (await parameters.readMean('a')).fill(9);
    expect((await both(parameters))[1]).toEqual([1, -1, 3, 4, 5]);
    expect(() => parameters.readMean('c')).toThrow(code);
    parameters.dispose();
  });
});

describe('where memory is not shared', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('outlives the growth of the memory, which moves every weight', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    const backend = await createWasmBackend({ deterministic: true });
    const parameters = setUp(backend);
    parameters.keepMean();
    const before = backend.core.memory.memory.buffer;
    expect(before).toBeInstanceOf(ArrayBuffer);
    backend.parameters([{ name: 'large', shape: [1 << 20], decay: false, learningRateScale: 1 }]);
    expect(backend.core.memory.memory.buffer).not.toBe(before);
    parameters.write('a', Float32Array.of(3, 1));
    await parameters.optimiserStep({ ...still, step: 1, meanDecay: 0.5 });
    expect((await both(parameters))[1]).toEqual([2, 0, 3, 4, 5]);
    parameters.swapMean();
    expect((await both(parameters))[0]).toEqual([2, 0, 3, 4, 5]);
    backend.dispose();
  });
});
