// Runs side by side: columns line up with runs, gaps stay gaps, and columns that do not compare say so.
import type { EvaluationPair } from '@spikebridge/model';
import { expect, test } from 'vitest';
import { compareRuns, describeComparison } from './comparison.ts';

/** As much of a pair as a comparison reads. */
const pair = (target: string, model: number, bins = 1000): EvaluationPair => {
  const estimate = (value: number) => ({ value, low: value - 0.01, high: value + 0.01, n: 20 });
  const made: unknown = {
    target,
    pairing: 'within',
    level: 'none',
    scored: { bins, units: 4, spikes: 50 },
    scores: {
      model: { bitsPerSpike: estimate(model), rocAuc: estimate(0.9) },
      coupled: { bitsPerSpike: { value: null, low: null, high: null, n: 0 } },
    },
  };
  return made as EvaluationPair;
};

test('one column a run, in their order; what a run lacks is a gap', () => {
  const directions = compareRuns([[pair('a', 0.25)], [pair('b', 0.5), pair('a', 0.3)], []]);
  expect(directions.map(({ target }) => target)).toEqual(['a', 'b']);
  const [first, second] = directions;
  expect(first.scores[0]).toMatchObject({ predictor: 'model', metric: 'bitsPerSpike' });
  expect(first.scores[0].values.map((one) => one?.value ?? null)).toEqual([0.25, 0.3, null]);
  expect(second.scores[0].values.map((one) => one?.value ?? null)).toEqual([null, 0.5, null]);
  expect(first.scores.map(({ predictor, metric }) => `${predictor} ${metric}`)).toEqual([
    'model bitsPerSpike',
    'model rocAuc',
    'coupled bitsPerSpike',
  ]);
  expect(first.comparable).toBe(true);
});

test('other bins: said, for people and programs', () => {
  const directions = compareRuns([[pair('a', 0.25)], [pair('a', 0.3, 999)]]);
  expect(directions[0].comparable).toBe(false);
  expect(describeComparison(directions, ['x', 'y'])).toContain('these columns do not compare');
});

test('as text: intervals, and a dash for what is undefined', () => {
  const text = describeComparison(compareRuns([[pair('a', 0.25)], []]), ['runs/x', 'runs/y']);
  expect(text).toMatch(/^judged on a \(within, level none\)\nscore +runs\/x +runs\/y$/m);
  expect(text).toMatch(/^model bitsPerSpike +0\.2500 \[0\.2400, 0\.2600\] +-$/m);
  expect(text).toMatch(/^coupled bitsPerSpike +- +-$/m);
  expect(text).not.toContain('do not compare');
});
