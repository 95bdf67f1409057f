// Plan: what is loaded is what the net's inputs hold, per window of a batch; stale content of an earlier load is gone; loss and
// cross-entropy come from the right tensors; a batch gives each window what it gets alone.
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { createSpikeNet } from '../nets/spike-transformer.ts';
import { BoundPlan, bankFor } from './bound-plan.ts';
import type { PackedWindow } from './pack.ts';
import { chainRaster } from './testing/rasters.ts';
import { tinyConfig, tinyNet } from './testing/tiny-config.ts';

const UNITS = 5;
const BINS = 10;
const raster = chainRaster(200, UNITS, 4, [
  { start: 0, stop: 90 },
  { start: 100, stop: 200 },
]);
const { loss } = tinyConfig('loss.kind=focal').config;
const net = createSpikeNet(tinyNet, { units: UNITS, context: BINS, binMilliseconds: 1 }, loss);
const backend = new ReferenceBackend();
const parameters = backend.parameters(net.specs);
for (const [name, values] of net.initialise(2, new Float64Array(UNITS).fill(0.2))) {
  if (name === 'history.weight') values.forEach((_, i) => (values[i] = ((i * 7) % 11) / 11 - 0.5));
  parameters.write(name, values);
}
const shared = { backend, parameters, net, raster, bank: bankFor(net, raster) };

function planOf(mode: 'train' | 'evaluate' | 'score', batch: number): BoundPlan {
  return new BoundPlan({ ...shared, mode, shape: { batch, bins: BINS } });
}

async function alone(window: PackedWindow): Promise<Float32Array> {
  const plan = planOf('score', 1);
  plan.load([window]);
  plan.run('forward', { seed: 0, step: 0 });
  return (await plan.probabilities()).slice();
}

const windows: PackedWindow[] = [
  { inputStart: 0, rows: 10 },
  { inputStart: 71, rows: 10 },
  { inputStart: 100, rows: 10 },
  { inputStart: 133, rows: 10 },
];

describe('BoundPlan', () => {
  it('gives each window of a batch what it gets alone', async () => {
    const plan = planOf('score', 4);
    plan.load(windows);
    plan.run('forward', { seed: 0, step: 0 });
    const together = await plan.probabilities();
    for (const [b, window] of windows.entries()) {
      expect([...together.subarray(b * BINS * UNITS, (b + 1) * BINS * UNITS)]).toEqual([
        ...(await alone(window)),
      ]);
    }
  });

  it('keeps nothing of an earlier load', async () => {
    const plan = planOf('evaluate', 3);
    const fresh = planOf('evaluate', 3);
    plan.load(windows);
    plan.run('forward', { seed: 0, step: 0 });
    for (const it of [plan, fresh]) {
      expect(it.load([{ inputStart: 40, rows: 6, countFrom: 2 }])).toBe(4);
      it.run('forward', { seed: 0, step: 0 });
    }
    expect(await plan.probabilities()).toEqual(await fresh.probabilities());
    expect(await plan.loss()).toBe(await fresh.loss());
  });

  it('reads the configured loss and the cross-entropy apart', async () => {
    const plan = planOf('evaluate', 1);
    plan.load([windows[1]]);
    plan.run('forward', { seed: 0, step: 0 });
    expect(await plan.loss()).toBeGreaterThan(0);
    expect(await plan.loss()).toBeLessThan(await plan.crossEntropy());
    expect(await planOf('score', 1).loss()).toBeNaN();
    expect(await planOf('train', 1).probabilities()).toHaveLength(0);
  });

  it('uses the past before the window: own history changes the first row', async () => {
    const changed = { ...raster, words: raster.words.slice() };
    changed.words[70] ^= 0b11111;
    const plan = new BoundPlan({
      ...{ ...shared, raster: changed, bank: bankFor(net, changed) },
      ...{ mode: 'score', shape: { batch: 1, bins: BINS } },
    });
    plan.load([windows[1]]);
    plan.run('forward', { seed: 0, step: 0 });
    const before = await alone(windows[1]);
    const after = await plan.probabilities();
    for (let unit = 0; unit < UNITS; unit++) expect(after[unit]).not.toBe(before[unit]);
  });

  it('refuses a raster of another width, and holds some bytes', () => {
    const other = chainRaster(50, UNITS + 1);
    expect(
      () => new BoundPlan({ ...shared, raster: other, mode: 'score', shape: { batch: 1, bins: BINS } }),
    ).toThrow(expect.objectContaining({ code: 'E_RASTER_UNITS' }));
    expect(planOf('score', 1).bytes).toBeGreaterThan(0);
  });
});

describe('bankFor', () => {
  it('shares one bank per raster and shape of history', () => {
    const bank = bankFor(net, raster);
    expect(bank).not.toBeNull();
    expect(bankFor(net, raster)).toBe(bank);
    expect(bankFor({ ...net }, raster)).toBe(bank);
    expect(bankFor(net, { ...raster })).not.toBe(bank);
    const { history } = net;
    expect(history).not.toBeNull();
    const other = history === null ? null : { ...history, decays: history.decays.map((d) => d / 2) };
    expect(bankFor({ ...net, history: other }, raster)).not.toBe(bank);
    expect(bankFor({ ...net, history: null }, raster)).toBeNull();
  });
});
