// Plan: changing any bin > t leaves every output at bins <= t bit for bit unchanged, on the reference and on the CPU backend
// (both builds, one and two threads), for every preset, windowed and not, over lengths that cross every block edge; what is
// at > t does change (the test is alive); sequences of a batch do not see each other; and a model that looks ahead is caught.
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../engine/backend.ts';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { createWasmBackend, nodeThreads } from '../engine/wasm/index.ts';
import { BCE } from '../losses/losses.ts';
import { createSpikeNet } from './spike-transformer.ts';
import { PRESET_NAMES, drawnValues, fillInputs, narrowTwin, narrowUnits } from './narrow-nets.ts';
import type { PresetName } from './narrow-nets.ts';
import type { NetConfig, SpikeNet } from './types.ts';

setFlagsFromString('--experimental-wasm-relaxed-simd'); // Node 20 needs it for the relaxed build
const spawn = nodeThreads(Worker);
const backends: readonly (readonly [name: string, backend: Backend, bins: number])[] = [
  ['reference', new ReferenceBackend(), 17],
  ['wasm, plain, 2 threads', await createWasmBackend({ threads: 2, deterministic: true, spawn }), 130],
  ['wasm, relaxed, 1 thread', await createWasmBackend({ threads: 1, deterministic: false, spawn }), 130],
];

const BATCH = 2;
const KEY = { seed: 1, step: 1 };

function netOf(preset: PresetName, bins: number, causal: boolean, changes: Partial<NetConfig>): SpikeNet {
  const data = { units: narrowUnits(preset), context: bins, binMilliseconds: 1, causal };
  return createSpikeNet({ ...narrowTwin(preset), ...changes }, data, BCE);
}

/** For each t: how many outputs at bins <= t, at bins > t, and of the other sequence change when bins > t of the first do. */
async function changes(net: SpikeNet, backend: Backend, bins: number, cuts: readonly number[]) {
  const parameters = backend.parameters(net.specs);
  for (const [name, values] of drawnValues(net, 3)) parameters.write(name, values);
  const netPlan = net.plan('score', { batch: BATCH, bins });
  const compiled = backend.compile(netPlan.plan, parameters);
  const output = async (): Promise<Uint32Array> => {
    compiled.run('forward', KEY);
    const values = Float32Array.from(await compiled.output(netPlan.probabilities ?? netPlan.logits));
    return new Uint32Array(values.buffer);
  };
  fillInputs(net, netPlan, compiled, 5);
  const words = compiled.input(netPlan.words);
  const kept = words.slice();
  const before = await output();
  const perSequence = bins * net.units;
  const unitBits = 2 ** net.units - 1; // every preset's narrow twin has at most 16 units: one word
  const counts: { past: number; future: number; other: number }[] = [];
  for (const t of cuts) {
    words.set(kept);
    for (let s = t + 1; s < bins; s++) words[s] = (words[s] ^ unitBits) >>> 0;
    const after = await output();
    const changed = Array.from(after.keys()).filter((i) => after[i] !== before[i]);
    counts.push({
      past: changed.filter((i) => i < (t + 1) * net.units).length,
      future: changed.filter((i) => i >= (t + 1) * net.units && i < perSequence).length,
      other: changed.filter((i) => i >= perSequence).length,
    });
  }
  compiled.dispose();
  return counts;
}

describe.each(backends)('causality on %s', (_, backend, bins) => {
  afterAll(() => backend.dispose());
  const cuts = [0, 1, 7, 15, 31, 32, 63, 64, 65, 127, 128].filter((t) => t < bins - 1);

  it.each(PRESET_NAMES)('%s: bins after t change nothing at or before t', async (preset) => {
    for (const change of [{}, { window: 5 }, { positions: 'learned' }] as const) {
      for (const count of await changes(netOf(preset, bins, true, change), backend, bins, cuts)) {
        expect(count.past).toBe(0);
        expect(count.other).toBe(0);
        expect(count.future).toBeGreaterThan(0);
      }
    }
  });

  it('a model that sees the whole window is caught', async () => {
    const [count] = await changes(netOf('paper', bins, false, {}), backend, bins, [3]);
    expect(count.past).toBeGreaterThan(0);
    expect(count.other).toBe(0);
  });
});
