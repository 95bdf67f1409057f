// Plan: loss, every gradient and ten clipped AdamW steps against PyTorch in float64, for the published architecture
// (through torch.nn.TransformerEncoderLayer) and for everything else at once (rotary, pre-norm, gelu, window, history).
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { GOLDEN_NETS, fillGolden, goldenSpikeNet } from './testing/golden.ts';
import type { GoldenNet } from './testing/golden.ts';

// Both sides are float64; the engine takes rotary angles and the traces' starting state as float32, which moves results by
// about 1e-7 of their size. `post` has neither and agrees to the 12 digits that the file keeps.
const TOLERANCE = { post: 2e-11, pre: 3e-7 } as const;

function setUp(golden: GoldenNet) {
  const net = goldenSpikeNet(golden);
  const backend = new ReferenceBackend();
  const parameters = backend.parameters(net.specs);
  for (const { name } of net.specs) parameters.write(name, Float32Array.from(golden.weights[name]));
  const netPlan = net.plan('train', golden);
  const compiled = backend.compile(netPlan.plan, parameters);
  fillGolden(golden, netPlan, compiled);
  const total = (): number => compiled.values(netPlan.loss ?? netPlan.logits)[0];
  return { net, parameters, compiled, total };
}

/** Largest error relative to the largest entry of a tensor. */
function worstOf(got: Float64Array, wanted: readonly number[]): number {
  const size = Math.max(...wanted.map(Math.abs), 1e-6);
  return Math.max(...wanted.map((w, i) => Math.abs(got[i] - w) / size));
}

describe.each(GOLDEN_NETS)('the $net net of the oracle', (golden) => {
  const tolerance = TOLERANCE[golden.net];

  it('has the same parameters', () => {
    const names = goldenSpikeNet(golden).specs.map((spec) => spec.name);
    expect(names.sort()).toEqual(Object.keys(golden.weights).sort());
  });

  it('gives the same loss and every gradient', () => {
    const { net, parameters, compiled, total } = setUp(golden);
    compiled.run('train', { seed: 0, step: 0 });
    expect(Math.abs(total() - golden.loss)).toBeLessThan(tolerance);
    for (const { name } of net.specs) {
      expect(worstOf(parameters.gradient(name), golden.gradients[name]), name).toBeLessThan(tolerance);
    }
  });

  it('takes the same ten optimiser steps', () => {
    const { net, parameters, compiled, total } = setUp(golden);
    golden.losses.forEach((wanted, i) => {
      parameters.zeroGradients();
      compiled.run('train', { seed: 0, step: i });
      expect(Math.abs(total() - wanted), `loss of step ${i}`).toBeLessThan(10 * tolerance);
      const norm = parameters.optimiserStep({ step: i + 1, ...golden.optimiser });
      expect(Math.abs(norm - golden.norms[i]), `norm of step ${i}`).toBeLessThan(10 * tolerance);
    });
    // Where a gradient is nearly 0, Adam divides its error by its size: hence the wider bound on what ten steps leave.
    for (const { name } of net.specs) {
      expect(worstOf(parameters.values(name), golden.final[name]), name).toBeLessThan(1000 * tolerance);
    }
  });
});
