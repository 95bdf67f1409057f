// Plan: the attention BiLSTM over families.
//   1. Every gradient of narrow nets, both ways in and both heads, against central differences of the float64 reference; dropout on,
//      families missing, rows without a label, two heads at once. A control: a gradient wrong by a thousandth is caught.
//   2. A family that is missing changes nothing, whatever stands in its place; attention is over what is there and sums to one.
//   3. Rows without a label count for nothing; a head that is not trained gets no gradient.
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import type { CompiledPlan } from '../engine/backend.ts';
import { createFamilyNet, PAPER_NET, PROJECTED_NET } from './family-net.ts';
import type { FamilyNet, FamilyNetConfig, FamilyPlan, HeadLoss } from './family-net.ts';
import { drawnFamilyInputs, drawnFamilyValues, NARROW_FAMILIES } from './narrow-families.ts';

// As in gradients.test.ts: step 1e-5, so that a central difference errs by 2e-6 of a gradient and 1e-8 absolutely.
const STEP = 1e-5;
const RELATIVE = 2e-5;
const ABSOLUTE = 2e-8;
const BATCH = 5;
const KEY = { seed: 9, step: 4 };

const PLAIN: HeadLoss = { classWeights: Float32Array.of(1, 2, 0.5), gamma: 0, margin: 0, share: 1 };
const narrow = { hidden: 3, keys: 4, projection: 5 } as const;

function problem(config: FamilyNetConfig, losses: Readonly<Record<string, HeadLoss>>) {
  const net = createFamilyNet(config, NARROW_FAMILIES);
  const plan = net.trainPlan(BATCH, losses);
  const backend = new ReferenceBackend();
  const parameters = backend.parameters(net.specs);
  for (const [name, values] of drawnFamilyValues(net, 3)) parameters.write(name, values);
  const compiled = backend.compile(plan.plan, parameters);
  drawnFamilyInputs(net, plan, compiled, 5);
  const total = (): number => {
    compiled.run('forward', KEY);
    return Object.values(plan.heads).reduce(
      (sum, { loss }) => sum + (loss ? compiled.values(loss)[0] : 0),
      0,
    );
  };
  return { net, plan, parameters, compiled, total };
}

/** Largest error over its tolerance, and where. */
function worst(p: ReturnType<typeof problem>, fault = 1): { ratio: number; at: string } {
  p.parameters.zeroGradients();
  p.compiled.run('train', KEY);
  let found = { ratio: 0, at: '' };
  for (const { name } of p.net.specs) {
    const values = p.parameters.values(name);
    const gradient = p.parameters.gradient(name).slice();
    values.forEach((kept, i) => {
      values[i] = kept + STEP;
      const above = p.total();
      values[i] = kept - STEP;
      const below = p.total();
      values[i] = kept;
      const wanted = (above - below) / (2 * STEP);
      const ratio = Math.abs(wanted - fault * gradient[i]) / (ABSOLUTE + RELATIVE * Math.abs(wanted));
      if (!(ratio <= found.ratio)) found = { ratio, at: `${name}[${i}]: ${gradient[i]} against ${wanted}` };
    });
  }
  return found;
}

describe('gradients', () => {
  const cases: readonly (readonly [string, FamilyNetConfig, Readonly<Record<string, HeadLoss>>])[] = [
    ['padded, linear head', { ...PAPER_NET, ...narrow }, { mouse: PLAIN }],
    ['projected, focal', { ...PROJECTED_NET, ...narrow }, { mouse: { ...PLAIN, gamma: 2 } }],
    [
      'projected, cosines with a margin, focal',
      { ...PROJECTED_NET, ...narrow, head: 'cosine', scale: 4 },
      { mouse: { ...PLAIN, gamma: 1.5, margin: 0.35 } },
    ],
    [
      'two heads at once',
      { ...PROJECTED_NET, ...narrow },
      { mouse: { ...PLAIN, share: 0.5 }, human: { ...PLAIN, classWeights: Float32Array.of(1, 3) } },
    ],
  ];
  it.each(cases)('%s: every entry', (_, config, losses) => {
    const { ratio, at } = worst(problem(config, losses));
    expect(ratio, at).toBeLessThanOrEqual(1);
  });

  it('control: a gradient wrong by a thousandth is caught', () => {
    expect(worst(problem({ ...PAPER_NET, ...narrow }, { mouse: PLAIN }), 1.001).ratio).toBeGreaterThan(10);
  });
});

