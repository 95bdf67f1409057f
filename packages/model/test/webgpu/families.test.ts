// Plan: shapes past the conformance suite's that take other ways through the kernels of nets over families: a state wider than workgroup
// memory takes at once, chunks of several sequences, keys of several a thread, more rows than the loss has threads; too many steps are
// refused; sums of several workgroups are the same bits again.
import { describe, expect, it } from 'vitest';
import { attentionPool } from '@spikebridge/kernels-wgsl';
import { caseName, runCase } from '../../src/engine/conformance/index.ts';
import { problemOf } from '../../src/engine/conformance/problems.ts';
import type { AttentionPoolCase, LstmCase, PlanCase } from '../../src/engine/conformance/types.ts';
import { ReferenceBackend } from '../../src/engine/reference/backend.ts';
import type { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { onDawn } from './dawn.ts';

const reference = new ReferenceBackend();

const wide = { batch: 5, steps: 3, width: 300, reverse: true, beside: 1, holes: true, seed: 1 } as const;
const many = { batch: 130, steps: 3, width: 64, keyWidth: 200, holes: true, seed: 2 } as const;
const lstms: LstmCase[] = [
  { op: 'lstm', ...wide, terms: 3 * 300 },
  { op: 'lstmBackward', ...wide, terms: 12 * 300, amplification: 4 },
];
const pools: AttentionPoolCase[] = [
  { op: 'attentionPool', ...many, terms: 203 },
  { op: 'attentionPoolBackward', ...many, terms: 590, amplification: 4 },
];
const CASES: readonly PlanCase[] = [
  ...lstms,
  ...pools,
  {
    ...{ op: 'classLoss', rows: 1000, classes: 4, spread: 2, labels: 'some', gradient: true },
    ...{ gamma: 2, scale: 1, margin: 0, share: 1, terms: 1000, seed: 5, amplification: 4 },
  },
];

describe('families past the conformance suite', () => {
  let backend: WebGpuBackend;
  onDawn((opened) => (backend = opened));

  it.each(CASES.map((one) => [`${one.op} ${caseName(one)}`, one] as const))('%s', async (_, one) => {
    const { pass, error, at, worst, tolerance } = await runCase(one, backend, reference);
    expect(pass, `${error ?? JSON.stringify(at)} worst ${worst} of ${tolerance}`).toBe(true);
  });

  it('refuses more steps than a thread keeps weights of', () => {
    const { weights } = backend.parameters([
      { name: 'w', shape: [64], decay: false, learningRateScale: 1 },
    ]).buffers;
    const slices = { keys: weights, query: weights, values: weights, weights, out: weights, mask: null };
    const call = { ...slices, batch: 1, steps: 65, keyWidth: 1, width: 1 };
    expect(() => attentionPool(call)).toThrow(/65/);
  });

  it.each(pools.slice(1))('$op gives the same bits again', async (one) => {
    const { plan, inputs, compared } = problemOf(one);
    const parameters = backend.parameters([]);
    const compiled = backend.compile(plan, parameters);
    const runs: Float32Array[][] = [];
    for (let run = 0; run < 3; run++) {
      for (const [tensor, values] of inputs) compiled.input(tensor).set(values);
      compiled.run('forward', { seed: 0, step: 0 });
      runs.push(await Promise.all(compared.map((tensor) => compiled.output(tensor))));
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
    compiled.dispose();
    parameters.dispose();
  });
});
