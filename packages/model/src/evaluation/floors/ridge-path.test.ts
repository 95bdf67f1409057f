// Plan: the walk finds the best penalty of a loss with one valley wherever the valley lies, brackets it, goes no further than
// it must, keeps its bounds, and falls back to an infinite penalty where nothing helps.
import { describe, expect, it } from 'vitest';
import { drawRaster, thirds } from '../testing/synthetic.ts';
import { plainHost } from '../dense-host.ts';
import { walkRidge } from './ridge-path.ts';
import { trainingProbabilities } from './rates.ts';
import { fitSharedKernel } from './shared-kernel.ts';

/** Loss with its valley at 10^best; the weights are the path walked so far. */
function walk(best: number, none = 1e9): { ridge: number; tried: number[]; path: number[] } {
  const tried: number[] = [];
  const found = walkRidge(
    (ridge, warm) => {
      const exponent = Math.round(Math.log10(ridge));
      tried.push(exponent);
      return { loss: (exponent - best) ** 2, weights: Float64Array.of(...warm, exponent) };
    },
    { loss: none, weights: new Float64Array(0) },
  );
  return { ridge: found.ridge, tried, path: [...found.weights] };
}

describe('walkRidge', () => {
  it.each([
    [4, [4, 2, 6]],
    [2, [4, 2, 0]],
    [0, [4, 2, 0, -2]],
    [-2, [4, 2, 0, -2, -4]],
    [6, [4, 2, 6, 8]],
    [8, [4, 2, 6, 8, 10]],
  ])('brackets a valley at 10^%i', (best, order) => {
    const { ridge, tried, path } = walk(best);
    expect(Math.round(Math.log10(ridge))).toBe(best);
    expect(tried).toEqual(order);
    // Each fit starts from the neighbour that is nearer the middle.
    expect(path).toEqual(
      best <= 4 ? [4, 2, 0, -2].filter((e) => e >= best) : [4, 6, 8].filter((e) => e <= best),
    );
  });

  it('tries stronger penalties too while nothing beats an infinite one', () => {
    // Weaker is a hair better than the start, both lose to none, and the best lies beyond.
    const losses: Record<string, number> = { 4: 5, 2: 4.99, 0: 6, 6: -1, 8: 0.5 };
    const found = walkRidge(
      (ridge) => ({ loss: losses[String(Math.round(Math.log10(ridge)))], weights: Float64Array.of(ridge) }),
      { loss: 0, weights: new Float64Array(1) },
    );
    expect(Math.round(Math.log10(found.ridge))).toBe(6);
  });

  it('stops at its bounds, and prefers no kernel to one that does not help', () => {
    expect(walk(-20).tried).toEqual([4, 2, 0, -2, -4]);
    expect(walk(20).tried).toEqual([4, 2, 6, 8, 10]);
    expect(walk(2, -1)).toMatchObject({ ridge: Infinity, path: [] });
  });
});

describe('fitSharedKernel', () => {
  it('says so where the training part has nothing but its start', () => {
    const raster = drawRaster(4000, 2, 5, () => 0.05);
    const split = thirds(raster);
    const rates = trainingProbabilities(raster, split.train);
    expect(() => fitSharedKernel({ raster, split, rates, host: plainHost() })).toThrow(
      expect.objectContaining({
        code: 'E_FLOORS_FIT',
        message: expect.stringMatching(/first 5 s/) as string,
      }) as Error,
    );
  });
});
