// From the samples alone: stimuli recognised from the current lead to the features that known stimuli lead to.
import { expect, it } from 'vitest';
import { recogniseStimulus } from '../sweeps/stimulus.ts';
import { knownSweeps, longSquare, ramp, shortSquare } from '../testing/sampledSweep.ts';
import { extractCell } from './extract-cell.ts';
import { FEATURES } from './feature-list.ts';

it.each([10_000, 50_000])('at %d Hz', (samplingRate) => {
  const steps = [-90, -70, -50, -30, -10, 130, 150, 170].map((amplitude) => longSquare(amplitude));
  const protocols = [...steps, shortSquare(1000), shortSquare(1000), ramp(100, 2)];
  const known = knownSweeps(protocols, { samplingRate }).map(({ sweep }) => sweep);
  const recognised = known.map(({ sweep }) => ({ sweep, stimulus: recogniseStimulus(sweep) }));
  recognised.forEach(({ stimulus }, k) => {
    expect(stimulus.shape).toBe(known[k].stimulus.shape);
    // A ramp's first sample is zero: it can be seen from the second on.
    expect(Math.abs(stimulus.start - known[k].stimulus.start)).toBeLessThan(1.001 / samplingRate);
    expect(Math.abs(stimulus.stop - known[k].stimulus.stop)).toBeLessThan(1.001 / samplingRate);
  });
  const expected = extractCell(known);
  const got = extractCell(recognised);
  expect(Object.keys(got.families).sort()).toEqual(Object.keys(expected.families).sort());
  FEATURES.forEach(({ name }, k) => {
    const within = Math.max(1e-3 * Math.abs(expected.scalars[k]), 1e-3);
    expect(Math.abs(got.scalars[k] - expected.scalars[k]), name).toBeLessThan(within);
  });
});
