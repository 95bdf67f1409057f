// Plan: before training the net gives its base logits; every gradient equals central differences on the float64 reference, and what
// standardises the inputs is not learned; nothing in it is as many as units.
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { CounterRandom } from '../engine/random.ts';
import { BCE, DICE } from '../losses/losses.ts';
import { createUnitFreeNet, STANDARDISATION } from './unit-free.ts';

const ROWS = 9;
const FEATURES = 4;
const CONFIG = { kind: 'unit-free', level: 'statistics', hidden: 3 } as const;
const random = new CounterRandom(3, 1);

function problem(loss = BCE, spread = 0.5) {
  const net = createUnitFreeNet(CONFIG, FEATURES, loss);
  const backend = new ReferenceBackend();
  const parameters = backend.parameters(net.specs);
  for (const [name, values] of net.initialise(2))
    parameters.write(
      name,
      values.map((value, i) => value + spread * random.normal(7, i)),
    );
  const plan = net.plan('train', ROWS);
  const compiled = backend.compile(plan.plan, parameters);
  for (let i = 0; i < ROWS * FEATURES; i++) compiled.input(plan.features)[i] = random.normal(1, i);
  for (let i = 0; i < ROWS; i++) {
    compiled.input(plan.base)[i] = -1 + random.normal(2, i);
    if (plan.targets) compiled.input(plan.targets)[i] = i % 2;
    if (plan.rowMask) compiled.input(plan.rowMask)[i] = i === 4 ? 0 : 1;
  }
  if (plan.unitMask) compiled.input(plan.unitMask)[0] = 1;
  return { net, parameters, plan, compiled };
}

describe('the unit-free net', () => {
  it('gives its base before training', () => {
    const { compiled, plan } = problem(BCE, 0);
    compiled.run('train', { seed: 1, step: 0 });
    expect([...compiled.values(plan.logits)]).toEqual([...compiled.input(plan.base)]);
  });

  it.each([
    ['bce', BCE],
    ['dice', { ...DICE, densityPenalty: false }],
  ])('has the gradients of its loss (%s)', (_, loss) => {
    const { net, parameters, compiled, plan } = problem(loss);
    const value = (): number => {
      compiled.run('train', { seed: 1, step: 0 });
      return compiled.values(plan.loss ?? plan.logits)[0];
    };
    parameters.zeroGradients();
    value();
    const gradients = new Map(net.specs.map(({ name }) => [name, parameters.gradient(name).slice()]));
    for (const { name, learningRateScale } of net.specs) {
      if (learningRateScale === 0) continue;
      const values = parameters.values(name);
      const gradient = gradients.get(name) ?? [];
      for (let i = 0; i < values.length; i++) {
        const kept = values[i];
        values[i] = kept + 1e-5;
        const above = value();
        values[i] = kept - 1e-5;
        const below = value();
        values[i] = kept;
        expect(gradient[i], `${name}[${i}]`).toBeCloseTo((above - below) / 2e-5, 7);
      }
    }
  });

  it('learns weights of features and of no unit; what standardises them stays', () => {
    const { net, parameters, compiled } = problem();
    expect(net.specs.flatMap(({ shape }) => shape).sort()).toEqual([1, 1, 3, 3, 3, 4, 4, 4, 4, 4]);
    for (const name of STANDARDISATION) parameters.write(name, new Float32Array(FEATURES).fill(2));
    compiled.run('train', { seed: 1, step: 0 });
    const step = {
      step: 1,
      learningRate: 0.1,
      beta1: 0.9,
      beta2: 0.9,
      epsilon: 1e-8,
      weightDecay: 0.5,
      clip: 0,
    };
    parameters.optimiserStep(step);
    for (const name of STANDARDISATION) expect(parameters.values(name)[0]).toBe(2);
    expect(parameters.values('output.bias')[0]).not.toBe(0);
  });
});
