// Plan: the mean's decay rises to its full value over the learner's steps; predictions are made with the mean, and the weights are
// back afterwards, also when the work fails; a snapshot holds both, and a learner started from it has both.
import { afterAll, describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { LaterBackend } from '../engine/testing/later-backend.ts';
import type { Backend } from '../engine/backend.ts';
import { createWasmBackend } from '../engine/wasm/index.ts';
import { BoundPlan, bankFor } from './bound-plan.ts';
import type { Checkpoint } from './checkpoint.ts';
import { Learner, netOfConfig } from './learner.ts';
import { startState } from './run-log.ts';
import { chainRaster } from './testing/rasters.ts';
import { tinyConfig } from './testing/tiny-config.ts';

const UNITS = 5;
const raster = chainRaster(60, UNITS, 2);
const rates = new Float64Array(UNITS).fill(0.2);
const BIAS = 'output.bias';

function learnerOf(backend: Backend, averaging: number, from: Checkpoint | null = null) {
  const { config } = tinyConfig(`training.averaging=${averaging}`);
  const net = netOfConfig(config);
  const start = net.initialise(3, rates);
  const learner = new Learner({ backend, specs: net.specs, start, training: config.training, from });
  return { net, learner };
}

const all = (value: number): Float32Array => new Float32Array(UNITS).fill(value);

describe.each([
  ['reference', new ReferenceBackend()],
  ['reference that answers later', new LaterBackend()],
  ['wasm', await createWasmBackend({ deterministic: true })],
] as const)('Learner on %s', (_, backend) => {
  afterAll(() => backend.dispose());

  it('averages with a decay that rises to its full value', async () => {
    const { learner } = learnerOf(backend, 0.5);
    const { parameters } = learner;
    let expected = (await parameters.read(BIAS))[0];
    for (let step = 1; step <= 20; step++) {
      parameters.write(BIAS, all(step));
      await learner.step(step, 0);
      const decay = Math.min(0.5, (1 + step) / (10 + step));
      expected = decay * expected + (1 - decay) * step;
      // three float32 roundings a step of values up to 20
      expect((await parameters.readMean(BIAS))[0], `step ${step}`).toBeCloseTo(expected, 4);
    }
    learner.dispose();
  });

  it('predicts with the mean, and has the weights back after it, also when the work fails', async () => {
    const { learner, net } = learnerOf(backend, 0.9);
    const { parameters } = learner;
    const plan = new BoundPlan({
      ...{ backend, parameters, net, raster, bank: bankFor(net, raster) },
      ...{ mode: 'score', shape: { batch: 1, bins: 12 } },
    });
    const predict = async (): Promise<number[]> => {
      plan.load([{ inputStart: 20, rows: 12 }]);
      plan.run('forward', { seed: 0, step: 0 });
      return [...(await plan.probabilities())];
    };
    parameters.write(BIAS, all(2));
    const withTwo = await predict();
    parameters.write(BIAS, all(1));
    const withOne = await predict();
    expect(withTwo).not.toEqual(withOne);
    parameters.writeMean(BIAS, all(2));
    expect(await learner.predicting(predict)).toEqual(withTwo);
    expect([...(await parameters.read(BIAS))]).toEqual([...all(1)]);
    expect(await predict()).toEqual(withOne);
    const failing = learner.predicting(async () => {
      expect([...(await parameters.read(BIAS))]).toEqual([...all(2)]);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect([...(await parameters.read(BIAS))]).toEqual([...all(1)]);
    expect([...(await parameters.readMean(BIAS))]).toEqual([...all(2)]);
    plan.dispose();
    learner.dispose();
  });

  it('copies weights, mean and moments out, and starts from them', async () => {
    const { learner } = learnerOf(backend, 0.5);
    learner.parameters.write(BIAS, all(1));
    learner.parameters.writeMean(BIAS, all(2));
    learner.parameters.writeMoments(BIAS, all(3), all(4));
    const parameters = await learner.snapshot();
    expect(parameters.find(({ name }) => name === BIAS)).toEqual({
      ...{ name: BIAS, shape: [UNITS], current: all(1), weights: all(2), m: all(3), v: all(4) },
    });
    const state = { ...startState('hash', null), step: 4, metricsBytes: 0, eventsBytes: 0 };
    const { learner: again } = learnerOf(backend, 0.5, { state, parameters });
    expect(await again.snapshot()).toEqual(parameters);
    // Copies: what the learner does next is not seen in them.
    learner.parameters.write(BIAS, all(5));
    learner.parameters.swapMean();
    expect(parameters.find(({ name }) => name === BIAS)).toMatchObject({ current: all(1), weights: all(2) });
    for (const it of [learner, again]) it.dispose();
  });

  it('without averaging predicts with the weights and saves them as both', async () => {
    const { learner } = learnerOf(backend, 0);
    learner.parameters.write(BIAS, all(1));
    const read = async (): Promise<number[]> => [...(await learner.parameters.read(BIAS))];
    expect(await learner.predicting(read)).toEqual([...all(1)]);
    const saved = (await learner.snapshot()).find(({ name }) => name === BIAS);
    expect(saved?.weights).toBe(saved?.current);
    learner.dispose();
  });
});
