// Plan: the weights are those of greatest likelihood, found again from models whose right weights are known; a mixture is the
// weighted sum of log-odds; it is causal where its models are.
import { describe, expect, it } from 'vitest';
import { fitMixture, mixtureFactory } from './mixture.ts';
import { futurePerturbation } from './guards.ts';
import { spikeAt } from './features/cursor.ts';
import { drawRaster } from './testing/synthetic.ts';
import type { Predictor, PredictorFactory, TargetView } from './types.ts';

/** Fires by logit -3 + 1.5 a - 1 b, where a and b are spikes of the unit one and two bins before. */
const raster = drawRaster(30_000, 4, 3, (_, unit, past) => {
  const z = -3 + 1.5 * past(1, unit) - past(2, unit);
  return 1 / (1 + Math.exp(-z));
});
const view: TargetView = {
  ...{ raster, rates: null, level: 'none', known: null },
  scored: Uint8Array.of(1, 1, 1, 0),
};
const spans = [{ start: 10, stop: 30_000 }];

/** Log-odds of the spike `lag` bins before, less `shift`. */
const model =
  (lag: number, shift: number): PredictorFactory =>
  (target) =>
    ({
      key: 'model',
      predict: (start: number, stop: number, out: Float32Array) => {
        for (let bin = start, at = 0; bin < stop; bin++)
          for (let u = 0; u < 4; u++, at++)
            out[at] = 1 / (1 + Math.exp(shift - (bin < lag ? 0 : spikeAt(target.raster, bin - lag, u))));
        return undefined;
      },
    }) satisfies Predictor;

const factories = [model(1, 2), model(2, 1)];

describe('a mixture', () => {
  it('finds the weights that made the spikes, and an offset free of how rows were drawn', async () => {
    const { weights, offset } = await fitMixture({ factories, view, spans, seed: 1 });
    // About 5,000 spikes: four standard errors.
    expect(weights[0]).toBeGreaterThan(1.3);
    expect(weights[0]).toBeLessThan(1.7);
    expect(weights[1]).toBeGreaterThan(-1.4);
    expect(weights[1]).toBeLessThan(-0.6);
    // -3 = offset - 2 w0 - w1
    expect(offset - 2 * weights[0] - weights[1]).toBeGreaterThan(-3.1);
    expect(offset - 2 * weights[0] - weights[1]).toBeLessThan(-2.9);
  });

  it('is the weighted sum of log-odds', async () => {
    const out = new Float32Array(400);
    const make = mixtureFactory(factories, { weights: [0.5, 3], offset: 0.25 });
    await make(view).predict(100, 200, out);
    out.forEach((p, i) => {
      const bin = 100 + Math.floor(i / 4);
      const z =
        0.25 + 0.5 * (spikeAt(raster, bin - 1, i % 4) - 2) + 3 * (spikeAt(raster, bin - 2, i % 4) - 1);
      expect(p).toBeCloseTo(1 / (1 + Math.exp(-z)), 6);
    });
  });

  it('looks at no bin that its models do not look at', async () => {
    const factory = mixtureFactory(factories, { weights: [1, 1], offset: 0 });
    expect((await futurePerturbation({ factory, view, spans, seed: 2 })).passed).toBe(true);
  });

  it('has nothing to be fitted on where nothing fires', async () => {
    const silent = { ...view, scored: Uint8Array.of(0, 0, 0, 0) };
    await expect(fitMixture({ factories, view: silent, spans, seed: 1 })).rejects.toMatchObject({
      code: 'E_EVALUATION_SPLIT',
    });
  });
});
