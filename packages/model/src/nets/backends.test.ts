// Plan: whole nets on the CPU backend against the float64 reference: loss and every gradient of each preset's narrow twin
// with dropout on, in every loss; ten optimiser steps; the oracle's golden nets; score equals evaluate.
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import type { Backend, CompiledPlan } from '../engine/backend.ts';
import type { Tensor } from '../engine/ops.ts';
import { createWasmBackend, nodeThreads } from '../engine/wasm/index.ts';
import { FOCAL } from '../losses/losses.ts';
import { GOLDEN_NETS, fillGolden, goldenSpikeNet } from './testing/golden.ts';
import { drawnValues, fillInputs, narrowNet } from './narrow-nets.ts';
import { NET_SUBJECTS, netRows } from './net-conformance.ts';
import type { NetRow } from './net-conformance.ts';

setFlagsFromString('--experimental-wasm-relaxed-simd'); // Node 20 needs it for the relaxed build
const spawn = nodeThreads(Worker);
const backends: readonly (readonly [name: string, backend: Backend])[] = [
  ['wasm, plain, 2 threads', await createWasmBackend({ threads: 2, deterministic: true, spawn })],
  ['wasm, relaxed, 1 thread', await createWasmBackend({ threads: 1, deterministic: false, spawn })],
];

const TOLERANCE = 2e-5; // as in net-conformance.ts
const SHAPE = { batch: 2, bins: 11 };
const KEY = { seed: 9, step: 4 };

/** Largest difference relative to the largest entry of what is wanted. */
function worstOf(got: Float32Array, wanted: ArrayLike<number>): number {
  let size = 1e-6;
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    size = Math.max(size, Math.abs(wanted[i]));
    worst = Math.max(worst, Math.abs(got[i] - wanted[i]));
  }
  return worst / size;
}

describe.each(backends)('%s against the reference', (_, backend) => {
  afterAll(() => backend.dispose());
  it('every net in every loss: loss, gradients, ten steps', async () => {
    const rows: NetRow[] = [];
    for await (const row of netRows(backend)) rows.push(row);
    expect(rows).toHaveLength(NET_SUBJECTS.length * 4);
    expect(rows.filter(({ pass }) => !pass)).toEqual([]);
  });

  it.each(GOLDEN_NETS)("the oracle's $net net", async (golden) => {
    const net = goldenSpikeNet(golden);
    const parameters = backend.parameters(net.specs);
    for (const { name } of net.specs) parameters.write(name, Float32Array.from(golden.weights[name]));
    const netPlan = net.plan('train', golden);
    const compiled = backend.compile(netPlan.plan, parameters);
    fillGolden(golden, netPlan, compiled);
    for (const [i, loss] of golden.losses.entries()) {
      parameters.zeroGradients();
      compiled.run('train', { seed: 0, step: i });
      const [got] = await compiled.output(netPlan.loss ?? netPlan.logits);
      if (i === 0) {
        for (const { name } of net.specs) {
          expect(worstOf(await parameters.readGradient(name), golden.gradients[name]), name).toBeLessThan(
            TOLERANCE,
          );
        }
      }
      expect(Math.abs(got - loss), `step ${i}`).toBeLessThan(10 * TOLERANCE);
      await parameters.optimiserStep({ step: i + 1, ...golden.optimiser });
    }
    compiled.dispose();
  });

  it('score and evaluate give the same probabilities, and evaluate the cross-entropy beside its loss', async () => {
    const net = narrowNet('small', FOCAL);
    const parameters = backend.parameters(net.specs);
    for (const [name, values] of drawnValues(net, 3)) parameters.write(name, values);
    const [score, evaluate] = (['score', 'evaluate'] as const).map((mode) => {
      const netPlan = net.plan(mode, SHAPE);
      const compiled = backend.compile(netPlan.plan, parameters);
      fillInputs(net, netPlan, compiled, 5);
      compiled.run('forward', KEY);
      return { netPlan, compiled };
    });
    const outputOf = async (
      { compiled }: { compiled: CompiledPlan },
      tensor: Tensor,
    ): Promise<Float32Array> => (await compiled.output(tensor)).slice();
    const probabilities = [
      await outputOf(score, score.netPlan.probabilities ?? score.netPlan.logits),
      await outputOf(evaluate, evaluate.netPlan.probabilities ?? evaluate.netPlan.logits),
    ];
    expect(probabilities[0]).toEqual(probabilities[1]);
    const { loss, bce, logits } = evaluate.netPlan;
    const focal = await outputOf(evaluate, loss ?? logits);
    const plain = await outputOf(evaluate, bce ?? logits);
    expect(plain[0]).toBeCloseTo(focal[2], 5); // the focal op reports the cross-entropy in its third place
    expect(plain[0]).toBeGreaterThan(focal[0]);
    score.compiled.dispose();
    evaluate.compiled.dispose();
  });
});
