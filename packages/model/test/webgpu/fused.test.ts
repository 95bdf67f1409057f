// Plan: what the GPU backend runs as one dispatch, in both geometries, against the same calls one by one on the float64 reference: every
// kind of fused step, at widths that are multiples of four and at widths that are not, with the result apart and in place. Each
// plan's dispatches are named, so that a step which falls apart fails even where its numbers are right.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ParameterSpec } from '../../src/engine/backend.ts';
import { drawNormal } from '../../src/engine/conformance/draw.ts';
import { toleranceOf, worstElement } from '../../src/engine/conformance/tolerance.ts';
import type { Activation, MatMul, Tensor } from '../../src/engine/ops.ts';
import { elementCount, PlanBuilder } from '../../src/engine/plan-builder.ts';
import { ReferenceBackend } from '../../src/engine/reference/backend.ts';
import { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { dawnDevice, onDawn } from './dawn.ts';

const KEY = { seed: 2024, step: 11 };
const RATE = { probability: 0.3, stream: 6 };

/** Collects a plan of a few calls, its drawn inputs and what is compared. */
class Maker {
  readonly builder: PlanBuilder;
  readonly specs: readonly ParameterSpec[];
  readonly inputs = new Map<Tensor, Float32Array>();
  readonly compared: Tensor[] = [];

  constructor(gradients: Readonly<Record<string, readonly number[]>> = {}) {
    this.specs = Object.entries(gradients).map(([name, shape]) => ({
      name,
      shape,
      decay: false,
      learningRateScale: 1,
    }));
    this.builder = new PlanBuilder(this.specs, { training: true });
  }

  drawn(name: string, shape: readonly number[], changed = false): Tensor {
    const tensor = this.builder.input(name, shape);
    this.inputs.set(tensor, drawNormal(7, this.inputs.size, elementCount(shape)));
    if (changed) this.compared.push(tensor);
    return tensor;
  }

  written(name: string, shape: readonly number[]): Tensor {
    const tensor = this.builder.output(this.builder.activation(name, shape));
    this.compared.push(tensor);
    return tensor;
  }

  /** What nobody reads once the calls have run. */
  passing(name: string, shape: readonly number[]): Tensor {
    return this.builder.activation(name, shape);
  }

  product(
    form: MatMul['form'],
    m: number,
    n: number,
    k: number,
    c: Tensor,
    rest: Partial<Pick<MatMul, 'bias' | 'activation' | 'preActivation'>> = {},
  ): void {
    const a = this.drawn('a', form === 'tn' ? [k, m] : [m, k]);
    const b = this.drawn('b', form === 'nt' ? [n, k] : [k, n]);
    const plain = { bias: null, residual: null, activation: 'none', preActivation: null } as const;
    this.builder.append({ op: 'matMul', form, m, n, k, a, b, c, ...plain, accumulate: false, ...rest });
  }
}

interface FusedCase {
  readonly name: string;
  readonly dispatches: readonly string[];
  readonly terms: number;
  readonly make: () => Maker;
}

/** act(a b + bias), dropped, (+ residual). */
function forwardCase(
  [m, n, k]: readonly [number, number, number],
  activation: Activation,
  residual: 'none' | 'other' | 'itself',
  inPlace: boolean,
): FusedCase {
  return {
    name: `(${m}, ${n}, ${k}) ${activation}, residual ${residual}${inPlace ? ', in place' : ''}`,
    dispatches: ['matMul nn + dropout'],
    terms: k,
    make: () => {
      const make = new Maker();
      const onto = residual === 'itself' ? make.drawn('out', [m, n], true) : null;
      const out = onto ?? make.written('out', [m, n]);
      const c = inPlace ? out : make.passing('c', [m, n]);
      const preActivation = activation === 'gelu' ? make.written('before', [m, n]) : null;
      make.product('nn', m, n, k, c, { bias: make.drawn('bias', [n]), activation, preActivation });
      const added = residual === 'other' ? make.drawn('residual', [m, n]) : onto;
      make.builder.append({ op: 'dropout', x: c, residual: added, out, ...RATE });
      return make;
    },
  };
}

/** (a b^T), masked, times the slope of an activation. */
function backwardCase(
  [m, n, k]: readonly [number, number, number],
  masked: boolean,
  activation: 'none' | 'relu' | 'gelu',
  inPlace: boolean,
): FusedCase {
  const parts = [
    'matMul nt',
    masked ? 'dropoutBackward' : '',
    activation === 'none' ? '' : 'activationBackward',
  ];
  return {
    name: `(${m}, ${n}, ${k})${masked ? ' masked' : ''}, slope ${activation}${inPlace ? ', in place' : ''}`,
    dispatches: [parts.filter((part) => part !== '').join(' + ')],
    terms: k,
    make: () => {
      const make = new Maker();
      const last = make.written('dX', [m, n]);
      const tensor = (name: string) => (inPlace ? last : make.passing(name, [m, n]));
      const c = tensor('c');
      const after = activation === 'none' ? last : tensor('masked');
      make.product('nt', m, n, k, c);
      if (masked)
        make.builder.append({ op: 'dropoutBackward', dOut: c, dX: after, accumulate: false, ...RATE });
      if (activation !== 'none') {
        const kept = make.drawn('kept', [m, n]);
        make.builder.append({
          op: 'activationBackward',
          activation,
          kept,
          dOut: masked ? after : c,
          dX: last,
        });
      }
      return make;
    },
  };
}

/** The gradients of a weight (m, n) and of its bias from k rows. They add to what is there: the plan runs twice. */
function gradientCase([m, n, k]: readonly [number, number, number], chunked: boolean): FusedCase {
  return {
    name: `(${m}, ${n}) from ${k} rows`,
    dispatches: ['columnSum + matMul tn', ...(chunked ? ['combine'] : [])],
    terms: 2 * k,
    make: () => {
      const make = new Maker({ weight: [m, n], bias: [n] });
      const a = make.drawn('x', [k, m]);
      const b = make.drawn('dOut', [k, n]);
      const c = make.builder.parameterGradient('weight');
      const shape = { form: 'tn', m, n, k, accumulate: true } as const;
      const plain = { bias: null, residual: null, activation: 'none', preActivation: null } as const;
      make.builder.append({ op: 'columnSum', x: b, out: make.builder.parameterGradient('bias') });
      make.builder.append({ op: 'matMul', a, b, c, ...shape, ...plain });
      return make;
    },
  };
}

const forwardCases = [
  forwardCase([63, 64, 32], 'none', 'none', true),
  forwardCase([65, 17, 63], 'none', 'other', false),
  forwardCase([64, 128, 64], 'none', 'other', false),
  forwardCase([3, 65, 17], 'none', 'itself', false),
  forwardCase([65, 64, 36], 'relu', 'none', true),
  forwardCase([1, 129, 3], 'gelu', 'none', true),
  forwardCase([17, 64, 64], 'gelu', 'other', false),
  // Enough tiles of 128 x 128 for the wide variant, with tails in rows and depth.
  forwardCase([8_445, 512, 17], 'none', 'none', true),
];
const backwardCases = [
  backwardCase([65, 64, 32], true, 'none', true),
  backwardCase([63, 17, 65], true, 'none', false),
  backwardCase([64, 64, 64], true, 'relu', true),
  backwardCase([17, 3, 129], true, 'relu', false),
  backwardCase([65, 128, 32], true, 'gelu', true),
  backwardCase([3, 127, 63], true, 'gelu', false),
  backwardCase([129, 64, 32], false, 'relu', false),
  backwardCase([17, 65, 1], false, 'gelu', true),
];
const gradientCases = ({ software }: { readonly software: boolean }): FusedCase[] => [
  gradientCase([1, 1, 1], false),
  gradientCase([65, 17, 129], false),
  gradientCase([64, 64, 255], false),
  gradientCase([64, 128, 640], !software),
  gradientCase([63, 65, 517], !software),
  gradientCase([2_112, 2_048, 9], false),
];

describe.each([
  { geometry: 'GPUs', software: false },
  { geometry: 'software adapters', software: true },
])('fused steps on Dawn, geometry of $geometry', ({ software }) => {
  const reference = new ReferenceBackend();
  let backend: WebGpuBackend;
  onDawn((opened) => (backend = opened), { software });

  async function check({ make, terms, dispatches }: FusedCase, runs: number): Promise<void> {
    const { builder, specs, inputs, compared } = make();
    const plan = builder.build();
    const wantedParameters = reference.parameters(specs);
    const testedParameters = backend.parameters(specs);
    const wanted = reference.compile(plan, wantedParameters);
    const tested = backend.compile(plan, testedParameters);
    expect(tested.dispatches.map(({ label }) => label)).toEqual(dispatches);
    for (const [tensor, values] of inputs) {
      wanted.input(tensor).set(values);
      tested.input(tensor).set(values);
    }
    for (let run = 0; run < runs; run++) {
      wanted.run('forward', KEY);
      tested.run('forward', KEY);
    }
    const pairs = [
      ...compared.map((tensor) => ({
        name: tensor.name,
        got: tested.output(tensor),
        values: wanted.values(tensor),
      })),
      ...specs.map(({ name }) => ({
        name: `d ${name}`,
        got: testedParameters.readGradient(name),
        values: wantedParameters.gradient(name),
      })),
    ];
    for (const { name, got, values } of pairs) {
      const { error, index } = worstElement(await got, values);
      expect(error, `${name} at ${index} should be ${values[index]}`).toBeLessThanOrEqual(
        toleranceOf({ terms }),
      );
    }
    tested.dispose();
    testedParameters.dispose();
  }

  it.each(forwardCases)('product, activation, dropout, residual: $name', (one) => check(one, 1));
  it.each(backwardCases)('product, mask, slope: $name', (one) => check(one, 1));
  it.each(gradientCases({ software }))('gradients of weight and bias: $name', (one) => check(one, 2));
});

describe('geometries of a product', () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await dawnDevice();
  });
  afterAll(() => device.destroy());

  it.each(['nn', 'nt', 'tn'] as const)('give the same bits, %s', async (form) => {
    const results = await Promise.all(
      [false, true].map(async (software) => {
        const backend = new WebGpuBackend(device, 'Dawn', { software });
        const make = new Maker();
        const c = make.written('c', [65, 63]);
        make.product(form, 65, 63, 129, c);
        const parameters = backend.parameters([]);
        const compiled = backend.compile(make.builder.build(), parameters);
        for (const [tensor, values] of make.inputs) compiled.input(tensor).set(values);
        compiled.run('forward', KEY);
        const values = (await compiled.output(c)).slice();
        backend.dispose();
        return values;
      }),
    );
    expect(results[0]).toEqual(results[1]);
  });
});
