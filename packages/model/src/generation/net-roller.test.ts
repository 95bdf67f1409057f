// Plan: a real raster fed to the roll-out in place of samples must give what the float64 reference's plans give: over the first
// context of bins for every net; beyond it for the net whose window is the context; for one layer, and for learned positions,
// over the very window that is held. No probability may depend on a later bin, no bit on the threads, no byte on the length.
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { createWasmBackend, nodeThreads } from '../engine/wasm/index.ts';
import type { WasmBackend } from '../engine/wasm/index.ts';
import { cos, sin } from '../engine/elementary.ts';
import { BCE } from '../losses/losses.ts';
import { drawnValues, drawnWords, narrowNet, PRESET_NAMES } from '../nets/narrow-nets.ts';
import type { PresetName } from '../nets/narrow-nets.ts';
import { rotaryFrequencies } from '../nets/spike-transformer.ts';
import type { NetConfig, SpikeNet } from '../nets/types.ts';
import { bankFor } from '../training/bound-plan.ts';
import type { Raster } from '../recording/types.ts';
import { NetRoller } from './net-roller.ts';
import { RotaryPhases } from './rotary-phases.ts';

const CONTEXT = 16; // of the narrow nets
const TOLERANCE = 1e-5;
const reference = new ReferenceBackend();

const NETS: readonly (readonly [PresetName, Partial<NetConfig>])[] = [
  ...PRESET_NAMES.map((preset) => [preset, {}] as const),
  ['base', { positions: 'learned' }],
  ['small', { positions: 'learned', norm: 'post' }],
  ['paper', { positions: 'rotary', norm: 'pre', window: 5 }],
  ['small', { window: 3, layers: 2 }],
  ['small', { layers: 0 }],
  ['base', { window: 4, positions: 'learned', heads: 1 }],
];
const ROWS = NETS.map(
  ([preset, changes]) => [`${preset} ${JSON.stringify(changes)}`, preset, changes] as const,
);

function rasterOf(net: SpikeNet, bins: number, seed = 5): Raster {
  const words = drawnWords(net, bins, seed, 1);
  return {
    ...{ words, bins, units: net.units, wordsPerBin: net.wordsPerBin, binMilliseconds: 1 },
    observed: [{ start: 0, stop: bins }],
  };
}

/** Probabilities (bins, units) of a plan over bins [start, stop), the own-history path from the raster's true past. */
function planned(net: SpikeNet, raster: Raster, start: number, stop: number): Float32Array {
  const parameters = reference.parameters(net.specs);
  for (const [name, values] of drawnValues(net, 3)) parameters.write(name, values);
  const tensors = net.plan('score', { batch: 1, bins: stop - start });
  const compiled = reference.compile(tensors.plan, parameters);
  compiled
    .input(tensors.words)
    .set(raster.words.subarray(start * raster.wordsPerBin, stop * raster.wordsPerBin));
  const { recent, state } = tensors;
  const bank = bankFor(net, raster);
  if (recent !== null && state !== null && bank !== null)
    bank.stateAt(
      ...([
        start,
        compiled.input(state) as Float32Array,
        0,
        compiled.input(recent) as Uint32Array,
        0,
      ] as const),
    );
  compiled.run('forward', { seed: 0, step: 0 });
  return compiled.output(tensors.probabilities ?? tensors.logits).slice();
}

/** Probabilities (bins, units) of the roll-out, fed with the raster. */
function forced(backend: WasmBackend, net: SpikeNet, raster: Raster, doubleSigmoid = false): Float32Array {
  const weights = drawnValues(net, 3);
  const roller = new NetRoller({ core: backend.core, net, weights, doubleSigmoid });
  const out = new Float32Array(raster.bins * net.units);
  for (let t = 0; t < raster.bins; t++) {
    const words = raster.words.subarray(t * net.wordsPerBin, (t + 1) * net.wordsPerBin);
    roller.step(words, out.subarray(t * net.units, (t + 1) * net.units));
  }
  roller.dispose();
  return out;
}

function worst(got: Float32Array, wanted: Float32Array): number {
  expect(got.length).toBe(wanted.length);
  return got.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]) || 0), 0);
}

