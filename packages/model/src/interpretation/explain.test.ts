// Plan: attention by lag equals a plain softmax over float64 queries and keys made from the weights themselves, on the reference and
// on the CPU kernels; gradients equal central differences of the reference, tokens and spikes moved by hand; history passes on what
// its features do; a later bin changes nothing; groups and all units add up; windows are where they should be.
import { expect, describe, it } from 'vitest';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import type { ReferencePlan } from '../engine/reference/backend.ts';
import { runReference } from '../engine/reference/kernels.ts';
import { createWasmBackend } from '../engine/wasm/index.ts';
import { resolveConfig } from '../config/resolve.ts';
import { drawnValues } from '../nets/narrow-nets.ts';
import { createSpikeNet } from '../nets/spike-transformer.ts';
import type { NetConfig, SpikeNet } from '../nets/types.ts';
import { BoundPlan, bankFor } from '../training/bound-plan.ts';
import { chainRaster, fires, rasterOf } from '../training/testing/rasters.ts';
import { tinyNet } from '../training/testing/tiny-config.ts';
import { explain, judgedBins } from './explain.ts';
import type { Explanation } from './explain.ts';
import { addThroughHistory } from './spike-gradient.ts';

const UNITS = 5;
const CONTEXT = 12;
const { loss } = resolveConfig().config;
const netOf = (change: Partial<NetConfig> = {}, units = UNITS): SpikeNet =>
  createSpikeNet({ ...tinyNet, ...change }, { units, context: CONTEXT, binMilliseconds: 1 }, loss);
const paper: Partial<NetConfig> = {
  ...{ embedding: 'identity', norm: 'post', positions: 'none', history: null, heads: 4 },
};
const nets: [string, SpikeNet][] = [
  ['bits, rotary, own history', netOf()],
  ['two layers, learned positions, gelu', netOf({ layers: 2, positions: 'learned', activation: 'gelu' })],
  ['identity, post-norm', netOf(paper, 8)],
];
const raster = chainRaster(80, UNITS, 3);
const targets = [40, 55, 71];
const everyone = (units: number) => new Uint8Array(units).fill(1);

const explained = (net: SpikeNet, change: object = {}): Promise<Explanation> =>
  explain({
    ...{ backend: new ReferenceBackend(), net, weights: drawnValues(net, 5), targets, groups: [] },
    ...{ raster: chainRaster(80, net.units, 3), scored: everyone(net.units), ...change },
  });

