// Plan: losses over many chunks of rows and tiles of units, at the tolerance of the suite; masks with bits past the last unit; logits at
// which a slope or a logarithm might overflow; a logit that is no number reaches the value where it is counted and only there; the
// same bits again.
import { describe, expect, it } from 'vitest';
import type { CompiledPlan } from '../../src/engine/backend.ts';
import { caseName, runCase } from '../../src/engine/conformance/index.ts';
import { problemOf } from '../../src/engine/conformance/problems.ts';
import { toleranceOf, worstElement } from '../../src/engine/conformance/tolerance.ts';
import type { LossCase } from '../../src/engine/conformance/types.ts';
import { ReferenceBackend } from '../../src/engine/reference/backend.ts';
import type { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { onDawn } from './dawn.ts';

const reference = new ReferenceBackend();

const plain = {
  op: 'loss',
  kind: 'bce',
  gamma: 2,
  smooth: 1,
  bceShare: 0,
  doubleSigmoid: false,
  densityPenalty: false,
  spikes: 'drawn',
  masks: 'holes',
  spread: 2,
  gradient: true,
  seed: 1,
} as const;

const sized = (rows: number, units: number) => ({ rows, units, terms: rows * units });

// Variants of the shaders that the conformance suite has compiled as well: a software adapter takes seconds for each.
const CASES: readonly LossCase[] = [
  { ...plain, ...sized(1300, 70) },
  { ...plain, ...sized(1300, 70), gradient: false },
  { ...plain, ...sized(1300, 70), kind: 'focal', gamma: 3.5, bceShare: 0.1 },
  { ...plain, ...sized(1300, 70), kind: 'dice', densityPenalty: true, bceShare: 0.1 },
  { ...plain, ...sized(1300, 70), kind: 'dice-per-unit' },
  { ...plain, ...sized(1300, 70), kind: 'dice-per-unit', gradient: false },
  // Counted by several workgroups.
  { ...plain, ...sized(17_000, 3) },
  // Chunks of more rows than a workgroup has threads.
  { ...plain, ...sized(17_000, 3), kind: 'dice-per-unit' },
  // More units than a workgroup has threads, more partial sums than that too.
  { ...plain, ...sized(1000, 300), kind: 'dice-per-unit', bceShare: 0.5 },
  { ...plain, ...sized(2000, 300), kind: 'dice' },
];

describe('losses over many chunks', () => {
  let backend: WebGpuBackend;
  onDawn((opened) => (backend = opened));

  /** Runs a case on both backends, with inputs changed first. */
  async function run(one: LossCase, change: (name: string, values: Float32Array | Uint32Array) => void) {
    const { plan, inputs, compared } = problemOf(one);
    const parameters = backend.parameters([]);
    const wanted = reference.compile(plan, reference.parameters([]));
    const tested: CompiledPlan = backend.compile(plan, parameters);
    for (const [tensor, values] of inputs) {
      change(tensor.name, values);
      for (const compiled of [wanted, tested]) compiled.input(tensor).set(values);
    }
    for (const compiled of [wanted, tested]) compiled.run('forward', { seed: 0, step: 0 });
    const results = await Promise.all(
      compared.map(async (tensor) => ({
        got: (await tested.output(tensor)).slice(),
        wanted: wanted.values(tensor),
      })),
    );
    tested.dispose();
    parameters.dispose();
    return results;
  }

  it.each(CASES.map((one) => [caseName(one), one] as const))('%s', async (_, one) => {
    const { pass, error, at, worst, tolerance } = await runCase(one, backend, reference);
    expect(pass, `${error ?? JSON.stringify(at)} worst ${worst} of ${tolerance}`).toBe(true);
  });

  it.each(['bce', 'dice-per-unit'] as const)('%s counts no bits past the last unit', async (kind) => {
    const one = { ...plain, ...sized(70, 40), kind, masks: 'none' } as const;
    const results = await run(one, (name, values) => {
      if (name === 'unit mask' || name === 'targets')
        values.forEach((word, i) => {
          if (i % 2 === 1) values[i] = (word | 0xffffff00) >>> 0;
        });
    });
    for (const { got, wanted } of results)
      expect(worstElement(got, wanted).error).toBeLessThanOrEqual(toleranceOf(one));
  });

  it.each(['bce', 'focal', 'dice'] as const)('%s at logits far out', async (kind) => {
    const one = { ...plain, ...sized(40, 40), kind, gamma: 1.5, bceShare: 0.1 } as const;
    // The farthest at which e^x, which ends at e^-87.3, times x is still nothing, and 1,600 of which add up to a float32.
    const far = [-1e30, -1000, -104, -88, -20, 20, 88, 104, 1000];
    const results = await run(one, (name, values) => {
      if (name === 'logits') values.forEach((__, i) => (values[i] = far[i % far.length]));
    });
    for (const { got, wanted } of results)
      expect(worstElement(got, wanted).error).toBeLessThanOrEqual(toleranceOf(one));
  });

  it.each(['bce', 'focal', 'dice', 'dice-per-unit'] as const)(
    '%s shows a counted NaN, whether the unit fired or not, and no other',
    async (kind) => {
      const one = { ...plain, ...sized(40, 40), kind } as const;
      // Holes: rows 1, 5 ... and units 1, 4 ... do not count.
      for (const [row, unit, counted] of [
        [2, 2, true],
        [3, 2, true],
        [4, 2, true],
        [1, 2, false],
        [2, 1, false],
      ] as const) {
        const [value, slopes] = await run(one, (name, values) => {
          if (name === 'logits') values[row * 40 + unit] = NaN;
        });
        expect(Number.isNaN(value.got[0]), `row ${row}, unit ${unit}`).toBe(counted);
        expect(Number.isNaN(slopes.got[row * 40 + unit])).toBe(counted);
        expect(slopes.got[3 * 40 + 3]).not.toBe(0);
      }
    },
  );

  it.each(['bce', 'dice-per-unit'] as const)('%s gives the same bits again', async (kind) => {
    const one = { ...plain, ...sized(1300, 70), kind } as const;
    const { plan, inputs, compared } = problemOf(one);
    const parameters = backend.parameters([]);
    const compiled = backend.compile(plan, parameters);
    for (const [tensor, values] of inputs) compiled.input(tensor).set(values);
    const runs: Float32Array[][] = [];
    for (let again = 0; again < 3; again++) {
      compiled.run('forward', { seed: 0, step: 0 });
      runs.push(await Promise.all(compared.map((tensor) => compiled.output(tensor))));
    }
    // Counted: to print how long arrays differ takes minutes.
    for (const again of runs.slice(1))
      for (const [i, values] of again.entries())
        expect(values.filter((one, k) => !Object.is(one, runs[0][i][k]))).toHaveLength(0);
    compiled.dispose();
    parameters.dispose();
  });
});
