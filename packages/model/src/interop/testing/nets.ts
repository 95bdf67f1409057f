// Nets, weights and inputs that both interop tests (PyTorch, ONNX) hand to the other tool, and what our engine says of them.
import type { Backend } from '../../engine/backend.ts';
import { LARGEST_AGE } from '../../engine/reference/own-history.ts';
import { CounterRandom } from '../../engine/random.ts';
import { BCE } from '../../losses/losses.ts';
import { NET_PRESETS } from '../../nets/presets.ts';
import { createSpikeNet } from '../../nets/spike-transformer.ts';
import { drawnRates } from '../../nets/narrow-nets.ts';
import type { HistoryConfig, NetConfig, SpikeNet } from '../../nets/types.ts';

/** Learned positions end here. */
export const CONTEXT = 65;

export interface InteropNet {
  readonly net: SpikeNet;
  readonly doubleSigmoid: boolean;
}

function netOf(config: NetConfig, units: number, { causal = true, doubleSigmoid = false } = {}): InteropNet {
  const data = { units, context: CONTEXT, binMilliseconds: 1, causal };
  return { net: createSpikeNet(config, data, { ...BCE, doubleSigmoid }), doubleSigmoid };
}

/** `base` with its four layers, narrow. */
const narrowBase: NetConfig = { ...NET_PRESETS.base, width: 64, heads: 4, feedForward: 96 };
const oneLayer: NetConfig = { ...narrowBase, layers: 1, history: null };

function historyOf(changes: Partial<HistoryConfig>): HistoryConfig {
  return { lags: 3, taus: [3, 40, 60000], logScale: [0, 0.5, 1], ageEdges: [1, 2, 7], ...changes };
}

/**
 * `paper` and `small` whole, `base` narrow (37 units leave a tail in the second word), and what no preset has: learned
 * positions, windows, histories that lack a part.
 */
export const INTEROP_NETS: Readonly<Record<string, InteropNet>> = {
  paper: netOf(NET_PRESETS.paper, 128),
  small: netOf(NET_PRESETS.small, 128),
  'narrow base': netOf(narrowBase, 37),
  'learned positions, window 5, post-norm, double sigmoid': netOf(
    { ...oneLayer, layers: 2, norm: 'post', positions: 'learned', window: 5 },
    37,
    { doubleSigmoid: true },
  ),
  'a net that looks ahead': netOf(oneLayer, 5, { causal: false }),
  'window 5, history without lags': netOf({ ...oneLayer, window: 5, history: historyOf({ lags: 0 }) }, 5),
  'no layer, history without traces': netOf(
    { ...oneLayer, layers: 0, history: historyOf({ taus: [], logScale: [] }) },
    5,
  ),
  'history without ages': netOf({ ...oneLayer, history: historyOf({ ageEdges: [] }) }, 5),
};

/**
 * Weights as training leaves them: starting values and normal noise, half as wide again as an initial projection for
 * matrices, 0.2 elsewhere. No tensor is zero or one, so that none can be left out or swapped unseen.
 */
export function interopWeights(net: SpikeNet, seed = 5): Map<string, Float32Array> {
  const values = net.initialise(seed, drawnRates(net.units));
  net.specs.forEach(({ name, shape }, i) => {
    const random = new CounterRandom(seed, 9000 + i);
    const isProjection = name.endsWith('.weight') && name !== 'history.weight';
    const deviation = isProjection ? 0.5 / Math.sqrt(shape[0]) : 0.2;
    const held = values.get(name);
    held?.forEach((value, j) => {
      held[j] = value + deviation * random.normal(0, j);
    });
  });
  return values;
}

export type Firing = 'drawn' | 'silent' | 'every spike';
export const FIRINGS: readonly Firing[] = ['drawn', 'silent', 'every spike'];