describe('teacher-forced', () => {
  let backend: WasmBackend;
  let threaded: WasmBackend;
  beforeAll(async () => {
    backend = await createWasmBackend({ deterministic: true });
    threaded = await createWasmBackend({ deterministic: true, threads: 2, spawn: nodeThreads(Worker) });
  });
  afterAll(() => {
    expect(backend.core.memory.bytesInUse).toBeLessThan(65536);
    backend.dispose();
    threaded.dispose();
  });

  it.each(ROWS)('%s: the first context equals a plan', (_, preset, changes) => {
    const net = narrowNet(preset, BCE, changes);
    const raster = rasterOf(net, CONTEXT);
    const wanted = planned(net, raster, 0, CONTEXT);
    expect(Math.max(...wanted) - Math.min(...wanted)).toBeGreaterThan(0.1);
    expect(worst(forced(backend, net, raster), wanted)).toBeLessThan(TOLERANCE);
  });

  it('a double sigmoid belongs to the probabilities', () => {
    const net = narrowNet('paper', { ...BCE, doubleSigmoid: true });
    const raster = rasterOf(net, CONTEXT);
    expect(worst(forced(backend, net, raster, true), planned(net, raster, 0, CONTEXT))).toBeLessThan(
      TOLERANCE,
    );
  });

  it.each(ROWS.filter(([, , changes]) => changes.positions !== 'learned'))(
    '%s: beyond it, the net whose window is the context',
    (_, preset, changes) => {
      const net = narrowNet(preset, BCE, changes);
      const raster = rasterOf(net, 5 * CONTEXT + 3);
      const windowed = narrowNet(preset, BCE, { ...changes, window: net.config.window || CONTEXT });
      const wanted = planned(windowed, raster, 0, raster.bins);
      expect(worst(forced(backend, net, raster), wanted)).toBeLessThan(TOLERANCE);
      // The window is what makes them equal: all of the past would give something else.
      if (net.config.layers > 0 && net.config.window === 0)
        expect(worst(planned(net, raster, 0, raster.bins), wanted)).toBeGreaterThan(100 * TOLERANCE);
    },
  );

  it.each(['paper', 'small'] as const)('%s, one layer: beyond it, a plan over the window held', (preset) => {
    const net = narrowNet(preset, BCE);
    const raster = rasterOf(net, 2 * CONTEXT + 5);
    const got = forced(backend, net, raster);
    for (let t = CONTEXT; t < raster.bins; t++) {
      const wanted = planned(net, raster, t + 1 - CONTEXT, t + 1);
      const row = got.subarray(t * net.units, (t + 1) * net.units);
      expect(worst(row, wanted.subarray(wanted.length - net.units)), `bin ${t}`).toBeLessThan(TOLERANCE);
    }
  });

  it('base, two layers: earlier bins pass on what has left the window, so a plan over it differs', () => {
    const net = narrowNet('base', BCE);
    const raster = rasterOf(net, 2 * CONTEXT);
    const got = forced(backend, net, raster);
    const wanted = planned(net, raster, CONTEXT, 2 * CONTEXT).slice(-net.units);
    expect(worst(got.slice(-net.units), wanted)).toBeGreaterThan(100 * TOLERANCE);
  });

  it.each(ROWS.filter(([, , changes]) => changes.positions === 'learned'))(
    '%s: learned positions begin again from half a context',
    (_, preset, changes) => {
      const net = narrowNet(preset, BCE, changes);
      const raster = rasterOf(net, 4 * CONTEXT + 1);
      const got = forced(backend, net, raster);
      const half = CONTEXT / 2;
      let start = 0;
      for (let t = 0; t < raster.bins; t++) {
        if (t - start === CONTEXT) start = t + 1 - half;
        const wanted = planned(net, raster, start, t + 1);
        const row = got.subarray(t * net.units, (t + 1) * net.units);
        expect(worst(row, wanted.subarray(wanted.length - net.units)), `bin ${t}`).toBeLessThan(TOLERANCE);
      }
      expect(start).toBeGreaterThan(2 * CONTEXT);
    },
  );

  it.each(ROWS)('%s: no probability depends on a later bin', (_, preset, changes) => {
    const net = narrowNet(preset, BCE, changes);
    const raster = rasterOf(net, 3 * CONTEXT);
    const before = forced(backend, net, raster);
    for (const from of [1, CONTEXT, 2 * CONTEXT + 3]) {
      const changed = rasterOf(net, raster.bins);
      changed.words.set(drawnWords(net, raster.bins - from, 77, 2), from * net.wordsPerBin);
      const after = forced(backend, net, changed);
      expect(after.subarray(0, from * net.units)).toEqual(before.subarray(0, from * net.units));
      expect(after).not.toEqual(before);
    }
  });

  it.each(ROWS)('%s: the same bits on two threads', (_, preset, changes) => {
    const net = narrowNet(preset, BCE, changes);
    const raster = rasterOf(net, 3 * CONTEXT);
    expect(forced(threaded, net, raster)).toEqual(forced(backend, net, raster));
  });

  it('memory does not grow with the length', () => {
    const net = narrowNet('small', BCE);
    const core = backend.core;
    const roller = new NetRoller({ core, net, weights: drawnValues(net, 3), doubleSigmoid: false });
    const out = new Float32Array(net.units);
    const step = (bins: number) => {
      for (let t = 0; t < bins; t++) roller.step(new Uint32Array([t & 31]), out);
      return [roller.bytes, core.memory.bytesInUse, core.memory.bytes];
    };
    const first = step(2 * CONTEXT);
    expect(step(100 * CONTEXT)).toEqual(first);
    roller.dispose();
    roller.dispose();
  });

  it('refuses weights of another net', () => {
    const net = narrowNet('small', BCE);
    const weights = drawnValues(narrowNet('paper', BCE), 3);
    const make = () => new NetRoller({ core: backend.core, net, weights, doubleSigmoid: false });
    expect(make).toThrow(expect.objectContaining({ code: 'E_MODEL_WEIGHTS' }) as Error);
  });
});

it('rotary phases keep their differences beyond what a sine of the bin could reach', () => {
  const phases = new RotaryPhases(4);
  const early = new Float32Array(4);
  const late = new Float32Array(4);
  const far = 600_000;
  for (let t = 0; t <= far; t++) phases.next(early);
  for (let t = 0; t < 1000; t++) phases.next(late);
  rotaryFrequencies(4).forEach((frequency, i) => {
    // cos and sin of the difference of both angles.
    expect(late[i] * early[i] + late[2 + i] * early[2 + i]).toBeCloseTo(cos(1000 * frequency), 6);
    expect(late[2 + i] * early[i] - late[i] * early[2 + i]).toBeCloseTo(sin(1000 * frequency), 6);
  });
});
