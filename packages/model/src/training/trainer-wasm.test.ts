// Plan: on the CPU backend, stop and resume equal an uninterrupted run bit for bit at one and two threads; both give the same
// weights; the state that trace-bank carries into a window equals the kernel's own scan, bit for bit.
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWasmBackend, nodeThreads } from '../engine/index.ts';
import type { WasmBackend } from '../engine/index.ts';
import { createSpikeNet } from '../nets/spike-transformer.ts';
import { BoundPlan, bankFor } from './bound-plan.ts';
import { METRICS_FILE, RunFolder } from './run-folder.ts';
import { MemoryStore } from './testing/memory-store.ts';
import { chainRaster } from './testing/rasters.ts';
import { stillClock } from './testing/still-clock.ts';
import { tinyConfig, tinyNet } from './testing/tiny-config.ts';
import { Trainer } from './trainer.ts';
import type { TrainerOptions } from './trainer-types.ts';

const spawn = nodeThreads(Worker);
const raster = chainRaster(900, 37, 3);
const data = { raster, train: [{ start: 0, stop: 600 }], validation: [{ start: 612, stop: 900 }] };
const config = tinyConfig('data.units=37', 'training.context=40', 'net.width=16', 'net.attentionDropout=0.1');
const LAST = 'checkpoints/step-00000010';

describe('exact resume on the CPU backend', () => {
  const backends: WasmBackend[] = [];
  beforeAll(async () => {
    for (const threads of [1, 2])
      backends.push(await createWasmBackend({ threads, spawn, deterministic: true }));
  });
  afterAll(() => backends.forEach((backend) => backend.dispose()));

  async function train(
    store: MemoryStore,
    threads: number,
    stopAt?: number,
    resume = false,
    run = config,
  ): Promise<void> {
    const controller = new AbortController();
    const options: TrainerOptions = {
      folder: resume ? await RunFolder.open(store) : await RunFolder.create(store, { config: run, env: {} }),
      backend: backends[threads - 1],
      data,
      clock: stillClock(),
      signal: controller.signal,
      onProgress: ({ step }) => {
        if (stopAt !== undefined && step === stopAt - 1) controller.abort();
      },
    };
    await new Trainer(options).run({ resume });
  }

  it('holds at one and two threads and between them', async () => {
    const stores: MemoryStore[] = [];
    for (const threads of [1, 2]) {
      const straight = new MemoryStore();
      await train(straight, threads);
      const stopped = new MemoryStore();
      await train(stopped, threads, 5);
      const resumed = stopped.copy();
      await train(resumed, threads, undefined, true);
      stores.push(straight, resumed);
    }
    for (const store of stores.slice(1)) {
      for (const path of [`${LAST}/model.safetensors`, `${LAST}/optimizer.safetensors`, METRICS_FILE]) {
        const [expected, got] = [stores[0].files.get(path), store.files.get(path)];
        expect(expected !== undefined && got !== undefined && Buffer.compare(expected, got) === 0, path).toBe(
          true,
        );
      }
    }
    const metrics = await (await RunFolder.open(stores[0])).metrics();
    expect(metrics.filter(({ kind }) => kind === 'validation').at(-1)?.['bitsPerSpike']).toEqual(
      expect.any(Number),
    );
  });

  it('holds through many stops, for every loss', async () => {
    for (const kind of ['bce', 'focal', 'dice', 'dice-per-unit']) {
      const own = tinyConfig(
        'data.units=37',
        'training.context=24',
        `loss.kind=${kind}`,
        'loss.densityPenalty=true',
      );
      const straight = new MemoryStore();
      await train(straight, 1, undefined, false, own);
      let store = new MemoryStore();
      await train(store, 1, 2, false, own);
      for (const stop of [3, 7, 8, undefined]) {
        store = store.copy();
        await train(store, 2, stop, true, own);
      }
      for (const path of [
        `${LAST}/model.safetensors`,
        `${LAST}/optimizer.safetensors`,
        `${LAST}/state.json`,
      ]) {
        const [expected, got] = [straight.files.get(path), store.files.get(path)];
        expect(
          expected !== undefined && got !== undefined && Buffer.compare(expected, got) === 0,
          `${kind} ${path}`,
        ).toBe(true);
      }
    }
  });

  it('starts a window in the middle of a recording from the state that a scan from its start reaches', async () => {
    const net = createSpikeNet(
      { ...tinyNet, layers: 0, outputWeight: 'zero', outputBias: 'zero', norm: 'post' },
      { units: 37, context: 500, binMilliseconds: 1 },
      config.config.loss,
    );
    const backend = backends[0];
    const parameters = backend.parameters(net.specs);
    const weights = net.initialise(1, new Float64Array(37).fill(0.1));
    weights.get('history.weight')?.forEach((_, i, all) => (all[i] = Math.fround(((i * 37) % 23) / 23 - 0.4)));
    for (const [name, values] of weights) parameters.write(name, values);
    const run = async (inputStart: number, bins: number): Promise<Float32Array> => {
      const shape = { batch: 1, bins };
      const bank = bankFor(net, raster);
      const plan = new BoundPlan({ backend, parameters, net, mode: 'score', shape, raster, bank });
      plan.load([{ inputStart, rows: bins }]);
      plan.run('forward', { seed: 0, step: 0 });
      const probabilities = (await plan.probabilities()).slice();
      plan.dispose();
      return probabilities;
    };
    const whole = await run(0, 500);
    for (const from of [1, 100, 256, 300]) {
      expect(await run(from, 500 - from), `from bin ${from}`).toEqual(whole.subarray(37 * from));
    }
  });
});
