// Plan: the attention BiLSTM's logits, attention, loss and every gradient against PyTorch in float64 (test/oracles/family_net.py), with
// weighted cross-entropy, and with an angular margin, scale 30 and focal loss; on the reference, and on the CPU kernels.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Backend } from '../engine/backend.ts';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { createWasmBackend } from '../engine/wasm/index.ts';
import { createFamilyNet, PAPER_NET } from './family-net.ts';

interface Golden {
  readonly batch: number;
  readonly families: readonly number[];
  readonly hidden: number;
  readonly keys: number;
  readonly classes: number;
  readonly classWeights: readonly number[];
  readonly labels: readonly number[];
  readonly x: readonly number[];
  readonly cases: readonly {
    readonly name: string;
    readonly config: {
      readonly head: 'linear' | 'cosine';
      readonly scale: number;
      readonly gamma: number;
      readonly margin: number;
    };
    readonly weights: Readonly<Record<string, readonly number[]>>;
    readonly logits: readonly number[];
    readonly attention: readonly number[];
    readonly loss: number;
    readonly gradients: Readonly<Record<string, readonly number[]>>;
  }[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../test/golden/family-net.json', import.meta.url), 'utf8'),
) as Golden;

// The reference and PyTorch are both float64; inputs and outputs pass through float32 (6e-8). On the CPU kernels a gradient passes through
// some ten float32 ops, as in net-conformance.ts; a scale of 30 multiplies the rounding of cosines by as much.
const backends: readonly (readonly [string, Backend, number, number])[] = [
  ['reference', new ReferenceBackend(), 1e-7, 1e-7],
  ['wasm', await createWasmBackend({ deterministic: true }), 2e-5, 2e-4],
];

/** Largest error relative to the largest entry of what is wanted. */
function worstOf(got: ArrayLike<number>, wanted: readonly number[]): number {
  const size = Math.max(...wanted.map(Math.abs), 1e-6);
  return Math.max(...wanted.map((w, i) => Math.abs(got[i] - w) / size));
}

describe.each(backends)('%s', (_, backend, plain, scaled) => {
  it.each(golden.cases.map((one) => [one.name, one] as const))('%s', async (__, one) => {
    const { head, scale, gamma, margin } = one.config;
    const tolerance = scale === 1 ? plain : scaled;
    const { hidden, keys, families, classes } = golden;
    const config = { ...PAPER_NET, hidden, keys, head, scale, dropout: 0 };
    const net = createFamilyNet(config, { families, heads: { classes } });
    const classWeights = Float32Array.from(golden.classWeights);
    const plan = net.trainPlan(golden.batch, { classes: { classWeights, gamma, margin, share: 1 } });
    const parameters = backend.parameters(net.specs);
    expect(net.specs.map(({ name }) => name).sort()).toEqual(Object.keys(one.weights).sort());
    for (const { name } of net.specs) parameters.write(name, Float32Array.from(one.weights[name]));
    const compiled = backend.compile(plan.plan, parameters);
    compiled.input(plan.inputs[0]).set(golden.x);
    const { logits, labels, loss } = plan.heads['classes'];
    if (labels === null || loss === null) throw new Error('a train plan has labels and a loss');
    compiled.input(labels).set(golden.labels);
    parameters.zeroGradients();
    compiled.run('train', { seed: 0, step: 0 });
    expect(worstOf(await compiled.output(logits), one.logits)).toBeLessThan(tolerance);
    expect(worstOf(await compiled.output(plan.attention), one.attention)).toBeLessThan(tolerance);
    expect(worstOf(await compiled.output(loss), [one.loss])).toBeLessThan(tolerance);
    for (const { name } of net.specs) {
      const gradient = await parameters.readGradient(name);
      expect(worstOf(gradient, one.gradients[name]), name).toBeLessThan(tolerance);
    }
    compiled.dispose();
    parameters.dispose();
  });
});
