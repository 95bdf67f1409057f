// The peers that need no thread, on a shape small enough for plain JavaScript: tfjs and our float64 reference must agree,
// and each mistake that would make the comparison worthless must be caught.
import { ReferenceBackend } from '@spikebridge/model';
import { beforeAll, describe, expect, it } from 'vitest';
import { disagreement } from './agreement.ts';
import { measure } from './measure.ts';
import type { Measurement } from './measure.ts';
import { netPeer } from './net.ts';
import type { StepPeer } from './peer.ts';
import { loadPeer } from './peers.ts';
import { makeProblem } from './problem.ts';
import type { Problem } from './problem.ts';

const problem = makeProblem({ batch: 2, bins: 24 });
const reference = netPeer('reference', 1, new ReferenceBackend());

const threeSteps = async (peer: StepPeer, given: Problem): Promise<Measurement> => {
  const runner = await peer.prepare(given);
  const measurement = await measure(peer, runner, 1, 1);
  runner.dispose();
  return measurement;
};

describe('training-step peers', () => {
  let ours: Measurement;
  beforeAll(async () => {
    ours = await threeSteps(reference, problem);
  });

  it.each(['tfjs-cpu', 'tfjs-wasm'])('%s computes what the float64 reference computes', async (name) => {
    const theirs = await threeSteps(await loadPeer(name), problem);
    expect(disagreement(ours, theirs)).toBeNull();
    // Rounding alone is far inside the tolerance: a drift towards it would be a difference in the making.
    expect(Math.abs(theirs.first.loss - ours.first.loss)).toBeLessThan(1e-5);
  });

  it('has a first loss near ln 2, for weights that know nothing, and a falling one after it', () => {
    expect(Math.abs(ours.first.loss - Math.LN2)).toBeLessThan(0.2);
    expect(ours.losses[0]).toBeLessThan(ours.first.loss);
    expect(ours.losses[1]).toBeLessThan(ours.losses[0]);
  });

  const mistakes: [string, (p: Problem) => Problem][] = [
    ['targets of the same bin', (p) => ({ ...p, targets: p.inputs })],
    ['a batch read as one sequence', (p) => ({ ...p, shape: { batch: 1, bins: 48 } })],
  ];
  for (const name of ['qkv.bias', 'norm1.gain', 'norm2.bias', 'attentionOut.bias', 'feedForward1.bias']) {
    const neutral = name.endsWith('.gain') ? 1 : 0;
    const leaveOut = (p: Problem): Problem => ({
      ...p,
      weights: p.weights.map((w) => (w.name === name ? { ...w, values: w.values.map(() => neutral) } : w)),
    });
    mistakes.push([`${name} left out`, leaveOut]);
  }
  it.each(mistakes)('catches %s', async (_, change) => {
    expect(disagreement(ours, await threeSteps(reference, change(problem)))).not.toBeNull();
  });

  it('names the peers it knows when asked for another', () => {
    expect(() => loadPeer('jax')).toThrow(/jax.*tfjs-cpu, tfjs-wasm/);
  });
});

describe('measure', () => {
  it('starts once, leaves the warm-up out of the clock and keeps every loss', async () => {
    const calls: string[] = [];
    const peer: StepPeer = {
      name: 'fake',
      version: '1',
      threads: 3,
      prepare: () => Promise.reject(new Error()),
    };
    const runner = {
      first: () => {
        calls.push('first');
        return { loss: 3, gradientNorm: 2 };
      },
      step: () => {
        calls.push('step');
        // Long warm-up steps must not show in the median.
        const until = performance.now() + (calls.length <= 3 ? 30 : 1);
        while (performance.now() < until);
        return calls.length;
      },
      dispose: () => undefined,
    };
    const m = await measure(peer, runner, 2, 3);
    expect(calls).toEqual(['first', 'step', 'step', 'step', 'step', 'step']);
    expect(m.losses).toEqual([2, 3, 4, 5, 6]);
    expect(m.samples).toBe(3);
    expect(m.threads).toBe(3);
    expect(m.fastestMs).toBeLessThan(25);
    expect(m.medianMs).toBeGreaterThanOrEqual(m.fastestMs);
    // The fake step spins for a millisecond; one of another process does not count.
    expect(m.cpuMs).toBeGreaterThan(0.2);
    expect(m.peakRssMiB).toBeGreaterThan(20);
    await expect(peer.prepare(problem)).rejects.toThrow();
  });
});