/** What windows start from and hold; packed as the engine takes it. */
export interface InteropInputs {
  readonly batch: number;
  readonly bins: number;
  readonly words: Uint32Array; // (batch * bins, wordsPerBin)
  readonly recent: Uint32Array; // (batch, lags, wordsPerBin), oldest first
  readonly state: Float32Array; // (batch, traces + 1, units)
}

/** One window of `bins` for each way of firing, and a past that fires alike; `state` is empty without own history. */
export function interopInputs(
  net: SpikeNet,
  bins: number,
  firings: readonly Firing[] = FIRINGS,
): InteropInputs {
  const { units, wordsPerBin, history } = net;
  const rates = drawnRates(units);
  const batch = firings.length;
  const spikes = (rowsEach: number, stream: number): Uint32Array => {
    const random = new CounterRandom(3, stream);
    const words = new Uint32Array(batch * rowsEach * wordsPerBin);
    for (let n = 0; n < batch * rowsEach; n++) {
      const firing = firings[Math.floor(n / rowsEach)];
      for (let u = 0; u < units; u++) {
        const fires = firing === 'drawn' ? random.uniform(n, u) < rates[u] : firing === 'every spike';
        if (fires) words[n * wordsPerBin + (u >>> 5)] |= 1 << (u & 31);
      }
    }
    return words;
  };
  const traces = history?.decays.length ?? 0;
  const random = new CounterRandom(4, 4);
  /** Traces, then the age, of one unit after the bin before the window. */
  const past = (b: number, row: number, u: number): number => {
    if (firings[b] === 'silent') return row < traces ? 0 : LARGEST_AGE;
    if (row < traces) return 3 * random.uniform(row, b * units + u);
    return firings[b] === 'drawn' ? Math.floor(5000 * random.uniform(traces, u) ** 4) : 0;
  };
  const rows = history === null ? 0 : traces + 1;
  const state = Float32Array.from({ length: batch * rows * units }, (_, i) =>
    past(Math.floor(i / (rows * units)), Math.floor(i / units) % rows, i % units),
  );
  return { batch, bins, words: spikes(bins, 1), recent: spikes(history?.lags ?? 0, 2), state };
}

/** Logits and probabilities (batch * bins, units) of our engine. */
export async function engineScores(
  backend: Backend,
  net: SpikeNet,
  weights: ReadonlyMap<string, Float32Array>,
  { batch, bins, words, recent, state }: InteropInputs,
): Promise<{ readonly logits: Float32Array; readonly probabilities: Float32Array }> {
  const parameters = backend.parameters(net.specs);
  for (const [name, values] of weights) parameters.write(name, values);
  const plan = net.plan('score', { batch, bins });
  const compiled = backend.compile(plan.plan, parameters);
  compiled.input(plan.words).set(words);
  if (plan.recent !== null && recent.length > 0) compiled.input(plan.recent).set(recent);
  if (plan.state !== null) compiled.input(plan.state).set(state);
  compiled.run('forward', { seed: 0, step: 0 });
  const logits = Float32Array.from(await compiled.output(plan.logits));
  const probabilities = Float32Array.from(await compiled.output(plan.probabilities ?? plan.logits));
  compiled.dispose();
  return { logits, probabilities };
}

/** Bits of packed rows as numbers, (rows, units). */
export function unpacked(words: Uint32Array, net: SpikeNet): Float32Array {
  const { units, wordsPerBin } = net;
  return Float32Array.from(
    { length: (words.length / wordsPerBin) * units },
    (_, i) => (words[Math.floor(i / units) * wordsPerBin + ((i % units) >>> 5)] >>> ((i % units) & 31)) & 1,
  );
}

/** Largest difference, in units of the root mean square of what is wanted; NaN and a wrong length count as infinite. */
export function errorInRms(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (got.length !== wanted.length) return Infinity;
  let squares = 0;
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    squares += wanted[i] ** 2;
    const difference = Math.abs(got[i] - wanted[i]);
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference;
  }
  return worst / Math.sqrt(squares / wanted.length);
}
