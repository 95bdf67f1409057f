// Plan: two nets of different presets, losses and seeds (dropout on) in training on one device, their steps taken by turns and then at
// once, so that commands of both wait in one submit, have the weights, bit for bit, that each has when it trains alone; also
// where each has a backend of its own on that device.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { BCE, DICE } from '../../src/losses/losses.ts';
import { dawnDevice } from './dawn.ts';
import { narrowTraining, type NarrowTraining } from './narrow-training.ts';

const STEPS = 4;
type Weights = Awaited<ReturnType<NarrowTraining['weights']>>;

const NETS = [
  (backend: WebGpuBackend) => narrowTraining(backend, 'small', BCE, 3),
  (backend: WebGpuBackend) => narrowTraining(backend, 'paper', DICE, 4),
] as const;

describe('two nets on one device', () => {
  let device: GPUDevice;
  let alone: Weights[];

  const open = (): WebGpuBackend => new WebGpuBackend(device, 'Dawn', { software: true });

  /** Weights of each net after all steps of `order`: at each of its entries the nets named there step at once. */
  async function trained(
    nets: readonly NarrowTraining[],
    order: readonly (readonly number[])[],
  ): Promise<Weights[]> {
    const steps = nets.map(() => 0);
    for (const turn of order) await Promise.all(turn.map((which) => nets[which].step(++steps[which])));
    const weights = await Promise.all(nets.map((net) => net.weights()));
    for (const net of nets) net.dispose();
    return weights;
  }

  beforeAll(async () => {
    device = await dawnDevice();
    alone = [];
    for (const make of NETS) {
      const backend = open();
      const [weights] = await trained(
        [make(backend)],
        Array.from({ length: STEPS }, () => [0]),
      );
      alone.push(weights);
      backend.dispose();
    }
  }, 300_000);
  afterAll(() => device.destroy());

  it.each([
    { turns: 'by turns', order: [[0], [1], [0], [1], [1], [0], [0], [1]] },
    { turns: 'at once', order: Array.from({ length: STEPS }, () => [0, 1]) },
  ])('on one backend, $turns', async ({ order }) => {
    const backend = open();
    const weights = await trained(
      NETS.map((make) => make(backend)),
      order,
    );
    expect(weights).toEqual(alone);
    backend.dispose();
  });

  it('on a backend each', async () => {
    const backends = NETS.map(open);
    const weights = await trained(
      NETS.map((make, i) => make(backends[i])),
      [[0, 1], [1], [0], [0, 1], [0, 1]],
    );
    expect(weights).toEqual(alone);
    for (const backend of backends) backend.dispose();
  });
});
