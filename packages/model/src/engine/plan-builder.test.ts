// Plan: backward order and accumulation, shared gradients of residual sums, what is refused (unknown names, bad shapes,
// reads before writes, gradients nobody gives), streams, and the roles a backend relies on.
import { describe, expect, it } from 'vitest';
import { operandsOf } from './operands.ts';
import { PlanBuilder } from './plan-builder.ts';

const SPECS = [
  { name: 'w', shape: [4, 4], decay: true, learningRateScale: 1 },
  { name: 'b', shape: [4], decay: false, learningRateScale: 1 },
];

describe('PlanBuilder', () => {
  it('runs closures in reverse and appends what they append to the backward list', () => {
    const builder = new PlanBuilder(SPECS, { training: true });
    const [x, y, z] = ['x', 'y', 'z'].map((name) => builder.activation(name, [2]));
    builder.append({ op: 'fill', out: x, value: 1 });
    builder.append({ op: 'fill', out: y, value: 2 });
    builder.onBackward(() => builder.append({ op: 'add', a: x, b: y, out: x }));
    builder.append({ op: 'add', a: x, b: y, out: z });
    builder.onBackward(() => builder.append({ op: 'add', a: x, b: z, out: z }));
    const plan = builder.build();
    expect(plan.forward.map((call) => call.op)).toEqual(['fill', 'fill', 'add']);
    expect(plan.backward.map((call) => operandsOf(call).writes[0].name)).toEqual(['z', 'x']);
  });

  it('leaves no backward list when not training', () => {
    const builder = new PlanBuilder(SPECS, { training: false });
    builder.onBackward(() => expect.fail('must not run'));
    const x = builder.activation('x', [1]);
    expect(builder.needsGradient(x)).toBe(false);
    expect(builder.build().backward).toEqual([]);
  });

  it('accumulates from the second consumer on', () => {
    const builder = new PlanBuilder(SPECS, { training: true });
    const x = builder.activation('x', [2]);
    const first = builder.gradientSlot(x);
    const second = builder.gradientSlot(x);
    expect([first.accumulate, second.accumulate]).toEqual([false, true]);
    expect(second.tensor).toBe(first.tensor);
    expect(builder.gradientOf(x)).toBe(first.tensor);
  });

  it('lets a residual input share the gradient of the sum, or adds where a share is there already', () => {
    const builder = new PlanBuilder(SPECS, { training: true });
    const [x, early, out] = ['x', 'early', 'out'].map((name) => builder.activation(name, [2]));
    const input = builder.input('input', [2]);
    const dOut = builder.gradientSlot(out).tensor;
    builder.shareGradient(x, out);
    expect(builder.gradientSlot(x)).toEqual({ tensor: dOut, accumulate: true });
    const dEarly = builder.gradientSlot(early).tensor;
    builder.append({ op: 'fill', out: dEarly, value: 0 });
    builder.append({ op: 'fill', out: dOut, value: 0 });
    builder.shareGradient(early, out);
    builder.shareGradient(input, out); // takes no gradient: nothing happens
    const { forward } = builder.build();
    expect(forward.at(-1)).toEqual({ op: 'add', a: dEarly, b: dOut, out: dEarly });
    expect(forward).toHaveLength(3);
  });

  it('gives one tensor a parameter and one a gradient, and says which they alias', () => {
    const builder = new PlanBuilder(SPECS, { training: true });
    const weight = builder.parameter('w');
    expect(builder.parameter('w')).toBe(weight);
    const gradient = builder.parameterGradient('w');
    expect(builder.parameterGradient('w')).toBe(gradient);
    const plan = builder.build();
    expect([weight.role, gradient.role]).toEqual(['parameter', 'gradient']);
    expect([weight.id, gradient.id].map((id) => plan.parameterOf.get(id))).toEqual(['w', 'w']);
    expect(gradient.shape).toEqual([4, 4]);
  });

  it('numbers streams from 1, each its own', () => {
    const builder = new PlanBuilder(SPECS, { training: true });
    expect([builder.nextStream(), builder.nextStream()]).toEqual([1, 2]);
  });

  it('carries constants and outputs', () => {
    const builder = new PlanBuilder(SPECS, { training: false });
    const angles = builder.constant('angles', [2, 2], Float32Array.of(1, 2, 3, 4));
    const bits = builder.constant('bits', [2], Uint32Array.of(7, 8));
    const out = builder.output(builder.activation('out', [4]));
    const plan = builder.build();
    expect(plan.constants.get(angles.id)).toEqual(Float32Array.of(1, 2, 3, 4));
    expect([angles.dtype, bits.dtype]).toEqual(['f32', 'u32']);
    expect(plan.outputs).toEqual([out]);
  });

  it.each([
    ['E_PLAN_PARAMETER', (b: PlanBuilder) => b.parameter('v')],
    ['E_PLAN_SHAPE', (b: PlanBuilder) => b.activation('x', [2, 0])],
    ['E_PLAN_SHAPE', (b: PlanBuilder) => b.input('x', [1.5])],
    ['E_PLAN_SHAPE', (b: PlanBuilder) => b.constant('c', [3], new Float32Array(2))],
    ['E_PLAN_GRADIENT', (b: PlanBuilder) => b.gradientOf(b.activation('x', [2]))],
    [
      'E_PLAN_ORDER',
      (b: PlanBuilder) => {
        b.append({
          op: 'sigmoid',
          x: b.activation('x', [2]),
          out: b.activation('y', [2]),
          doubleSigmoid: false,
        });
        b.build();
      },
    ],
  ] as const)('refuses with %s', (code, act) => {
    expect(() => act(new PlanBuilder(SPECS, { training: true }))).toThrow(expect.objectContaining({ code }));
  });
});
