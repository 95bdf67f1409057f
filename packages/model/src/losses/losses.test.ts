// Plan: each loss against its definition written out on a few numbers; masks; what the published form does (its double
// sigmoid, its penalty); limits that tie losses to each other; refusals. Gradients: nets/gradients.test.ts and here in one
// dimension.
import { describe, expect, it } from 'vitest';
import { PlanBuilder } from '../engine/plan-builder.ts';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { BCE, DICE, DICE_PER_UNIT, FOCAL, checkLoss, lossCall } from './losses.ts';
import type { LossConfig } from './types.ts';

// Two bins of three units; y: unit 0 fires in bin 0, unit 2 in both.
const LOGITS = [0.5, -1, 2, -0.3, 0.1, -2];
const Y = [1, 0, 1, 0, 0, 1];

function compute(
  config: LossConfig,
  options: { logits?: readonly number[]; unitMask?: number; rowMask?: readonly number[] } = {},
) {
  const builder = new PlanBuilder([], { training: false });
  const logits = builder.input('logits', [2, 3]);
  const targets = builder.input('targets', [2, 1], 'u32');
  const unitMask = builder.input('unit mask', [1], 'u32');
  const rowMask = builder.input('row mask', [2]);
  const value = builder.output(builder.activation('value', [4]));
  const dLogits = builder.output(builder.activation('dLogits', [2, 3]));
  builder.append(lossCall(config, { logits, targets, unitMask, rowMask, value, dLogits }));
  const backend = new ReferenceBackend();
  const compiled = backend.compile(builder.build(), backend.parameters([]));
  compiled.input(logits).set(options.logits ?? LOGITS);
  compiled.input(targets).set([0b101, 0b100]);
  compiled.input(unitMask).set([options.unitMask ?? 0b111]);
  compiled.input(rowMask).set(options.rowMask ?? [1, 1]);
  compiled.run('forward', { seed: 0, step: 0 });
  const [total, main, bce, penalty] = compiled.values(value);
  return { total, main, bce, penalty, gradient: Array.from(compiled.values(dLogits)) };
}

const logistic = (z: number): number => 1 / (1 + Math.exp(-z));
const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);
// Logits pass through float32 on their way in: 6e-8 of at most 2, in sums of six.
const DIGITS = 6;

function diceOf(p: readonly number[], y: readonly number[], smooth = 1): number {
  return 1 - (2 * sum(p.map((v, i) => v * y[i])) + smooth) / (sum(p) + sum(y) + smooth);
}

