// A GPU's roll-out held against the CPU's, on any host: the CPU is shown the bins that the device drew and asked whether they are the
// draws of its own probabilities.
import { CounterRandom } from '../engine/random.ts';
import type { WasmBackend } from '../engine/wasm/index.ts';
import type { WebGpuBackend } from '../engine/webgpu/index.ts';
import { BCE } from '../losses/losses.ts';
import { drawnValues, drawnWords, narrowNet, PRESET_NAMES } from '../nets/narrow-nets.ts';
import type { PresetName } from '../nets/narrow-nets.ts';
import type { NetConfig } from '../nets/types.ts';
import { DeviceRollout } from './device-rollout.ts';
import { GENERATION_STREAM } from './generate.ts';
import { NetRoller } from './net-roller.ts';

export interface RolloutRow {
  readonly name: string;
  readonly pass: boolean;
  /** The largest distance of a probability from where the device must have seen it. */
  readonly worst: number;
  readonly tolerance: number;
  /** Bits that were drawn otherwise than the CPU would have, all of them within the tolerance where the row passes. */
  readonly otherwise: number;
}

/** Probabilities of one bin in float32, on kernels that add in another order. */
const TOLERANCE = 1e-5;
/** Contexts are 16 bins: learned positions are used up several times, rings go round, and dispatches are cut in the prompt and after it. */
const BINS = 48;
const STEPS = 13;
const SEED = 7;

const NETS: readonly (readonly [PresetName, Partial<NetConfig>])[] = [
  ...PRESET_NAMES.map((preset) => [preset, {}] as const),
  ['base', { positions: 'learned' }],
  ['paper', { positions: 'rotary', norm: 'pre', window: 5 }],
  ['base', { window: 4, positions: 'learned', heads: 1 }],
];

export async function* rolloutRows(backend: WebGpuBackend, cpu: WasmBackend): AsyncGenerator<RolloutRow> {
  for (const [preset, changes] of NETS)
    for (const [doubleSigmoid, temperature] of [
      [false, 1],
      [true, 0.5],
    ] as const)
      // One net is enough to see the second way to a probability.
      if (!doubleSigmoid || preset === 'paper')
        yield await compared(backend, cpu, { preset, changes, doubleSigmoid, temperature });
}

interface Case {
  readonly preset: PresetName;
  readonly changes: Partial<NetConfig>;
  readonly doubleSigmoid: boolean;
  readonly temperature: number;
}

async function compared(backend: WebGpuBackend, cpu: WasmBackend, given: Case): Promise<RolloutRow> {
  const { preset, changes, doubleSigmoid, temperature } = given;
  const net = narrowNet(preset, BCE, changes);
  const { units, wordsPerBin } = net;
  const weights = drawnValues(net, 3);
  const prompt = { words: drawnWords(net, 21, 5, 1), bins: 21 };
  // The last unit is a column without one.
  const present = new Uint8Array(units).fill(1, 0, units - 1);
  const drawn: Uint32Array[] = [];
  const device = new DeviceRollout({ backend, net, weights, doubleSigmoid, steps: STEPS });
  let last: Float32Array;
  try {
    await device.generate(prompt, {
      ...{ bins: BINS, seed: SEED, present, temperature },
      take: (_, words) => drawn.push(words),
    });
    last = await device.probabilities();
  } finally {
    device.dispose();
  }
  const roller = new NetRoller({ core: cpu.core, net, weights, doubleSigmoid });
  const random = new CounterRandom(SEED, GENERATION_STREAM);
  const probabilities = new Float32Array(units);
  let worst = 0;
  let otherwise = 0;
  try {
    for (let bin = 0; bin < prompt.bins; bin++)
      roller.step(prompt.words.subarray(bin * wordsPerBin, (bin + 1) * wordsPerBin), probabilities);
    drawn.forEach((words, bin) => {
      for (let u = 0; u < units; u++) {
        const p = present[u] === 0 ? 0 : tempered(probabilities[u], temperature);
        const share = random.word(bin, u) / 4294967296;
        const fired = ((words[u >>> 5] >>> (u & 31)) & 1) === 1;
        if (fired === share < p) continue;
        otherwise += 1;
        worst = Math.max(worst, present[u] === 0 ? 1 : Math.abs(share - p));
      }
      if (bin + 1 < drawn.length) roller.step(words, probabilities);
    });
  } finally {
    roller.dispose();
  }
  probabilities.forEach((p, u) => (worst = Math.max(worst, Math.abs(p - last[u]))));
  const options = { ...changes, ...(doubleSigmoid ? { doubleSigmoid, temperature } : {}) };
  const name = `${preset} ${JSON.stringify(options)}`;
  const pass = drawn.length === BINS && worst <= TOLERANCE;
  return { name, pass, worst, tolerance: TOLERANCE, otherwise };
}

const tempered = (p: number, temperature: number): number =>
  temperature === 1 ? p : 1 / (1 + Math.exp(-Math.log(p / (1 - p)) / temperature));
