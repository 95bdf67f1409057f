// Plan: warm-up, the ends and the middle of each schedule by hand, floors, and no rise after the warm-up.
import { describe, expect, it } from 'vitest';
import type { ScheduleSettings } from '../config/schema.ts';
import { learningRateAt } from './schedule.ts';

function plan(
  schedule: Partial<ScheduleSettings>,
  warmupSteps = 0,
  learningRate = 0.01,
): Parameters<typeof learningRateAt>[1] {
  return {
    training: {
      learningRate,
      warmupSteps,
      schedule: { kind: 'cosine', factor: 0.9, everyEpochs: 5, floor: 0.001, ...schedule },
    },
    steps: 101,
    epochsPerStep: 0.25,
  };
}

describe('learningRateAt', () => {
  it('warms up in equal steps and reaches the full rate right after', () => {
    const settings = plan({ kind: 'constant' }, 4);
    expect([0, 1, 2, 3, 4, 5].map((step) => learningRateAt(step, settings))).toEqual([
      0.002, 0.004, 0.006, 0.008, 0.01, 0.01,
    ]);
  });

  it('follows half a cosine from the full rate to the floor', () => {
    expect(learningRateAt(0, plan({}))).toBeCloseTo(0.01, 12);
    expect(learningRateAt(25, plan({}))).toBeCloseTo(0.001 + 0.009 * 0.5 * (1 + Math.SQRT1_2), 12);
    expect(learningRateAt(50, plan({}))).toBeCloseTo(0.0055, 12);
    expect(learningRateAt(100, plan({}))).toBeCloseTo(0.001, 12);
    expect(learningRateAt(10, plan({}, 10))).toBeCloseTo(0.01, 12);
  });

  it('drops by the factor every so many epochs, down to the floor (the published schedule)', () => {
    const published = plan({ kind: 'step', floor: 2.5e-5 }, 0, 0.005);
    // 0.25 epochs a step: five epochs are 20 steps
    expect(learningRateAt(19, published)).toBe(0.005);
    expect(learningRateAt(20, published)).toBe(0.005 * 0.9);
    expect(learningRateAt(40, published)).toBe(0.005 * 0.9 * 0.9);
    expect(learningRateAt(20 * 60, published)).toBe(2.5e-5);
  });

  it.each(['cosine', 'step', 'constant'] as const)('never rises after the warm-up (%s)', (kind) => {
    const rates = Array.from({ length: 101 }, (_, step) => learningRateAt(step, plan({ kind }, 7)));
    for (let step = 8; step <= 100; step++) expect(rates[step]).toBeLessThanOrEqual(rates[step - 1]);
    expect(rates[6]).toBeLessThan(rates[7]);
    expect(Math.min(...rates.slice(7))).toBeGreaterThanOrEqual(0.001);
  });

  it('keeps a floor above the rate from raising it', () => {
    expect(learningRateAt(50, plan({ kind: 'cosine', floor: 1 }))).toBe(0.01);
  });
});
