// Plan: whole nets on the CPU backend against the float64 reference: loss and every gradient of each preset's narrow twin
// with dropout on, in every loss; ten optimiser steps; the oracle's golden nets; score equals evaluate.
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import type { Backend, CompiledPlan } from '../engine/backend.ts';
import type { Tensor } from '../engine/ops.ts';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { createWasmBackend, nodeThreads } from '../engine/wasm/index.ts';
import { BCE, DICE, DICE_PER_UNIT, FOCAL } from '../losses/losses.ts';
import { GOLDEN_NETS, fillGolden, goldenSpikeNet } from './testing/golden.ts';
import { PRESET_NAMES, drawnValues, fillInputs, narrowNet } from './testing/problems.ts';
import type { SpikeNet } from './types.ts';

setFlagsFromString('--experimental-wasm-relaxed-simd'); // Node 20 needs it for the relaxed build
const spawn = nodeThreads(Worker);
const backends: readonly (readonly [name: string, backend: Backend])[] = [
  ['wasm, plain, 2 threads', await createWasmBackend({ threads: 2, deterministic: true, spawn })],
  ['wasm, relaxed, 1 thread', await createWasmBackend({ threads: 1, deterministic: false, spawn })],
];

// A gradient passes through about ten float32 ops; each errs by a few units (6e-8) of its largest element and two layers of
// norm and softmax amplify that some ten times: 2e-5 of the tensor's largest element bounds it. A wrong mask, index or term
// shows at 1e-2 and up.
const TOLERANCE = 2e-5;
const SHAPE = { batch: 2, bins: 11 };
const KEY = { seed: 9, step: 4 };

function train(net: SpikeNet, backend: Backend) {
  const parameters = backend.parameters(net.specs);
  for (const [name, values] of drawnValues(net, 3)) parameters.write(name, values);
  const netPlan = net.plan('train', SHAPE);
  const compiled = backend.compile(netPlan.plan, parameters);
  fillInputs(net, netPlan, compiled, 5);
  return {
    parameters,
    compiled,
    loss: async (): Promise<number> => (await compiled.output(netPlan.loss ?? netPlan.logits))[0],
  };
}

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
  const losses = { bce: BCE, focal: FOCAL, dice: DICE, 'dice-per-unit': DICE_PER_UNIT } as const;

  for (const preset of PRESET_NAMES) {
    it(`${preset}: loss and gradients in every loss`, async () => {
      for (const [name, loss] of Object.entries(losses)) {
        const net = narrowNet(preset, loss);
        const [wanted, tested] = [train(net, new ReferenceBackend()), train(net, backend)];
        for (const side of [wanted, tested]) {
          side.parameters.zeroGradients();
          side.compiled.run('train', KEY);
        }
        expect(Math.abs((await tested.loss()) - (await wanted.loss())), name).toBeLessThan(TOLERANCE);
        for (const spec of net.specs) {
          const worst = worstOf(
            await tested.parameters.readGradient(spec.name),
            await wanted.parameters.readGradient(spec.name),
          );
          expect(worst, `${name}: ${spec.name}`).toBeLessThan(TOLERANCE);
        }
        tested.compiled.dispose();
      }
    });

    it(`${preset}: ten optimiser steps`, async () => {
      const net = narrowNet(preset, BCE);
      const sides = [train(net, new ReferenceBackend()), train(net, backend)] as const;
      // An epsilon well above rounding: gradients that are exactly 0 (key biases) would else be noise over noise.
      const settings = {
        learningRate: 0.01,
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-4,
        weightDecay: 0.01,
        clip: 0.5,
      };
      const trace = await Promise.all(
        sides.map(async (side) => {
          const steps: number[][] = [];
          for (let i = 0; i < 10; i++) {
            side.parameters.zeroGradients();
            side.compiled.run('train', { seed: 9, step: i });
            steps.push(
              await Promise.all([side.loss(), side.parameters.optimiserStep({ ...settings, step: i + 1 })]),
            );
          }
          return steps;
        }),
      );
      trace[0].forEach(([loss, norm], i) => {
        expect(Math.abs(trace[1][i][0] - loss), `loss of step ${i}`).toBeLessThan(10 * TOLERANCE);
        expect(Math.abs(trace[1][i][1] - norm), `norm of step ${i}`).toBeLessThan(10 * TOLERANCE);
      });
      for (const { name } of net.specs) {
        const worst = worstOf(await sides[1].parameters.read(name), await sides[0].parameters.read(name));
        expect(worst, name).toBeLessThan(50 * TOLERANCE);
      }
      sides[1].compiled.dispose();
    });
  }

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
