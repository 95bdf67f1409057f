// Plan: the gradient of every parameter against central differences of the float64 reference.
//   1. Narrow twins of each preset x each loss: every entry of every parameter, dropout on (the counter generator draws the
//      same masks at both ends of a difference), masks with holes, a past before the window.
//   2. Full width: 64 entries of every tensor and 8 random directions.
//   3. The detached penalty: left out of the difference, and proved to move nothing.
//   4. A control: a gradient that is wrong by 1 % in one entry is caught.
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import type { ReferenceParameters, ReferencePlan } from '../engine/reference/backend.ts';
import { CounterRandom } from '../engine/random.ts';
import { BCE, DICE, DICE_PER_UNIT, FOCAL } from '../losses/losses.ts';
import type { LossConfig } from '../losses/types.ts';
import { NET_PRESETS } from './presets.ts';
import { createSpikeNet } from './spike-transformer.ts';
import { PRESET_NAMES, drawnValues, fillInputs, narrowNet } from './narrow-nets.ts';
import type { NetConfig, NetPlan, SpikeNet } from './types.ts';

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
  fault: (gradient: Float64Array) => void = () => undefined,
): { ratio: number; at: string } {
  p.parameters.zeroGradients();
  p.compiled.run('train', KEY);
  let ratio = 0;
  let at = '';
  for (const { name } of p.net.specs) {
    const values = p.parameters.values(name);
    const gradient = p.parameters.gradient(name).slice();
    fault(gradient);
    for (const i of entries(values.length)) {
      const kept = values[i];
      values[i] = kept + STEP;
      const above = differentiable(p, loss.bceShare);
      values[i] = kept - STEP;
      const below = differentiable(p, loss.bceShare);
      values[i] = kept;
      const difference = (above - below) / (2 * STEP);
      const error = errorRatio(gradient[i], difference);
      if (!(error <= ratio)) {
        ratio = error;
        at = `${name}[${i}]: ${gradient[i]} against ${difference}`;
      }
    }
  }
  return { ratio, at };
}

function errorRatio(gradient: number, difference: number): number {
  return Math.abs(difference - gradient) / (ABSOLUTE + RELATIVE * Math.abs(difference));
}

