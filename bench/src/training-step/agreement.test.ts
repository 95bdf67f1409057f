// The guard before every ratio: it must let rounding pass and stop each thing that would make a comparison worthless.
import { describe, expect, it } from 'vitest';
import { disagreement } from './agreement.ts';

const proof = (loss: number, gradientNorm: number, losses: readonly number[] = []) => ({
  first: { loss, gradientNorm },
  losses,
});
const ours = proof(0.8107, 0.429, [0.7423, 0.68]);

describe('disagreement', () => {
  it('lets equal and rounded answers pass', () => {
    expect(disagreement(ours, ours)).toBeNull();
    expect(
      disagreement(ours, proof(0.8107 * (1 + 9e-5), 0.429 * (1 - 9e-4), [0.7423 * (1 + 9e-4)])),
    ).toBeNull();
  });

  it('names the loss, the norm or the later loss that differs, with both values', () => {
    expect(disagreement(ours, proof(0.8107 * (1 + 2e-4), 0.429))).toMatch(
      /^loss: ours 0\.8107.*theirs 0\.8108/,
    );
    expect(disagreement(ours, proof(0.8107, 0.429 * (1 - 2e-3)))).toMatch(/^gradient norm/);
    expect(disagreement(ours, proof(0.8107, 0.429, [0.7423, 0.68 * 1.002]))).toMatch(/^loss of step 3/);
  });

  it('takes a NaN on either side as a difference', () => {
    expect(disagreement(ours, proof(NaN, 0.429))).toMatch(/^loss/);
    expect(disagreement(proof(0.8107, NaN), ours)).toMatch(/^gradient norm/);
  });

  it('compares no later losses than both have', () => {
    expect(disagreement(ours, proof(0.8107, 0.429))).toBeNull();
    expect(disagreement(ours, proof(0.8107, 0.429, [0.7423, 0.68, 99]))).toBeNull();
  });
});
