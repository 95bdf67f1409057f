// Narrow twins of the presets and drawn inputs for them: what gradients, causality and backends are proved on, on every host.
import type { CompiledPlan } from '../engine/backend.ts';
import { CounterRandom } from '../engine/random.ts';
import type { LossConfig } from '../losses/types.ts';
import { NET_PRESETS } from './presets.ts';
import { createSpikeNet } from './spike-transformer.ts';
import type { NetConfig, NetPlan, SpikeNet } from './types.ts';

export type PresetName = keyof typeof NET_PRESETS;
export const PRESET_NAMES: readonly PresetName[] = ['paper', 'small', 'base'];

/** The preset at width 16 with few units; every other choice stays (two layers of `base`'s four are enough to chain). */
export function narrowTwin(preset: PresetName): NetConfig {
  const net = NET_PRESETS[preset];
  return {
    ...net,
    width: 16,
    heads: Math.min(net.heads, 4),
    feedForward: preset === 'small' ? 24 : 16,
    layers: Math.min(net.layers, 2),
  };
}

/** Units of a narrow twin: the identity embedding fixes 16; 5 leaves a tail in the word. */
export function narrowUnits(preset: PresetName): number {
  return NET_PRESETS[preset].embedding === 'identity' ? 16 : 5;
}

export function narrowNet(preset: PresetName, loss: LossConfig, changes: Partial<NetConfig> = {}): SpikeNet {
  const data = { units: narrowUnits(preset), context: 16, binMilliseconds: 1 };
  return createSpikeNet({ ...narrowTwin(preset), ...changes }, data, loss);
}

/** Rates of drawn trains: from 0.1 up, so that a few bins hold some spikes of every unit. */
export function drawnRates(units: number): Float64Array {
  return Float64Array.from({ length: units }, (_, u) => 0.1 + 0.3 * (u / units));
}

/** Packed Bernoulli spikes, (rows, wordsPerBin). */
export function drawnWords(net: SpikeNet, rows: number, seed: number, stream: number): Uint32Array {
  const random = new CounterRandom(seed, stream);
  const rates = drawnRates(net.units);
  const words = new Uint32Array(rows * net.wordsPerBin);
  for (let n = 0; n < rows; n++) {
    for (let u = 0; u < net.units; u++) {
      if (random.uniform(n, u) < rates[u]) words[n * net.wordsPerBin + (u >>> 5)] |= 1 << (u & 31);
    }
  }
  return words;
}

/** Values for every parameter away from special points (zero weights hide wrong gradients behind them). */
export function drawnValues(net: SpikeNet, seed: number): Map<string, Float32Array> {
  const values = net.initialise(seed, drawnRates(net.units));
  net.specs.forEach(({ name }, i) => {
    const random = new CounterRandom(seed, 7000 + i);
    const held = values.get(name);
    held?.forEach((value, j) => {
      held[j] = value + 0.2 * random.normal(0, j);
    });
  });
  return values;
}

/** Fills every input of a plan with drawn spikes, masks with holes, and a past that is not empty. */
export function fillInputs(net: SpikeNet, netPlan: NetPlan, compiled: CompiledPlan, seed: number): void {
  const { words, targets, unitMask, rowMask, recent, state } = netPlan;
  compiled.input(words).set(drawnWords(net, words.shape[0], seed, 1));
  if (targets) compiled.input(targets).set(drawnWords(net, targets.shape[0], seed, 2));
  if (unitMask) {
    const mask = new Uint32Array(net.wordsPerBin);
    for (let u = 0; u < net.units; u++) if (u !== 2) mask[u >>> 5] |= 1 << (u & 31);
    compiled.input(unitMask).set(mask);
  }
  if (rowMask) {
    compiled
      .input(rowMask)
      .set(Float32Array.from({ length: rowMask.shape[0] }, (_, n) => (n % 7 === 3 ? 0 : 1)));
  }
  if (recent) compiled.input(recent).set(drawnWords(net, recent.shape[0] * recent.shape[1], seed, 3));
  if (state) {
    const [batch, rowsOfState, units] = state.shape;
    const random = new CounterRandom(seed, 4);
    const values = Float32Array.from(
      { length: batch * rowsOfState * units },
      (_, i) => 2 * random.uniform(0, i),
    );
    for (let b = 0; b < batch; b++) {
      for (let u = 0; u < units; u++) {
        values[(b * rowsOfState + rowsOfState - 1) * units + u] = Math.floor(
          40 * random.uniform(1, b * units + u),
        );
      }
    }
    compiled.input(state).set(values);
  }
}
