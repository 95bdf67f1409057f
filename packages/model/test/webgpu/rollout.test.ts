// Plan: bins drawn on the device are the draws of the CPU's probabilities, for every net of the conformance list; the same request gives
// the same bits; a longer one begins like a shorter one; a signal keeps what is there; memory is the same at any length.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWasmBackend } from '../../src/engine/wasm/index.ts';
import type { WasmBackend } from '../../src/engine/wasm/index.ts';
import type { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { DeviceRollout } from '../../src/generation/device-rollout.ts';
import { rolloutRows } from '../../src/generation/rollout-conformance.ts';
import type { RolloutRow } from '../../src/generation/rollout-conformance.ts';
import { BCE } from '../../src/losses/losses.ts';
import { drawnValues, drawnWords, narrowNet } from '../../src/nets/narrow-nets.ts';
import { onDawn } from './dawn.ts';

let backend: WebGpuBackend;
onDawn((opened) => (backend = opened), { software: true });

describe('a roll-out on the device', () => {
  let cpu: WasmBackend;
  beforeAll(async () => {
    cpu = await createWasmBackend({ threads: 1, deterministic: true });
  });
  afterAll(() => cpu.dispose());

  it('draws what the CPU would draw', async () => {
    const rows: RolloutRow[] = [];
    for await (const row of rolloutRows(backend, cpu)) rows.push(row);
    expect(rows.filter(({ pass }) => !pass)).toEqual([]);
    expect(rows.length).toBe(8);
  });

  it('is the same each time, begins like a shorter one, and keeps what is there when the signal comes', async () => {
    const net = narrowNet('small', BCE);
    const device = new DeviceRollout({
      backend,
      net,
      weights: drawnValues(net, 3),
      doubleSigmoid: false,
      steps: 16,
    });
    const { bytes } = device;
    const { buffers } = backend.runtime.counters;
    const prompt = { words: drawnWords(net, 30, 5, 1), bins: 30 };
    const roll = async (bins: number, signal?: AbortSignal, onProgress?: (done: number) => void) => {
      const taken: number[] = [];
      const done = await device.generate(prompt, {
        ...{ bins, seed: 1, present: new Uint8Array(net.units).fill(1) },
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onProgress }),
        take: (bin, words) => {
          expect(bin).toBe(taken.length);
          taken.push(words[0]);
        },
      });
      expect(done).toBe(taken.length);
      return taken;
    };
    const long = await roll(70);
    expect(long).toHaveLength(70);
    expect(new Set(long).size).toBeGreaterThan(5);
    expect(await roll(70)).toEqual(long);
    expect(await roll(20)).toEqual(long.slice(0, 20));
    const controller = new AbortController();
    const cut = await roll(70, controller.signal, (done) => {
      if (done > 30) controller.abort();
    });
    expect(cut.length).toBeGreaterThan(30);
    expect(cut.length).toBeLessThan(70);
    expect(cut).toEqual(long.slice(0, cut.length));
    expect(device.bytes).toBe(bytes);
    expect(backend.runtime.counters.buffers - buffers).toBeLessThanOrEqual(3); // read-backs of three sizes
    device.dispose();
  });
});
