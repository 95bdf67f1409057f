// Plan: on real plans, no two activations alive at once overlap; memory is shared at all; running a plan inside the arena
// gives the numbers that it gives without one. Costs: counted by hand for a small product and for windows.
import { describe, expect, it } from 'vitest';
import { BCE } from '../losses/losses.ts';
import { NET_PRESETS } from '../nets/presets.ts';
import { createSpikeNet } from '../nets/spike-transformer.ts';
import { PRESET_NAMES, drawnValues, fillInputs, narrowNet } from '../nets/narrow-nets.ts';
import { callCost, estimateSeconds, planCosts, visiblePairs } from './costs.ts';
import { activationLifetimes, placeActivations, placeLifetimes, tensorBytes } from './placement.ts';
import { PlanBuilder } from './plan-builder.ts';
import type { Arena } from './placement.ts';
import { ReferenceBackend } from './reference/backend.ts';
import { runReference } from './reference/kernels.ts';

describe.each(PRESET_NAMES)('placement of the %s plan', (preset) => {
  const net = narrowNet(preset, BCE);
  const netPlan = net.plan('train', { batch: 2, bins: 5 });
  const { plan } = netPlan;

  /** Where each activation lies, having checked that it lies inside the arena and away from what lives with it. */
  const apart = ({ offsets, bytes }: Arena): { start: number; end: number }[] => {
    const spans = activationLifetimes(plan).map(({ tensor, first, last }) => {
      const start = offsets.get(tensor.id) ?? -1;
      return { first, last, start, end: start + tensorBytes(tensor) };
    });
    expect(spans.every(({ start, end }) => start >= 0 && start % 64 === 0 && end <= bytes)).toBe(true);
    const clashes = spans.filter((a, i) =>
      spans.some(
        (b, j) => i < j && a.first <= b.last && b.first <= a.last && a.start < b.end && b.start < a.end,
      ),
    );
    expect(clashes).toEqual([]);
    return spans;
  };

  it('keeps apart what lives at the same time', () => {
    const arena = placeActivations(plan);
    const spans = apart(arena);
    const separate = spans.reduce((sum, { start, end }) => sum + end - start, 0);
    expect(arena.bytes).toBeLessThan(0.8 * separate);
  });

  it('lets nothing cross the end of a page, where memory comes in pages', () => {
    const lifetimes = activationLifetimes(plan);
    const largest = Math.max(...lifetimes.map(({ tensor }) => tensorBytes(tensor)));
    const page = Math.ceil(largest / 64) * 64 + 64;
    const arena = placeLifetimes(lifetimes, { page });
    expect(arena.bytes).toBeGreaterThan(2 * page);
    for (const { start, end } of apart(arena))
      expect(Math.floor(start / page)).toBe(Math.floor((end - 1) / page));
    expect(() => placeLifetimes(lifetimes, { page: largest - 64 })).toThrow(RangeError);
  });

  it('changes no number when the plan runs inside the arena', () => {
    const backend = new ReferenceBackend();
    const sides = [backend.parameters(net.specs), backend.parameters(net.specs)].map((parameters) => {
      for (const [name, values] of drawnValues(net, 3)) parameters.write(name, values);
      const compiled = backend.compile(plan, parameters);
      fillInputs(net, netPlan, compiled, 5);
      return { parameters, compiled };
    });
    sides[0].compiled.run('train', { seed: 1, step: 2 });
    const { offsets, bytes } = placeActivations(plan);
    const arena = new Float64Array(bytes / 4);
    const { compiled } = sides[1];
    compiled.run('forward', { seed: 1, step: 2 }); // takes the inputs in
    const values: typeof compiled.values = (tensor) => {
      const offset = offsets.get(tensor.id);
      if (offset === undefined) return compiled.values(tensor);
      return arena.subarray(offset / 4, offset / 4 + tensorBytes(tensor) / 4);
    };
    const memory = { values, words: (tensor: Parameters<typeof values>[0]) => compiled.words(tensor) };
    for (const call of [...plan.forward, ...plan.backward]) runReference(call, memory, { seed: 1, step: 2 });
    for (const { name } of net.specs) {
      expect(sides[1].parameters.gradient(name), name).toEqual(sides[0].parameters.gradient(name));
    }
    for (const output of plan.outputs) expect(values(output)).toEqual(sides[0].compiled.values(output));
  });
});

describe('costs', () => {
  it('counts a matrix product and its least traffic', () => {
    const builder = new PlanBuilder([], { training: false });
    const [a, b] = [builder.input('a', [3, 5]), builder.input('b', [5, 7])];
    const c = builder.output(builder.activation('c', [3, 7]));
    const plain = {
      bias: null,
      residual: null,
      activation: 'none',
      preActivation: null,
      accumulate: false,
    } as const;
    builder.append({ op: 'matMul', form: 'nn', m: 3, n: 7, k: 5, a, b, c, ...plain });
    const plan = builder.build();
    expect(callCost(plan.forward[0])).toEqual({ flops: 210, bytes: 4 * (15 + 35 + 21) });
    expect(planCosts(plan).memoryBytes).toBe(4 * (15 + 35) + 128); // c rounded up to 64 bytes
    // Arithmetic binds on a slow machine, traffic on one with slow memory.
    expect(estimateSeconds(plan, { flopsPerSecond: 210, bytesPerSecond: 1e9 })).toBe(1);
    expect(estimateSeconds(plan, { flopsPerSecond: 1e9, bytesPerSecond: 284 })).toBe(1);
  });

  it('counts the pairs that attention visits', () => {
    for (const [bins, window] of [
      [5, 0],
      [5, 1],
      [7, 3],
      [4, 9],
    ]) {
      let pairs = 0;
      for (let t = 0; t < bins; t++) pairs += t + 1 - (window > 0 ? Math.max(0, t - window + 1) : 0);
      expect(visiblePairs({ bins, window, causal: true })).toBe(pairs);
    }
    expect(visiblePairs({ bins: 6, window: 0, causal: false })).toBe(36);
  });

  it('grows linearly with the context under a window, and costs about thrice a forward pass to train', () => {
    const net = createSpikeNet(
      { ...NET_PRESETS.paper, window: 64 },
      { units: 128, context: 4096, binMilliseconds: 1 },
      BCE,
    );
    const [short, long] = [1024, 4096].map((bins) => planCosts(net.plan('train', { batch: 1, bins }).plan));
    expect(long.forward.flops / short.forward.flops).toBeLessThan(4.2);
    expect(long.backward.flops / long.forward.flops).toBeGreaterThan(1.5);
    expect(long.backward.flops / long.forward.flops).toBeLessThan(3);
    expect(long.byOp.get('attention')?.flops).toBeGreaterThan(0);
  });

  it('every op of every preset has a finite cost', () => {
    for (const preset of PRESET_NAMES) {
      const { plan } = narrowNet(preset, BCE).plan('train', { batch: 1, bins: 3 });
      for (const call of [...plan.forward, ...plan.backward]) {
        const { flops, bytes } = callCost(call);
        expect(Number.isFinite(flops) && flops >= 0 && bytes > 0, call.op).toBe(true);
      }
    }
  });
});