function scored(net: FamilyNet, fill: (plan: FamilyPlan, compiled: CompiledPlan) => void) {
  const plan = net.scorePlan(BATCH);
  const backend = new ReferenceBackend();
  const parameters = backend.parameters(net.specs);
  for (const [name, values] of drawnFamilyValues(net, 3)) parameters.write(name, values);
  const compiled = backend.compile(plan.plan, parameters);
  drawnFamilyInputs(net, plan, compiled, 5);
  fill(plan, compiled);
  compiled.run('forward', KEY);
  return {
    logits: Array.from(compiled.values(plan.heads['mouse'].logits)),
    attention: Array.from(compiled.values(plan.attention)),
    mask: plan.mask === null ? null : Array.from(compiled.values(plan.mask)),
  };
}

describe('families that are missing', () => {
  const net = createFamilyNet({ ...PROJECTED_NET, ...narrow }, NARROW_FAMILIES);
  const steps = NARROW_FAMILIES.families.length;

  it('change nothing, whatever stands in their place, and get no attention', () => {
    const plain = scored(net, () => undefined);
    const other = scored(net, (plan, compiled) => {
      const mask = plan.mask ? compiled.input(plan.mask) : [];
      plan.inputs.forEach((input, t) => {
        const [batch, columns] = input.shape;
        for (let b = 0; b < batch; b++)
          if (mask[b * steps + t] === 0) compiled.input(input).fill(1e3, b * columns, (b + 1) * columns);
      });
    });
    expect(other).toEqual(plain);
    expect(plain.mask).toContain(0);
    for (let b = 0; b < BATCH; b++) {
      const own = plain.attention.slice(b * steps, (b + 1) * steps);
      const there = (plain.mask ?? []).slice(b * steps, (b + 1) * steps);
      expect(own.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(there.includes(1) ? 1 : 0, 12);
      own.forEach((weight, t) => expect(weight > 0).toBe(there[t] === 1));
    }
  });

  it('are another cell than families that are there', () => {
    const plain = scored(net, () => undefined);
    const whole = scored(net, (plan, compiled) => plan.mask && compiled.input(plan.mask).fill(1));
    expect(whole.logits).not.toEqual(plain.logits);
  });
});

describe('labels', () => {
  const config = { ...PROJECTED_NET, ...narrow, dropout: 0 };

  it('that are none count for nothing: the loss is that of the other rows', () => {
    const p = problem(config, { mouse: PLAIN });
    const { labels, logits } = p.plan.heads['mouse'];
    if (labels === null) throw new Error('a train plan has labels');
    const own = p.compiled.input(labels);
    expect(Array.from(own)).toContain(0xffffffff);
    const total = p.total();
    const z = p.compiled.values(logits);
    let [cost, weight] = [0, 0];
    own.forEach((label, n) => {
      if (label === 0xffffffff) return;
      const row = Array.from(z.subarray(3 * n, 3 * n + 3));
      const w = PLAIN.classWeights[label];
      cost += w * (Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0)) - row[label]);
      weight += w;
    });
    expect(total).toBeCloseTo(cost / weight, 10);
  });

  it('of one head leave the other without a gradient', () => {
    const p = problem(config, { mouse: PLAIN });
    p.parameters.zeroGradients();
    p.compiled.run('train', KEY);
    for (const { name } of p.net.specs) {
      const moved = p.parameters.gradient(name).some((slope) => slope !== 0);
      expect(moved, name).toBe(!name.startsWith('head.human.'));
    }
  });
});

describe('misuse', () => {
  it.each([
    [{ ...PAPER_NET, hidden: 0 }, NARROW_FAMILIES],
    [{ ...PAPER_NET, dropout: 1 }, NARROW_FAMILIES],
    [PAPER_NET, { families: [], heads: { mouse: 3 } }],
    [PAPER_NET, { families: [3], heads: {} }],
    [PAPER_NET, { families: [3], heads: { mouse: 1 } }],
  ] as const)('is refused in words', (config, shape) => {
    expect(() => createFamilyNet(config, shape)).toThrow(expect.objectContaining({ code: 'E_NET_CONFIG' }));
  });
});
