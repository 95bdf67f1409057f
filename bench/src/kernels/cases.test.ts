// Plan: every kernel row computes the same thing on the float64 reference, on our wasm kernels and in tfjs, at the quick shapes; and the
// check that a time depends on catches a formula that differs.
import * as tf from '@tensorflow/tfjs';
import { createWasmBackend, ReferenceBackend } from '@spikebridge/model';
import { beforeAll, describe, expect, it } from 'vitest';
import { startTfjs } from '../tfjs-backend.ts';
import { kernelCases, KERNELS } from './cases.ts';
import { difference, timed } from './contender.ts';
import type { Contender } from './contender.ts';
import { productCase } from './products.ts';

const shown = async (one: Contender): Promise<readonly Float32Array[]> => {
  const arrays = (await one.results()).map((array) => array.slice());
  // Again, after it ran as it is timed: what accumulates must not show.
  one.submit();
  await one.settle();
  const again = await one.results();
  expect(difference(arrays, again)).toBe(0);
  one.dispose();
  return arrays;
};

describe('kernel rows', () => {
  beforeAll(() => startTfjs('cpu'));
  const cases = KERNELS.flatMap((name) => kernelCases(name, true));

  it.each(cases.map((one) => [`${one.what}, ${one.shape}`, one] as const))('%s', async (_, one) => {
    const exact = await shown(one.ours(new ReferenceBackend()));
    const wasm = await createWasmBackend({ deterministic: true });
    const before = tf.memory().numTensors;
    const theirs = await shown(one.theirs());
    expect(tf.memory().numTensors).toBe(before);
    expect(difference(exact, await shown(one.ours(wasm)))).toBeLessThan(one.tolerance / 10);
    expect(difference(exact, theirs)).toBeLessThan(one.tolerance / 10);
    wasm.dispose();
  });
});

describe('difference', () => {
  const a = [Float32Array.of(3, -4), Float32Array.of(1)];
  it('is relative to the root mean square of the array', () => {
    expect(difference(a, [Float32Array.of(3, -4), Float32Array.of(1.5)])).toBeCloseTo(0.5, 6);
    expect(difference(a, [Float32Array.of(3.5, -4), Float32Array.of(1)])).toBeCloseTo(
      0.5 / Math.sqrt(12.5),
      6,
    );
  });
  it('is NaN for other shapes and for a NaN, which no tolerance lets pass', () => {
    expect(difference(a, [a[0]])).toBeNaN();
    expect(difference(a, [a[0], Float32Array.of(1, 2)])).toBeNaN();
    expect(difference(a, [Float32Array.of(NaN, -4), a[1]])).toBeNaN();
    expect(difference(a, [Float32Array.of(3, -4), Float32Array.of(NaN)])).toBeNaN();
  });
  it('catches an exchanged operand', async () => {
    const backend = new ReferenceBackend();
    const one = await productCase({ form: 'nn', m: 8, n: 8, k: 8 }).ours(backend).results();
    const other = await productCase({ form: 'nt', m: 8, n: 8, k: 8 }).ours(backend).results();
    expect(difference(one, other)).toBeGreaterThan(0.1);
  });
});

describe('timed', () => {
  it('repeats what is short until a sample is long enough, and divides by the repetitions', async () => {
    let runs = 0;
    let settled = 0;
    const one: Contender = {
      submit: () => {
        runs += 1;
        for (const until = performance.now() + 1; performance.now() < until;);
      },
      settle: () => void (settled += 1),
      results: () => Promise.resolve([]),
      dispose: () => undefined,
    };
    const { medianMs, quartilesMs, samples, repetitions } = await timed(one, { samples: 4, leastMs: 5 });
    expect(samples).toBe(4);
    expect(runs).toBe(1 + 4 * repetitions);
    expect(settled).toBe(5);
    expect(repetitions).toBeGreaterThan(0);
    expect(repetitions).toBeLessThanOrEqual(5);
    expect(medianMs).toBeGreaterThanOrEqual(1);
    expect(quartilesMs[0]).toBeLessThanOrEqual(medianMs);
    expect(quartilesMs[1]).toBeGreaterThanOrEqual(medianMs);
  });
});