describe('attention by lag', () => {
  it('is a plain softmax of the binary vectors, where nothing stands before attention', async () => {
    const [heads, width, headWidth] = [4, 8, 2];
    const net = netOf(paper, width);
    const weights = drawnValues(net, 5);
    const own = chainRaster(80, width, 3);
    const get = (name: string) => weights.get(name) ?? new Float32Array(0);
    const [w, bias] = [get('layers.0.attention.qkv.weight'), get('layers.0.attention.qkv.bias')];
    /** Column j of q | k | v of a bin. */
    const value = (bin: number, j: number): number => {
      let sum = bias[j];
      for (let u = 0; u < width; u++) if (fires(own, bin, u)) sum += w[u * 3 * width + j];
      return sum;
    };
    const sums = new Float64Array(heads * CONTEXT);
    for (const target of targets) {
      const last = target - 1;
      for (let h = 0; h < heads; h++) {
        const scores = Array.from({ length: CONTEXT }, (_, lag) => {
          let dot = 0;
          for (let i = h * headWidth; i < (h + 1) * headWidth; i++)
            dot += value(last, i) * value(last - lag, width + i);
          return Math.exp(dot / Math.sqrt(headWidth));
        });
        const total = scores.reduce((a, b) => a + b, 0);
        scores.forEach((score, lag) => (sums[h * CONTEXT + lag] += score / total));
      }
    }
    const { attention, windows } = await explained(net);
    expect([windows, attention.length]).toEqual([3, heads * CONTEXT]);
    attention.forEach((share, i) => {
      expect(Math.abs(share - sums[i] / targets.length)).toBeLessThan(1e-6);
    });
  });

  it('reaches no further than the window, and adds up to all of it', async () => {
    const { attention } = await explained(netOf({ window: 4 }));
    for (let h = 0; h < 2; h++) {
      const own = attention.subarray(h * CONTEXT, (h + 1) * CONTEXT);
      expect(own.subarray(0, 4).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
      expect([...own.subarray(4)].every((share) => share === 0)).toBe(true);
    }
  });
});

/** Mean log-likelihood of the judged bin of one window, tokens moved by `move`, in float64. */
function likelihood(
  net: SpikeNet,
  target: number,
  move: (tokens: Float64Array, width: number) => void,
): number {
  const own = chainRaster(80, net.units, 3);
  const backend = new ReferenceBackend();
  const parameters = backend.parameters(net.specs);
  for (const [name, values] of drawnValues(net, 5)) parameters.write(name, values);
  const plans: ReferencePlan[] = [];
  const plan = new BoundPlan({
    backend: Object.assign(Object.create(backend) as ReferenceBackend, {
      compile: (...args: Parameters<ReferenceBackend['compile']>) => {
        plans.push(backend.compile(...args));
        return plans[plans.length - 1];
      },
    }),
    ...{ parameters, net, mode: 'explain', shape: { batch: 1, bins: CONTEXT }, raster: own },
    bank: bankFor(net, own),
  });
  plan.load([{ inputStart: target - CONTEXT, rows: CONTEXT, countFrom: CONTEXT - 1, firstBin: 0 }]);
  plan.run('forward', { seed: 0, step: 0 });
  const [memory] = plans;
  const { forward } = plan.tensors.plan;
  for (const call of forward) {
    runReference(call, memory, { seed: 0, step: 0 });
    if (call.op === 'bitEmbed' || call.op === 'unpackBits') move(memory.values(call.out), call.out.shape[1]);
  }
  const loss = forward.findLast((call) => call.op === 'loss');
  if (loss === undefined) throw new Error('no loss');
  return -memory.values(loss.value)[0];
}

describe('importance by way of attention', () => {
  it.each(nets)('%s: is the central difference of the log-likelihood', async (_, net) => {
    const [target] = targets;
    const weights = drawnValues(net, 5);
    const embedding = weights.get('embedding.weight');
    const looked = await explained(net, { targets: [target] });
    const STEP = 1e-5;
    for (const lag of [0, 1, 5, CONTEXT - 1]) {
      const row = CONTEXT - 1 - lag;
      const slope = (direction: (k: number, width: number) => number): number => {
        const moved = (by: number): number =>
          likelihood(net, target, (tokens, width) => {
            for (let k = 0; k < width; k++) tokens[row * width + k] += by * direction(k, width);
          });
        return (moved(STEP) - moved(-STEP)) / (2 * STEP);
      };
      const every = slope((k, width) =>
        embedding === undefined
          ? 1
          : Array.from({ length: net.units }, (__, u) => embedding[u * width + k]).reduce((a, b) => a + b, 0),
      );
      expect(Math.abs(looked.tokens[lag] - Math.abs(every))).toBeLessThan(1e-6);
      for (let u = 0; u < net.units; u++) {
        const want = slope((k, width) =>
          embedding === undefined ? Number(k === u) : embedding[u * width + k],
        );
        const got = looked.throughAttention[lag * net.units + u];
        expect(Math.abs(got - Math.abs(want)), `lag ${lag}, unit ${u}`).toBeLessThan(1e-6);
      }
    }
    expect(Math.max(...looked.throughAttention)).toBeGreaterThan(1e-3);
  });

  it('times attention is, window by window, the product', async () => {
    const net = netOf();
    const singles = await Promise.all(targets.map((target) => explained(net, { targets: [target] })));
    const all = await explained(net);
    for (const key of ['importance', 'throughAttention', 'product', 'tokens'] as const)
      all[key].forEach((value, i) =>
        expect(value).toBeCloseTo(singles.reduce((sum, one) => sum + one[key][i], 0) / 3, 7),
      );
    // In a net that sees one bin, attention is 1 there and 0 elsewhere.
    const { product, throughAttention } = await explained(netOf({ window: 1 }));
    product.forEach((value, i) => {
      if (i < UNITS) expect(value).toBeCloseTo(throughAttention[i], 6);
      else expect(value).toBe(0);
    });
  });
});

describe('importance by way of own history', () => {
  it('is the slope of lags and traces, raw and logarithmic', () => {
    const features = { lags: 2, decays: [0.6, 0.9], logScale: [0, 3], scales: [0.8, 0.25], ageEdges: [1] };
    const weight = Float64Array.from({ length: 5 * 2 }, (_, i) => Math.sin(i + 1));
    const spikes = [1, 0, 0, 1, 0, 0.5, 1, 0];
    const bins = spikes.length;
    /** Logit of unit u after the last bin, both units with these spikes. */
    const logit = (x: readonly number[], u: number): number => {
      let sum = weight[u] * x[bins - 1] + weight[2 + u] * x[bins - 2];
      features.decays.forEach((decay, k) => {
        const trace = x.reduce((s, spike) => decay * s + spike, 0);
        const feature = k === 0 ? trace : Math.log(1 + 3 * trace);
        sum += weight[(2 + k) * 2 + u] * features.scales[k] * feature;
      });
      return sum;
    };
    const state = features.decays.flatMap((decay) => {
      const trace = spikes.reduce((s, spike) => decay * s + spike, 0);
      return [trace, trace];
    });
    const out = new Float64Array(bins * 2);
    addThroughHistory(features, weight, state, { gradient: [2, -1], at: 0, factor: 0.5 }, out, bins);
    for (let lag = 0; lag < bins; lag++)
      for (const [u, upstream] of [1, -0.5].entries()) {
        const moved = (by: number) =>
          logit(
            spikes.map((spike, bin) => (bin === bins - 1 - lag ? spike + by : spike)),
            u,
          );
        expect(out[lag * 2 + u]).toBeCloseTo((upstream * (moved(1e-5) - moved(-1e-5))) / 2e-5, 7);
      }
  });

  it('is all that there is where attention passes nothing on', async () => {
    const net = netOf();
    const weights = drawnValues(net, 5);
    weights.get('output.weight')?.fill(0);
    const looked = await explained(net, { weights });
    expect(Math.max(...looked.throughAttention)).toBe(0);
    // Every unit has a past of its own and a gradient of its own logit.
    for (let u = 0; u < UNITS; u++) expect(looked.importance[u]).toBeGreaterThan(0);
  });
});

describe('explain', () => {
  it('gives on the CPU kernels what the reference gives', async () => {
    const backend = await createWasmBackend({ deterministic: true });
    for (const [name, net] of nets) {
      const [got, want] = [
        await explained(net, { backend, groups: [[0, 2]] }),
        await explained(net, { groups: [[0, 2]] }),
      ];
      for (const key of [
        'attention',
        'tokens',
        'importance',
        'throughAttention',
        'product',
        'ofGroups',
      ] as const)
        got[key].forEach((value, i) =>
          expect(Math.abs(value - want[key][i]), `${name} ${key}`).toBeLessThan(2e-5),
        );
    }
    backend.dispose();
  });

  it('does not look at bins after the judged one', async () => {
    const changed = rasterOf(80, UNITS, (bin, unit) => (bin > 71 ? true : fires(raster, bin, unit)));
    expect(await explained(netOf(), { raster: changed })).toEqual(await explained(netOf()));
  });

  it('looks at the prediction of a group by itself; all units as a group are all', async () => {
    const whole = await explained(netOf(), { groups: [[0, 1, 2, 3, 4], [1]] });
    for (let u = 0; u < UNITS; u++) {
      let sum = 0;
      for (let lag = 0; lag < CONTEXT; lag++) sum += whole.importance[lag * UNITS + u];
      expect(whole.ofGroups[u]).toBeCloseTo(sum, 9);
    }
    expect(whole.ofGroups[UNITS + 1]).not.toBeCloseTo(whole.ofGroups[1], 3);
    // A unit that is not scored is nobody's prediction.
    const without = await explained(netOf(), {
      scored: Uint8Array.of(1, 1, 1, 1, 0),
      groups: [[0, 1, 2, 3]],
    });
    for (let u = 0; u < UNITS; u++) {
      let sum = 0;
      for (let lag = 0; lag < CONTEXT; lag++) sum += without.importance[lag * UNITS + u];
      expect(without.ofGroups[u]).toBeCloseTo(sum, 9);
    }
  });

  it('looks at groups in a quarter of the runs, and takes means of those', async () => {
    // Three runs of 341 windows, of one bin: every run tells the same.
    const one = await explained(netOf(), { targets: [40], groups: [[1, 3]] });
    const many = await explained(netOf(), {
      targets: Array.from({ length: 3 * 341 }, () => 40),
      groups: [[1, 3]],
    });
    many.ofGroups.forEach((value, i) => expect(value).toBeCloseTo(one.ofGroups[i], 7));
  });

  it('stops when asked, with what it has', async () => {
    const stop = new AbortController();
    const many = Array.from({ length: 600 }, (_, i) => 12 + (i % 60));
    const looked = await explained(netOf(), {
      ...{ targets: many, signal: stop.signal },
      onProgress: () => stop.abort(),
    });
    expect(looked.windows).toBe(341);
    expect(looked.attention[0]).toBeGreaterThan(0);
  });
});

describe('judgedBins', () => {
  it('spreads over the spans, each with a whole context of observed past', () => {
    const observed = [
      { start: 0, stop: 100 },
      { start: 150, stop: 300 },
    ];
    const bins = judgedBins(
      [
        { start: 80, stop: 100 },
        { start: 150, stop: 180 },
      ],
      observed,
      20,
      6,
    );
    expect(bins).toEqual([82, 87, 92, 97, 172, 177]);
    expect(judgedBins([{ start: 0, stop: 23 }], observed, 20, 10)).toEqual([20, 21, 22]);
    expect(() => judgedBins([{ start: 150, stop: 170 }], observed, 20, 4)).toThrow(
      expect.objectContaining({ code: 'E_EVALUATION_SPLIT' }) as Error,
    );
  });
});
