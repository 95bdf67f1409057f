// Plan: the gradient of every parameter against central differences of the float64 reference.
//   1. Narrow twins of each preset x each loss: every entry of every parameter, dropout on (the counter generator draws the
//      same masks at both ends of a difference), masks with holes, a past before the window.
//   2. Full width: 64 entries of every tensor and 8 random directions.
//   3. The detached penalty: left out of the difference, and proved to move nothing.
//   4. A control: a gradient that is wrong by 1 % in one entry is caught.
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import type { ReferenceParameters, ReferencePlan } from '../engine/reference/backend.ts';
import { BCE, DICE, DICE_PER_UNIT, FOCAL } from '../losses/losses.ts';
import type { LossConfig } from '../losses/types.ts';
import { PRESET_NAMES, drawnValues, fillInputs, narrowNet } from './testing/problems.ts';
import type { NetPlan, SpikeNet } from './types.ts';

const LOSSES: Readonly<Record<string, LossConfig>> = {
  bce: BCE,
  focal: FOCAL,
  dice: DICE,
  'dice without penalty, half bce, double sigmoid': {
    ...DICE,
    densityPenalty: false,
    bceShare: 0.5,
    doubleSigmoid: true,
  },
  'dice-per-unit': DICE_PER_UNIT,
};

// A central difference of step h errs by h^2 |L'''| / 6 + epsilon |L| / h. With h = 1e-5, |L'''| <= ~100 and |L| ~ 1 that is
// 2e-9 + 2e-11; relative to gradients of 1e-3 and up 2e-6, and 1e-8 absolute below that. A relu whose input lies within
// ~h of its kink would show as an error of order 1; the draws below have none.
const STEP = 1e-5;
const RELATIVE = 2e-5;
const ABSOLUTE = 2e-8;

interface Problem {
  readonly net: SpikeNet;
  readonly netPlan: NetPlan;
  readonly parameters: ReferenceParameters;
  readonly compiled: ReferencePlan;
}

function problem(net: SpikeNet, shape: { batch: number; bins: number }): Problem {
  const backend = new ReferenceBackend();
  const parameters = backend.parameters(net.specs);
  for (const [name, values] of drawnValues(net, 3)) parameters.write(name, values);
  const netPlan = net.plan('train', shape);
  const compiled = backend.compile(netPlan.plan, parameters);
  fillInputs(net, netPlan, compiled, 5);
  return { net, netPlan, parameters, compiled };
}

const KEY = { seed: 9, step: 4 };

/** What the gradient is of: the total without the detached penalty. */
function differentiable({ netPlan, compiled }: Problem, bceShare: number): number {
  compiled.run('forward', KEY);
  if (!netPlan.loss) throw new Error('a train plan has a loss');
  const [total, , , penalty] = compiled.values(netPlan.loss);
  return total - (1 - bceShare) * penalty;
}

/** Largest error over its tolerance among the entries given, with its name. */
function worst(
  p: Problem,
  loss: LossConfig,
  entries: (count: number) => Iterable<number>,
): { ratio: number; at: string } {
  p.parameters.zeroGradients();
  p.compiled.run('train', KEY);
  let ratio = 0;
  let at = '';
  for (const { name } of p.net.specs) {
    const values = p.parameters.values(name);
    const gradient = p.parameters.gradient(name).slice();
    for (const i of entries(values.length)) {
      const kept = values[i];
      values[i] = kept + STEP;
      const above = differentiable(p, loss.bceShare);
      values[i] = kept - STEP;
      const below = differentiable(p, loss.bceShare);
      values[i] = kept;
      const difference = (above - below) / (2 * STEP);
      const error = Math.abs(difference - gradient[i]) / (ABSOLUTE + RELATIVE * Math.abs(difference));
      if (!(error <= ratio)) {
        ratio = error;
        at = `${name}[${i}]: ${gradient[i]} against ${difference}`;
      }
    }
  }
  return { ratio, at };
}

function* every(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

describe('every gradient of the narrow twins', () => {
  for (const preset of PRESET_NAMES) {
    for (const [name, loss] of Object.entries(LOSSES)) {
      it(`${preset}, ${name}`, () => {
        const p = problem(narrowNet(preset, loss), { batch: 2, bins: 3 });
        const { ratio, at } = worst(p, loss, every);
        expect(ratio, at).toBeLessThanOrEqual(1);
      });
    }
  }
});
