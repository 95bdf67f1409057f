// Plan: rows of a unit's design are, standardised back, what the banks give bin by bin, for every unit it is turned to, kept or made
// anew at each pass; columns that units have in common stay right; a predictor adds up the same features under its weights.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../engine/random.ts';
import { plainHost } from '../dense-host.ts';
import { CausalCursor, spikeAt } from '../features/cursor.ts';
import { featureCount, OWN_HISTORY, POPULATION, PopulationBank, TraceBank } from '../features/trace-bank.ts';
import { drawRaster } from '../testing/synthetic.ts';
import { widthOf } from './logistic.ts';
import { populationRows, UnitDesign } from './unit-design.ts';
import { sigmoid, UnitGlmPredictor } from './unit-glm.ts';

const units = 3;
const raster = {
  ...drawRaster(1500, units, 3, (_, unit) => 0.02 + 0.03 * unit),
  observed: [
    { start: 0, stop: 800 },
    { start: 900, stop: 1500 },
  ],
};
const parts = {
  train: [
    { start: 40, stop: 300 },
    { start: 950, stop: 1200 },
  ],
  validation: [{ start: 500, stop: 620 }],
};
const OWN = featureCount(OWN_HISTORY);

/** What is known of every unit, and of the population, before a bin. */
function banks() {
  const own = new TraceBank(OWN_HISTORY, units, 1);
  const population = new PopulationBank(POPULATION, 1);
  const cursor = new CausalCursor(raster, [own, population]);
  return (bin: number, unit: number): number[] => {
    cursor.seek(bin);
    const mine = Array.from({ length: OWN }, (_, j) => own.features[j * units + unit]);
    return [...mine, ...population.bank.features];
  };
}

describe.each([
  { kept: true, cacheBytes: 1e9 },
  { kept: false, cacheBytes: 0 },
])('UnitDesign, rows kept: $kept', ({ cacheBytes }) => {
  it.each([true, false])('holds the features of each unit, with the population: %s', (withPopulation) => {
    const population = withPopulation
      ? {
          train: populationRows(raster, parts.train),
          validation: populationRows(raster, parts.validation),
        }
      : null;
    const design = new UnitDesign(raster, { ...parts, population }, plainHost(), cacheBytes);
    const { features } = design;
    expect(features).toBe(withPopulation ? OWN + featureCount(POPULATION) : OWN);
    const width = widthOf(design);
    for (const unit of [1, 0, 2]) {
      design.load(unit);
      for (const part of ['train', 'validation', 'train'] as const) {
        const expected = banks();
        const bins = parts[part].flatMap(({ start, stop }) =>
          Array.from({ length: stop - start }, (_, i) => start + i),
        );
        const sums = new Float64Array(features);
        const squares = new Float64Array(features);
        let [at, worst, odd] = [0, 0, 0];
        design.forEachChunk(part, ({ x, y, rows }) => {
          for (let i = 0; i < rows; i++, at++) {
            const row = x.view.subarray(i * width, (i + 1) * width);
            const raw = expected(bins[at], unit);
            for (let j = 0; j < features; j++) {
              const off = Math.abs(design.mean[j] + design.scale[j] * row[j] - raw[j]);
              worst = Math.max(worst, off / Math.max(1, Math.abs(raw[j])));
              sums[j] += row[j];
              squares[j] += row[j] ** 2;
            }
            const rest = [...row.subarray(features)];
            odd += rest.every((value, j) => value === (j === 0 ? 1 : 0)) ? 0 : 1;
            odd += y.view[i] === spikeAt(raster, bins[at], unit) ? 0 : 1;
          }
        });
        expect([at, odd]).toEqual([bins.length, 0]);
        expect(worst, `unit ${unit}, ${part}`).toBeLessThan(1e-4);
        if (part === 'validation') continue;
        for (let j = 0; j < features; j++) {
          expect(Math.abs(sums[j] / at)).toBeLessThan(1e-3);
          expect(squares[j] / at).toBeCloseTo(1, 2);
        }
      }
    }
  });
});

describe('UnitGlmPredictor', () => {
  it.each([OWN, OWN + featureCount(POPULATION)])('adds up %i features under its weights', (features) => {
    const random = new RandomStream(8, 1);
    const weights = Float32Array.from({ length: features * units }, () => random.normal() / 20);
    const bias = Float32Array.of(-2, -3, -1);
    const glm = { features, weights, bias, ridge: new Float32Array(units) };
    const predictor = new UnitGlmPredictor('population', glm, raster, plainHost());
    // On, over a block's end, back, and into the other observed span.
    for (const [start, stop] of [
      [30, 40],
      [100, 700],
      [60, 65],
      [900, 920],
    ]) {
      // A buffer that is longer than the answer keeps what it holds.
      const out = new Float32Array((stop - start + 1) * units).fill(7);
      predictor.predict(start, stop, out);
      expect([...out.subarray((stop - start) * units)]).toEqual([7, 7, 7]);
      const expected = banks();
      let worst = 0;
      for (let bin = start; bin < stop; bin++) {
        for (let u = 0; u < units; u++) {
          const known = expected(bin, u).slice(0, features);
          const z = known.reduce((sum, value, j) => sum + value * weights[j * units + u], bias[u]);
          worst = Math.max(worst, Math.abs(out[(bin - start) * units + u] - sigmoid(z)));
        }
      }
      expect(worst).toBeLessThan(1e-4);
    }
  });
});