describe('values', () => {
  const p = LOGITS.map(logistic);

  it('bce', () => {
    const wanted = mean(p.map((v, i) => -Math.log(Y[i] === 1 ? v : 1 - v)));
    const { total, main, bce, penalty } = compute(BCE);
    expect(total).toBeCloseTo(wanted, DIGITS);
    expect([main, bce, penalty]).toEqual([total, total, 0]);
  });

  it('focal with gamma 2, and gamma 0 is bce', () => {
    const wanted = mean(
      p.map((v, i) => {
        const right = Y[i] === 1 ? v : 1 - v;
        return -((1 - right) ** 2) * Math.log(right);
      }),
    );
    expect(compute(FOCAL).total).toBeCloseTo(wanted, DIGITS);
    const none = compute({ ...FOCAL, gamma: 0 });
    expect(none.total).toBeCloseTo(compute(BCE).total, 12);
    none.gradient.forEach((g, i) => expect(g).toBeCloseTo(compute(BCE).gradient[i], 12));
  });

  it("dice in the paper's form, with its penalty where mean p exceeds the density", () => {
    const shifted = LOGITS.map((z) => z + 1.5);
    const q = shifted.map(logistic);
    const result = compute(DICE, { logits: shifted });
    expect(result.main).toBeCloseTo(0.9 * Math.log(1 + diceOf(q, Y)), DIGITS);
    expect(result.penalty).toBeCloseTo(0.1 * 10 * (mean(q) - 0.5), DIGITS);
    expect(result.penalty).toBeGreaterThan(0.1);
    expect(result.total).toBeCloseTo(result.main + result.penalty, 12);
    expect(compute(DICE, { logits: LOGITS.map((z) => z - 3) }).penalty).toBe(0);
    // Without the penalty the gradient is that of D itself; with it, 0.9 / (1 + D) times that.
    const plain = compute({ ...DICE, densityPenalty: false }, { logits: shifted });
    expect(plain.total).toBeCloseTo(diceOf(q, Y), DIGITS);
    result.gradient.forEach((g, i) =>
      expect(g).toBeCloseTo((0.9 / (1 + plain.total)) * plain.gradient[i], 12),
    );
  });

  it('dice per unit is the mean of each unit alone', () => {
    const wanted = mean([0, 1, 2].map((u) => diceOf([p[u], p[u + 3]], [Y[u], Y[u + 3]])));
    expect(compute(DICE_PER_UNIT).total).toBeCloseTo(wanted, DIGITS);
  });

  it('a share of bce', () => {
    const mixed = compute({ ...FOCAL, bceShare: 0.3 });
    expect(mixed.total).toBeCloseTo(0.7 * compute(FOCAL).total + 0.3 * compute(BCE).total, 12);
    expect(mixed.bce).toBeCloseTo(compute(BCE).total, 12);
  });

  it('a double sigmoid is the same loss at sigmoid(z), so that no probability is under one half', () => {
    for (const config of [BCE, FOCAL, DICE, DICE_PER_UNIT]) {
      const twice = compute({ ...config, doubleSigmoid: true });
      expect(twice.total).toBeCloseTo(compute(config, { logits: p }).total, DIGITS);
    }
  });
});

describe('masks', () => {
  it('leave units and rows out of value and gradient', () => {
    for (const config of [BCE, FOCAL, DICE, DICE_PER_UNIT]) {
      const masked = compute(config, { unitMask: 0b101, rowMask: [1, 0] });
      const moved = compute(config, {
        unitMask: 0b101,
        rowMask: [1, 0],
        logits: LOGITS.map((z, i) => (i === 0 || i === 2 ? z : z + 7)),
      });
      expect(moved.total).toBe(masked.total);
      expect(masked.gradient.map((g) => g !== 0)).toEqual([true, false, true, false, false, false]);
    }
    const entries = [0, 2].map((i) => -Math.log(logistic(LOGITS[i])));
    expect(compute(BCE, { unitMask: 0b101, rowMask: [1, 0] }).total).toBeCloseTo(mean(entries), DIGITS);
  });

  it('that count nothing give 0, not NaN', () => {
    for (const config of [BCE, FOCAL, DICE, DICE_PER_UNIT]) {
      const { total, gradient } = compute(config, { rowMask: [0, 0] });
      expect([total, ...gradient]).toEqual([0, 0, 0, 0, 0, 0, 0]);
    }
  });
});

describe('extremes', () => {
  it('stay finite at logits of 80, right or wrong', () => {
    const logits = [80, 80, -80, -80, 80, -80];
    for (const config of [BCE, FOCAL, DICE, DICE_PER_UNIT, { ...FOCAL, gamma: 0.5 }]) {
      const { total, gradient } = compute(config, { logits });
      for (const x of [total, ...gradient]) expect(Number.isFinite(x)).toBe(true);
    }
    // Wrong by 80 nats in four of six places (units 1 and 2 of bin 0; units 1 and 2 of bin 1).
    expect(compute(BCE, { logits }).total).toBeCloseTo((4 * 80) / 6, 4);
  });
});

describe('checkLoss', () => {
  it.each([
    ['loss.gamma', { gamma: -1 }],
    ['loss.smooth', { smooth: NaN }],
    ['loss.bceShare', { bceShare: 1.5 }],
  ])('refuses a bad %s', (where, change) => {
    expect(() => checkLoss({ ...DICE, ...change })).toThrow(
      expect.objectContaining({ code: 'E_LOSS_CONFIG', where }),
    );
  });
});
