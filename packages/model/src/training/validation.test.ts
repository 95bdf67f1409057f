// Plan: over drawn parts and contexts every bin with enough past is scored once, inside one observed span; the scores equal sums
// worked out here from the probabilities; own rates and their cross-entropy by hand.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { createSpikeNet } from '../nets/spike-transformer.ts';
import { BoundPlan, allUnits, bankFor } from './bound-plan.ts';
import { inMask, ownRates, rateCrossEntropy } from './rates.ts';
import { segmentsOf } from './segments.ts';
import { chainRaster, fires, rasterOf } from './testing/rasters.ts';
import { tinyConfig, tinyNet } from './testing/tiny-config.ts';
import { minimumPast } from '../recording/split.ts';
import { Validation, scoringWindows } from './validation.ts';

const go = (): Promise<void> => Promise.resolve();

describe('scoringWindows', () => {
  it('scores every bin with half a context of past exactly once', () => {
    const part = fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 150 }));
    fc.assert(
      fc.property(part, fc.integer({ min: 2, max: 40 }), fc.nat(60), ([start, length], context, gap) => {
        const observed = [
          { start: 0, stop: 120 },
          { start: 120 + gap, stop: 300 },
        ];
        const spans = [{ start, stop: start + length }];
        const seen: number[] = [];
        for (const { inputStart, rows, countFrom = 0 } of scoringWindows(spans, observed, context)) {
          expect(rows).toBeLessThanOrEqual(context);
          expect(countFrom + 1).toBeGreaterThanOrEqual(minimumPast(context));
          const home = observed.find((span) => inputStart >= span.start && inputStart + rows < span.stop);
          expect(home).toBeDefined();
          for (let row = countFrom; row < rows; row++) seen.push(inputStart + 1 + row);
        }
        const expected = segmentsOf(spans, observed, minimumPast(context)).flatMap((segment) =>
          Array.from({ length: segment.stop - segment.start }, (_, i) => segment.start + i),
        );
        expect(seen).toEqual(expected);
      }),
    );
  });
});

describe('rates', () => {
  const raster = rasterOf(10, 34, (bin, unit) => (unit === 0 && bin < 4) || (unit === 33 && bin === 9));

  it('are (n + 0.5) / (N + 1)', () => {
    const rates = ownRates(raster, [
      { start: 0, stop: 3 },
      { start: 5, stop: 10 },
    ]);
    expect(rates[0]).toBeCloseTo(3.5 / 9, 15);
    expect(rates[33]).toBeCloseTo(1.5 / 9, 15);
    expect(rates[7]).toBeCloseTo(0.5 / 9, 15);
  });

  it('have the cross-entropy of a coin for each unit of the mask', () => {
    const rates = new Float64Array(34).fill(0.25);
    const result = rateCrossEntropy(raster, [{ start: 2, stop: 6 }], rates, Uint32Array.of(1, 2));
    // unit 0: two spikes in four bins; unit 33: none
    expect(result).toMatchObject({ spikes: 2, units: 2 });
    expect(result.nats).toBeCloseTo(-(2 * Math.log(0.25) + 6 * Math.log(0.75)), 12);
  });
});

describe('Validation', () => {
  const raster = chainRaster(300, 5, 9);
  const part = [{ start: 150, stop: 300 }];
  const rates = ownRates(raster, [{ start: 0, stop: 150 }]);
  const unitMask = Uint32Array.of(0b11011);
  const context = 16;
  const { loss } = tinyConfig('loss.kind=focal').config;
  const net = createSpikeNet(tinyNet, { units: 5, context, binMilliseconds: 1 }, loss);
  const backend = new ReferenceBackend();
  const parameters = backend.parameters(net.specs);
  for (const [name, values] of net.initialise(5, rates)) parameters.write(name, values);
  const shared = { backend, parameters, net, raster, bank: bankFor(net, raster), unitMask };
  const shape = { batch: 3, bins: context };

  it('equals cross-entropy and focal loss worked out from the probabilities', async () => {
    const plan = new BoundPlan({ ...shared, mode: 'evaluate', shape });
    const validation = new Validation({ raster, part, unitMask, rates, context, windows: 0 });
    const score = await validation.score(plan, go);
    const oneByOne = new BoundPlan({ ...shared, mode: 'score', shape: { batch: 1, bins: context } });
    let [nats, nullNats, focal, spikes, bins] = [0, 0, 0, 0, 0];
    for (const window of scoringWindows(part, raster.observed, context)) {
      oneByOne.load([window]);
      oneByOne.run('forward', { seed: 0, step: 0 });
      const p = await oneByOne.probabilities();
      for (let row = window.countFrom ?? 0; row < window.rows; row++) {
        bins++;
        for (let u = 0; u < 5; u++) {
          if (!inMask(unitMask, u)) continue;
          const y = fires(raster, window.inputStart + 1 + row, u);
          const right = y ? p[row * 5 + u] : 1 - p[row * 5 + u];
          nats -= Math.log(right);
          focal -= (1 - right) ** 2 * Math.log(right);
          nullNats -= Math.log(y ? rates[u] : 1 - rates[u]);
          spikes += y ? 1 : 0;
        }
      }
    }
    expect(score.bins).toBe(bins);
    expect(bins).toBe(150);
    // probabilities are rounded to float32: 6e-8 relative each, far below 1e-6 of the mean
    expect(score.crossEntropy).toBeCloseTo(nats / (4 * bins), 6);
    expect(score.loss).toBeCloseTo(focal / (4 * bins), 6);
    expect(score.bitsPerSpike).toBeCloseTo((nullNats - nats) / (spikes * Math.LN2), 5);
  });

  it('takes evenly spaced windows when told how many, and says when there is nothing to score', async () => {
    const plan = new BoundPlan({ ...shared, mode: 'evaluate', shape });
    const few = new Validation({ raster, part, unitMask, rates, context, windows: 4 });
    expect((await few.score(plan, go)).bins).toBe(4 * (context / 2 + 1));
    const options = { raster, unitMask, rates, context, windows: 0 };
    expect(new Validation({ ...options, part: [] }).possible).toBe(false);
    expect(new Validation({ ...options, part: [{ start: 0, stop: 8 }] }).possible).toBe(false);
    expect(new Validation({ ...options, part, unitMask: Uint32Array.of(0) }).possible).toBe(false);
  });

  it('yields between batches', async () => {
    const plan = new BoundPlan({ ...shared, mode: 'evaluate', shape });
    const validation = new Validation({ raster, part, unitMask, rates, context, windows: 0 });
    let turns = 0;
    await validation.score(plan, () => {
      turns++;
      return Promise.resolve();
    });
    expect(turns).toBe(Math.ceil(scoringWindows(part, raster.observed, context).length / 3));
  });

  it('masks all units of a width that ends inside a word, and no more', () => {
    expect([...allUnits(128)]).toEqual([0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]);
    expect([...allUnits(33)]).toEqual([0xffffffff, 1]);
    expect([...allUnits(5)]).toEqual([31]);
  });
});