function* every(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

/** `wanted` entries spread over a tensor by a counter draw. */
function some(wanted: number): (count: number) => Iterable<number> {
  const random = new CounterRandom(77, 1);
  return (count) =>
    count <= wanted
      ? every(count)
      : Array.from({ length: wanted }, (_, i) => Math.floor(random.uniform(count, i) * count));
}

describe('every gradient of the narrow twins', () => {
  for (const preset of PRESET_NAMES) {
    for (const [name, loss] of Object.entries(LOSSES)) {
      it(`${preset}, ${name}`, () => {
        const p = problem(narrowNet(preset, loss), { batch: preset === 'base' ? 1 : 2, bins: 3 });
        const { ratio, at } = worst(p, loss, every);
        expect(ratio, at).toBeLessThanOrEqual(1);
      });
    }
  }

  it('the paths no preset takes: learned positions on an identity token, windows, gelu after a post-norm, no layers', () => {
    const changes: readonly Partial<NetConfig>[] = [
      { positions: 'learned', window: 2, activation: 'gelu', dropout: 0, history: NET_PRESETS.small.history },
      { layers: 2, norm: 'pre', attentionDropout: 0 },
      { layers: 0, norm: 'post' },
    ];
    for (const change of changes) {
      const { ratio, at } = worst(
        problem(narrowNet('paper', BCE, change), { batch: 2, bins: 3 }),
        BCE,
        every,
      );
      expect(ratio, at).toBeLessThanOrEqual(1);
    }
  });

  it('control: one entry that is wrong by a thousandth is caught', () => {
    const p = problem(narrowNet('paper', BCE), { batch: 2, bins: 3 });
    const { ratio } = worst(p, BCE, some(4), (gradient) =>
      gradient.forEach((g, i) => (gradient[i] = g * 1.001)),
    );
    expect(ratio).toBeGreaterThan(10);
  });
});

// `base` holds 3.2 million parameters: 64 entries of each of its tensors take minutes on one core and are asked for by
// SPIKEBRIDGE_THOROUGH=1; without it one of its four layers is checked at full width.
const THOROUGH = process.env['SPIKEBRIDGE_THOROUGH'] === '1';

describe('gradients at full width', () => {
  const full = (preset: 'paper' | 'small' | 'base', loss: LossConfig): Problem => {
    const data = { units: 128, context: 16, binMilliseconds: 1 };
    return problem(createSpikeNet(NET_PRESETS[preset], data, loss), {
      batch: 1,
      bins: preset === 'base' ? 2 : 4,
    });
  };
  const rows = [
    ['paper', DICE, 64],
    ['small', BCE, 64],
    ['base', FOCAL, THOROUGH ? 64 : 4],
  ] as const;
  it.each(rows)('%s: entries of every tensor', { timeout: 900_000 }, (preset, loss, entries) => {
    const { ratio, at } = worst(full(preset, loss), loss, some(entries));
    expect(ratio, at).toBeLessThanOrEqual(1);
  });

  it.each(rows)('%s: 8 random directions', (preset, loss) => {
    const p = full(preset, loss);
    p.parameters.zeroGradients();
    p.compiled.run('train', KEY);
    const size = Math.sqrt(p.net.specs.reduce((sum, { name }) => sum + p.parameters.values(name).length, 0));
    for (let which = 0; which < 8; which++) {
      let slope = 0;
      const direction = new Map<string, Float64Array>();
      p.net.specs.forEach(({ name }, s) => {
        const random = new CounterRandom(which, s);
        // Signs, of unit length over all parameters together; one word holds 32 of them.
        const sign = (i: number): number => ((random.word(0, i >>> 5) >>> (i & 31)) & 1 ? 1 : -1);
        const along = p.parameters.values(name).map((_, i) => sign(i) / size);
        p.parameters.gradient(name).forEach((g, i) => (slope += g * along[i]));
        direction.set(name, along);
      });
      const move = (by: number): void => {
        for (const [name, along] of direction) {
          const values = p.parameters.values(name);
          along.forEach((d, i) => (values[i] += by * d));
        }
      };
      const far = 1e-3; // spread over all entries: each moves by far less than STEP
      move(far);
      const above = differentiable(p, loss.bceShare);
      move(-2 * far);
      const below = differentiable(p, loss.bceShare);
      move(far);
      expect(errorRatio(slope, (above - below) / (2 * far)), `direction ${which}`).toBeLessThanOrEqual(1);
    }
  });
});

describe('the detached density penalty', () => {
  it('is positive, depends on the weights, and has no share in any gradient', () => {
    const p = problem(narrowNet('paper', DICE), { batch: 2, bins: 3 });
    // A high output bias makes mean p exceed the density.
    p.parameters.values('output.bias').fill(2);
    p.parameters.zeroGradients();
    p.compiled.run('train', KEY);
    if (!p.netPlan.loss) throw new Error('a train plan has a loss');
    const at = (bias: number): { rest: number; penalty: number } => {
      p.parameters.values('output.bias')[0] = bias;
      p.compiled.run('forward', KEY);
      const [total, , , penalty] = p.compiled.values(p.netPlan.loss ?? p.netPlan.logits);
      return { rest: total - penalty, penalty };
    };
    const gradient = p.parameters.gradient('output.bias')[0];
    const [above, below] = [at(2 + STEP), at(2 - STEP)];
    expect(below.penalty).toBeGreaterThan(0.1);
    const ofPenalty = (above.penalty - below.penalty) / (2 * STEP);
    expect(ofPenalty).toBeGreaterThan(1e-3);
    expect(errorRatio(gradient, (above.rest - below.rest) / (2 * STEP))).toBeLessThanOrEqual(1);
  });
});
